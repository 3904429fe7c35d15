"""`python -m tests.provider PORT`: the faithful provider to try Recado against; POST /script takes what comes next."""

import asyncio
import sys

from tests.provider.faithful import faithful
from tests.provider.server import Provider, serving


async def main(port: int) -> None:
    provider = Provider(mind=faithful)
    async with serving(provider, port):
        while True:
            await asyncio.sleep(3600)


asyncio.run(main(int(sys.argv[1])))
