"""A classifier's report: every label's precision and recall, who is taken for whom, how far its confidence is true."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from eval.record import Row

BINS = 10  # of a reliability curve, equally wide


@dataclass(frozen=True, slots=True)
class Told:
    """One decision. `wanted` is what was found when several answers are right and it is among them."""

    wanted: str
    found: str
    confidence: float
    right: bool


@dataclass(frozen=True, slots=True)
class Label:
    """One label. A share is None where there is nothing to divide by."""

    name: str
    wanted: int
    found: int
    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True, slots=True)
class Bin:
    """Decisions of about the same confidence."""

    confidence: float  # mean
    right: float  # share
    count: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far confidence is the share that is right. `error`: expected calibration error."""

    bins: tuple[Bin, ...]
    error: float
    count: int


@dataclass(frozen=True, slots=True)
class Classification:
    """One classifier over a run. `confusion[i][j]`: wanted `labels[i]`, found `labels[j]`."""

    name: str
    count: int
    right: int
    macro_f1: float
    labels: tuple[Label, ...]
    confusion: tuple[tuple[int, ...], ...]
    calibration: Calibration


@dataclass(frozen=True, slots=True)
class FieldType:
    """How fields of one type were filled."""

    name: str
    right: int
    wrong: int  # filled with something else, or though nothing was said
    missed: int

    @property
    def precision(self) -> float | None:
        """Of those filled."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else None

    @property
    def recall(self) -> float | None:
        """Of those that were said."""
        return self.right / (self.right + self.missed) if self.right + self.missed else None


def classify(name: str, told: Sequence[Told]) -> Classification:
    """The report of a classifier."""
    wanted, found = [each.wanted for each in told], [each.found for each in told]
    names = sorted({*wanted, *found})
    precision, recall, f1, _ = precision_recall_fscore_support(wanted, found, labels=names, zero_division=0)
    counts, guesses = Counter(wanted), Counter(found)
    labels = tuple(
        Label(
            name=label,
            wanted=counts[label],
            found=guesses[label],
            precision=float(precision[place]) if guesses[label] else None,
            recall=float(recall[place]) if counts[label] else None,
            f1=float(f1[place]) if counts[label] else None,
        )
        for place, label in enumerate(names)
    )
    scores = [label.f1 for label in labels if label.f1 is not None]
    matrix = confusion_matrix(wanted, found, labels=names)
    return Classification(
        name=name,
        count=len(told),
        right=sum(each.right for each in told),
        macro_f1=sum(scores) / len(scores),
        labels=labels,
        confusion=tuple(tuple(int(cell) for cell in row) for row in matrix),
        calibration=calibrate([(each.confidence, each.right) for each in told]),
    )


def calibrate(told: Iterable[tuple[float, bool]]) -> Calibration:
    """Reliability in equally wide bins; `told`: confidence in [0, 1] and whether it was right."""
    held: dict[int, list[tuple[float, bool]]] = {}
    for confidence, right in told:
        held.setdefault(min(int(confidence * BINS), BINS - 1), []).append((confidence, right))
    bins = tuple(
        Bin(sum(c for c, _ in each) / len(each), sum(r for _, r in each) / len(each), len(each))
        for _, each in sorted(held.items())
    )
    count = sum(each.count for each in bins)
    error = sum(each.count * abs(each.confidence - each.right) for each in bins) / count if count else 0.0
    return Calibration(bins, error, count)


def decisions(rows: Iterable[Row], scorer: str) -> list[Told]:
    """What a classifier decided in a run: intent, category."""
    return list(_decisions(rows, scorer))


def _decisions(rows: Iterable[Row], scorer: str) -> Iterator[Told]:
    for row in rows:
        score = row.score(scorer) if row.layer == "understanding" and row.verdict != "error" else None
        if score is None or "wanted" not in score.facts:
            continue
        facts, right = score.facts, bool(score.passed)
        found = str(facts.get("best") or facts["found"]) if right else str(facts["found"])
        confidence = min(max(float(facts.get("confidence", 0)), 0.0), 1.0)
        wanted = [str(each) for each in facts["wanted"]]
        found = wanted[0] if right and found not in wanted else found
        yield Told(found if found in wanted else wanted[0], found or "nothing", confidence, right)


def field_types(rows: Iterable[Row]) -> tuple[FieldType, ...]:
    """How fields were filled, by their type."""
    held: dict[str, Counter[str]] = {}
    for row in rows:
        score = row.score("fields")
        if score is None or row.verdict == "error":
            continue
        types = score.facts.get("types", {})
        for kind in ("right", "wrong", "missed"):
            for name in score.facts[kind]:
                held.setdefault(types.get(name) or "unknown", Counter())[kind] += 1
    return tuple(FieldType(name, c["right"], c["wrong"], c["missed"]) for name, c in sorted(held.items()))
