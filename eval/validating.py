"""How far a judge says what people said: labelled answers, agreement, Cohen's kappa, and where both differ."""

import asyncio
import json
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from math import inf
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from app.errors import RecadoError
from eval.judge import Judge, Matter
from eval.opinion import CRITERIA, Agreement, Criterion, Opinion, Validation
from eval.statistics import LEVEL, RESAMPLES, SEED, interval
from retrieval.passage import Language
from tools.service_desk import Frozen

LABELLED = Path(__file__).parent / "suites" / "judge"
AT_ONCE = 4  # answers that are asked about at the same time
LEAST_PAIRS = 2  # below it nothing is told of a criterion
Pair = tuple[bool, bool, str]  # people's verdict, the judge's, the question: answers to one hang together
Flags = NDArray[np.bool_]


class LabelledAnswersError(RecadoError):
    """Labelled answers cannot be used; the sentence names file and line."""


class Labelled(Frozen):
    """One answer and what people say of it; `people` may leave out what nobody could tell."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{2,79}$")
    language: Language
    asked: str = Field(min_length=1)
    answer: str = Field(min_length=1)
    passages: tuple[str, ...] = ()
    people: dict[Criterion, bool] = Field(min_length=1)

    @property
    def matter(self) -> Matter:
        """As it is put to a judge."""
        criteria: tuple[Criterion, ...] = tuple(name for name in CRITERIA if name in self.people)
        return Matter((("employee", self.asked), ("assistant", self.answer)), self.passages, criteria)


def read_labelled(files: Iterable[Path]) -> tuple[list[Labelled], str]:
    """All of these, and the hash of what was read; raises LabelledAnswersError."""
    found: list[Labelled] = []
    read = sha256()
    for file in sorted(each for path in files for each in (path.glob("*.jsonl") if path.is_dir() else [path])):
        try:
            text = file.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise LabelledAnswersError(f"{file} cannot be read: {type(error).__name__}.") from None
        read.update(text.encode())
        found += [_one(file, n, line) for n, line in enumerate(text.splitlines(), start=1) if line.strip()]
    twice = {each.id for each in found if sum(other.id == each.id for other in found) > 1}
    if twice:
        raise LabelledAnswersError(f"These ids are there twice: {', '.join(sorted(twice))}.")
    if not found:
        raise LabelledAnswersError("There is no labelled answer.")
    return found, read.hexdigest()


def _one(file: Path, number: int, line: str) -> Labelled:
    try:
        return Labelled.model_validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "the line"
        raise LabelledAnswersError(f"{file}, line {number}: {place}: {first['msg']}.") from None


async def validate(
    judge: Judge,
    answers: Sequence[Labelled],
    labelled: str,
    *,
    budget: float = inf,
    progress: Callable[[], None] = lambda: None,
) -> tuple[Validation, list[Opinion]]:
    """Ask the judge about every answer, until the budget is spent; opinions are in the answers' order."""
    slots, spent = asyncio.Semaphore(AT_ONCE), 0.0
    nothing = Opinion(model=judge.asker.model, prompt=judge.instruction.reference, trouble="budget_spent")

    async def one(answer: Labelled) -> Opinion:
        nonlocal spent
        async with slots:
            told = await judge.opinion(answer.matter) if spent < budget else nothing
        spent += told.cost
        progress()
        return told

    opinions = await asyncio.gather(*(one(answer) for answer in answers))
    found = Validation(
        model=judge.asker.model,
        prompt=judge.instruction.reference,
        at=datetime.now(UTC),
        labelled=labelled,
        answers=len(answers),
        errors=sum(bool(told.trouble) for told in opinions),
        criteria=agreements(answers, opinions),
        cost=sum(told.cost for told in opinions),
        tokens=sum(told.tokens for told in opinions),
    )
    return found, list(opinions)


def agreements(answers: Sequence[Labelled], opinions: Sequence[Opinion]) -> tuple[Agreement, ...]:
    """Each criterion, then all together."""
    pairs: dict[str, list[Pair]] = {}
    unsure: dict[str, int] = {}
    for answer, told in zip(answers, opinions, strict=True):
        for name, verdict in told.verdicts.items():
            if verdict is None:
                unsure[name] = unsure.get(name, 0) + 1
            else:
                pairs.setdefault(name, []).append((answer.people[name], verdict, answer.asked))
    named = [name for name in CRITERIA if name in pairs or name in unsure]
    told_apart = [_agreement(name, pairs.get(name, []), unsure.get(name, 0)) for name in named]
    together = [pair for name in named for pair in pairs.get(name, [])]
    return (*told_apart, _agreement("all", together, sum(unsure.values())))


def _agreement(name: str, pairs: Sequence[Pair], unsure: int) -> Agreement:
    people = np.array([pair[0] for pair in pairs], bool)
    judge = np.array([pair[1] for pair in pairs], bool)
    groups = [pair[2] for pair in pairs]
    agreed = interval(list(map(float, people == judge)), groups)
    kappa = cohen(people, judge)
    ends = _beyond_chance(people, judge, agreed.low) if agreed.mean == 1 else _ends(_resampled(people, judge, groups))
    return Agreement(
        criterion=name,
        count=len(pairs),
        unsure=unsure,
        agreement=(agreed.mean, agreed.low, agreed.high),
        kappa=None if kappa is None else (kappa, *ends),
        both_yes=int((people & judge).sum()),
        only_judge=int((~people & judge).sum()),
        only_people=int((people & ~judge).sum()),
        both_no=int((~people & ~judge).sum()),
    )


def cohen(people: Flags, judge: Flags) -> float | None:
    """Cohen's kappa of two yes-or-no raters; None where both say one thing only, for chance then explains it all."""
    if len(people) < LEAST_PAIRS:
        return None
    agreed, one, other = float((people == judge).mean()), float(people.mean()), float(judge.mean())
    chance = one * other + (1 - one) * (1 - other)
    return None if chance == 1 else (agreed - chance) / (1 - chance)


def _beyond_chance(people: Flags, judge: Flags, agreement: float) -> tuple[float, float]:
    """Kappa's ends where both always agreed: a sample without spread says what its size says of agreement, no more."""
    one = float(people.mean())
    chance = one * float(judge.mean()) + (1 - one) * (1 - float(judge.mean()))
    return (max(-1.0, (agreement - chance) / (1 - chance)), 1.0) if chance < 1 else (-1.0, 1.0)


def _resampled(people: Flags, judge: Flags, groups: Sequence[str]) -> list[float]:
    """Kappa of samples of whole groups; a sample that tells nothing apart has none."""
    places = [np.flatnonzero(np.array(groups) == name) for name in dict.fromkeys(groups)]
    dice = np.random.default_rng(SEED)
    kappas = []
    for _ in range(RESAMPLES if places else 0):
        chosen = np.concatenate([places[n] for n in dice.integers(0, len(places), len(places))])
        if (kappa := cohen(people[chosen], judge[chosen])) is not None:
            kappas.append(kappa)
    return kappas


def _ends(values: Sequence[float]) -> tuple[float, float]:
    if not values:
        return -1.0, 1.0
    low, high = np.percentile(values, (100 * (1 - LEVEL) / 2, 100 * (1 + LEVEL) / 2))
    return float(low), float(high)


def keep(folder: Path, found: Validation) -> Path:
    """Keep a validation for the runs that this judge will judge."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / _file_name(found.model, found.prompt)
    file.write_text(found.model_dump_json(indent=2) + "\n", "utf-8")
    return file


def kept(folder: Path, model: str, prompt: str) -> Validation | None:
    """The validation of exactly this model with exactly these questions; None when there is none."""
    file = folder / _file_name(model, prompt)
    try:
        return Validation.model_validate(json.loads(file.read_text("utf-8")))
    except (OSError, ValueError):
        return None


def _file_name(model: str, prompt: str) -> str:
    told = re.sub(r"[^a-z0-9]+", "-", model.casefold()).strip("-")
    return f"{told}-{sha256(f'{model} {prompt}'.encode()).hexdigest()[:8]}.json"
