"""What a knowledge base's rehearsal told of it: its own scale of probabilities, and how often it will be wrong.

`calibration.json` in a revision, written by `retrieval.calibrating`. A revision without one, or with one of other
coefficients, is judged as any knowledge base would be.
"""

from collections.abc import Iterable
from dataclasses import replace
from math import sqrt
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from retrieval.applies import COEFFICIENTS, Evidence, contributions, logistic
from retrieval.embedder import MiniLM

FILE = "calibration.json"
SURE = 1.96  # standard deviations of a 95 % interval
TYPICAL_FOREIGN, TYPICAL_OWN = 0.18, 0.62  # cosines of the embedded model, which the coefficients were fitted on
ABROAD = 0.5  # of the scale counts for a question in another language than the article: none of them is rehearsed
STEPS = tuple(round(step * 0.05, 2) for step in range(1, 20))  # thresholds of a curve

Chances = tuple[Annotated[float, Field(ge=0, le=1)], ...]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Scale(_Frozen):
    """How this knowledge base's log-odds differ from the shipped ones: `slope` times them plus `shift`."""

    slope: float = Field(default=1.0, gt=0)
    shift: float = 0.0


class Cosines(_Frozen):
    """How near a model puts questions: to an article of another world, and to their own; each model differs."""

    foreign: float
    own: float

    def typical(self, cosine: float) -> float:
        """The cosine the embedded model would have given."""
        share = (cosine - self.foreign) / (self.own - self.foreign)
        return max(0.0, min(1.0, TYPICAL_FOREIGN + share * (TYPICAL_OWN - TYPICAL_FOREIGN)))


class Samples(_Frozen):
    """Probabilities given to questions whose answer is known, each kind in falling order."""

    right: Chances = ()  # the article is there and came first
    beaten: Chances = ()  # it is there and another one came first
    removed: Chances = ()  # the article was hidden
    foreign: Chances = ()  # no article of any company answers it


class Rate(NamedTuple):
    """A share of some questions with its 95 % interval (Wilson)."""

    share: float
    low: float
    high: float
    questions: int

    @classmethod
    def of(cls, hits: int, count: int) -> "Rate":
        """`hits` of `count`; nothing is known of none."""
        if not count:
            return cls(0.0, 0.0, 1.0, 0)
        share, square = hits / count, SURE**2
        middle = (share + square / (2 * count)) / (1 + square / count)
        half = SURE * sqrt(share * (1 - share) / count + square / (4 * count**2)) / (1 + square / count)
        return cls(share, max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half)), count)


class Rates(NamedTuple):
    """What is expected at a threshold: how many questions of each kind reach it."""

    threshold: float
    found: Rate  # the article is there: reached, by whichever article came first
    wrong: Rate  # the article is there: reached by another one
    removed: Rate  # there is no article: reached all the same
    foreign: Rate  # a question of another world: reached all the same

    @property
    def missed(self) -> Rate:
        """The article is there and the threshold is not reached."""
        share, low, high, questions = self.found
        return Rate(1 - share, 1 - high, 1 - low, questions)


class Mode(_Frozen):
    """One way to search: by words, or with vectors."""

    scale: Scale = Scale()
    samples: Samples = Samples()
    cosines: Cosines | None = None  # None = those of the embedded model

    def typical(self, evidence: Evidence) -> Evidence:
        """The same with nearness as the embedded model would tell it."""
        if self.cosines and evidence.cosine is not None:
            return replace(evidence, cosine=self.cosines.typical(evidence.cosine))
        return evidence

    def odds(self, evidence: Evidence) -> float:
        """The log-odds on the shipped scale."""
        return sum(contributions(self.typical(evidence)))

    def chance(self, evidence: Evidence) -> float:
        """How likely the best article applies, in [0, 1]."""
        if evidence.is_void:
            return 0.0
        odds = self.odds(evidence)
        scaled = self.scale.slope * odds + self.scale.shift
        share = ABROAD if evidence.foreign else 1.0
        return logistic(share * scaled + (1 - share) * odds)

    def rates(self, threshold: float) -> Rates:
        """What to expect of answers from this probability on."""
        samples = self.samples
        right, beaten, removed, foreign = (
            sum(chance >= threshold for chance in chances)
            for chances in (samples.right, samples.beaten, samples.removed, samples.foreign)
        )
        present = len(samples.right) + len(samples.beaten)
        return Rates(
            threshold=threshold,
            found=Rate.of(right + beaten, present),
            wrong=Rate.of(beaten, present),
            removed=Rate.of(removed, len(samples.removed)),
            foreign=Rate.of(foreign, len(samples.foreign)),
        )

    def curve(self, thresholds: Iterable[float] = STEPS) -> list[Rates]:
        """The rates at many thresholds."""
        return [self.rates(threshold) for threshold in thresholds]


class Calibration(_Frozen):
    """Both ways to search. Without `vectors`, nearness is by a model whose scale nobody knows, and is left out."""

    coefficients: str = COEFFICIENTS
    words: Mode = Mode()
    vectors: Mode | None = None

    def chance(self, evidence: Evidence) -> float:
        """How likely the best article applies, in [0, 1]."""
        mode, known = self.reading(evidence)
        return mode.chance(known)

    def reading(self, evidence: Evidence) -> tuple[Mode, Evidence]:
        """What judges this evidence, and what of it counts."""
        if evidence.cosine is None or self.vectors is None:
            return self.words, replace(evidence, cosine=None)
        return self.vectors, evidence

    @property
    def usual(self) -> Mode:
        """How it searches when nothing is missing."""
        return self.vectors or self.words


def as_shipped(model: str) -> Calibration:
    """For an index of which nothing is known, with vectors by this model ("" = none)."""
    return Calibration(vectors=Mode() if model == MiniLM.id else None)


def write_calibration(folder: Path, calibration: Calibration) -> None:
    """Leave it beside the index."""
    (folder / FILE).write_text(calibration.model_dump_json() + "\n", "utf-8")


def read_calibration(folder: Path, model: str) -> Calibration:
    """What `write_calibration` wrote; as shipped when there is none or it belongs to other coefficients.

    Raises:
        ValueError: when it is damaged.
        OSError: when it cannot be read.
    """
    try:
        found = Calibration.model_validate_json((folder / FILE).read_bytes())
    except FileNotFoundError:
        return as_shipped(model)
    except ValidationError as error:
        raise ValueError(f"{folder / FILE} is damaged") from error
    return found if found.coefficients == COEFFICIENTS else as_shipped(model)
