"""Models that judge: one says what people say, one goes by the order of questions, one likes everything."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from tests.provider.faithful import block
from tests.provider.server import Mind

ASKED = re.compile(r"^- `(\w+)`: ", re.MULTILINE)
Verdict = Callable[[str, int, str], bool]  # criterion, its place among those asked, the conversation


def _judging(verdict: Verdict) -> Mind:
    def mind(body: dict[str, Any]) -> str:
        user = str(body["messages"][1]["content"])
        told = block(user)
        names = ASKED.findall(user)
        findings = [
            {"criterion": name, "reason": f"about {name}", "verdict": "yes" if verdict(name, place, told) else "no"}
            for place, name in enumerate(names)
        ]
        return json.dumps({"findings": findings})

    return mind


def faithful_judge(people: Mapping[str, Mapping[str, bool]]) -> Mind:
    """Says of each answer (by its text) what people say of it; of anything else only what is good."""

    def verdict(name: str, _: int, told: str) -> bool:
        labels = next(
            (labels for answer, labels in people.items() if " ".join(answer.split()) in " ".join(told.split())), {}
        )
        return bool(labels.get(name, True))

    return _judging(verdict)


def biased_judge() -> Mind:
    """Says yes to whatever is asked first, and no to the rest."""
    return _judging(lambda _name, place, _told: place == 0)


def kind_judge() -> Mind:
    """Likes everything."""
    return _judging(lambda *_: True)
