"""What all requests to the staff pages share, put together when the first one comes."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.audit.watch import Watch
from app.console.bench import Bench
from app.console.entry import DemoAccount
from app.console.lately import Lately
from app.console.reporting.shelf import FigureShelf, ThemeShelf
from app.console.whatsapp_text import whatsapp_html
from app.console.wording import Words
from app.console.writers import Writers
from app.container import House
from app.identity.keys import SecretKeys
from app.staff.oidc import Provider
from app.study import Study
from retrieval.passage import Language

HERE = Path(__file__).parent
STATIC = HERE / "static"
HASHING_AT_ONCE = 2  # 19 MiB and a core each for 40 ms


class Pulse:
    """Beats when something was written here, so that open pages look again at once instead of a little later."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    def beat(self) -> None:
        """Something was written."""
        self._next.set()
        self._next = asyncio.Event()

    async def wait(self, seconds: float) -> None:
        """Until the next beat, or so long."""
        try:
            await asyncio.wait_for(self._next.wait(), seconds)
        except TimeoutError:
            return


class Errands:
    """Work that goes on after its page was answered; the end of the process drops it."""

    def __init__(self) -> None:
        self._under_way: set[asyncio.Task[None]] = set()

    def begin(self, work: Coroutine[None, None, None], name: str) -> None:
        """Do it behind the page's back."""
        task = asyncio.create_task(work, name=name)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    def drop(self) -> None:
        """The process ends."""
        for task in self._under_way:
            task.cancel()


@dataclass(frozen=True, slots=True)
class Shared:
    """The house and what pages are made of."""

    house: House
    keys: SecretKeys
    wording: Mapping[Language, Words]
    templates: Environment
    study: Study
    demo: tuple[DemoAccount, ...] = ()
    provider: Provider | None = None  # the company's own sign-in
    pulse: Pulse = field(default_factory=Pulse)
    errands: Errands = field(default_factory=Errands)
    bench: Bench = field(default_factory=Bench)
    themes: ThemeShelf = field(default_factory=ThemeShelf)
    figures: FigureShelf = field(default_factory=FigureShelf)
    watch: Watch = field(default_factory=Watch)
    lately: Lately = field(default_factory=Lately)
    writers: Writers = field(default_factory=Writers)
    hashing: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(HASHING_AT_ONCE))
    streams: Counter[int] = field(default_factory=Counter)  # open event streams by session


@cache
def open_templates() -> Environment:
    """Jinja: escaped, and a value nobody gave is an error."""
    templates = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.globals["asset"] = _asset
    templates.filters["whatsapp"] = whatsapp_html
    return templates


def _asset(name: str) -> str:
    """A static file's address, another one whenever its content is."""
    return f"/desk/static/{name}?v={_version()}"


@cache
def _version() -> str:
    found = hashlib.sha256()
    for path in sorted(STATIC.iterdir()):
        found.update(path.read_bytes())
    return found.hexdigest()[:12]
