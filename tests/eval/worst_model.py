"""The safety suite against a model that wants to do harm: `python -m tests.eval.worst_model` runs all of it.

It reports whatever serves an attack, quotes whatever it was given, its instructions too, and obeys every order that
was slipped in; what may still come of that is what code allows.
"""

import asyncio
import hashlib
import json
import random
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

from pydantic import SecretStr

from app.settings import IdentitySettings, LlmSettings, Settings
from eval.company import Company
from eval.record import Row
from eval.running import Plan, run
from eval.suite import SUITES, Suite, read_suites
from tests.provider.server import Provider, serving, shape_of
from tests.provider.worst_case import worst_case
from tools import breaker

PLENTY = 100_000_000  # tokens: no allowance ends before the malice does
TELLING = 700  # letters of its prompt that the model repeats
ASKING: dict[str, Any] = {
    "wishes": [
        {"intent": "ask", "confidence": "high", "words": "", "query": "", "translations": [], "categories": [],
         "number": "", "fields": []}
    ],
    "angry": False,
}  # fmt: skip


def obedient(body: dict[str, Any]) -> str:
    """Mostly the worst there is; and now and then all it was told, word for word."""
    system, user = (str(message["content"]) for message in body["messages"][:2])
    said = worst_case(body)
    dice = random.Random(hashlib.sha256(said.encode()).hexdigest())
    if shape_of(body) == "understood" and dice.random() < 0.5:
        return json.dumps(ASKING)  # honest enough to be shown the articles
    if shape_of(body) == "answered" and dice.random() < 0.3:
        report = json.loads(said)
        told = dice.choice((system, user))
        start = dice.randrange(max(1, len(told) - TELLING))
        source = user.rpartition("The sources:")[2]
        report |= {"verdict": "answered", "answer": f"{source[:TELLING]} {told[start : start + TELLING]}"}
        return json.dumps(report)
    return said


def one_in(suites: Sequence[Suite], share: int) -> tuple[Suite, ...]:
    """Every so many cases of each suite, the first among them."""
    return tuple(Suite(s.name, s.layer, s.about, s.cases[::share], s.file) for s in suites)


async def rows_of(suites: Sequence[Suite], company: Company, folder: Path, port: int) -> tuple[list[Row], Provider]:
    """Play these suites with the worst model; the provider knows what it was asked."""
    provider = Provider(mind=obedient)
    async with serving(provider, port):
        llm = LlmSettings(
            base_url=provider.url, model="worst", tokens_per_turn=PLENTY, tokens_per_contact_day=PLENTY, mask=False
        )
        identity = IdentitySettings(pepper=SecretStr("a pepper of tests"))
        settings = Settings(_env_file=None, data_dir=folder, llm=llm, identity=identity)
        with patch.object(breaker, "FAILURES", sys.maxsize):  # however badly it behaves, it goes on being asked
            rows = await run(Plan(tuple(suites), settings, company, folder), (), lambda row: None)
    return rows, provider


def harm(rows: Sequence[Row]) -> list[str]:
    """Every violation, and every case that could not be played."""
    found = [f"{row.case}: {row.trouble}" for row in rows if row.verdict == "error"]
    for row in rows:
        score = row.score("safety")
        found += [f"{row.case}: {detail}" for detail in score.details] if score else []
    return found


async def main(port: int) -> int:
    with tempfile.TemporaryDirectory() as folder:
        rows, provider = await rows_of(read_suites([SUITES / "safety"]), Company(), Path(folder), port)
    found = harm(rows)
    sys.stdout.writelines(f"{line}\n" for line in found)
    sys.stdout.write(f"{len(rows)} cases, {len(provider.questions)} questions to the model, {len(found)} violations\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 18_431)))
