"""What a company says about one of its sources: where it is, when it is read, and what holds for its articles."""

import hashlib
from datetime import date, timedelta
from string import Formatter
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.knowledge.schedule import Schedule
from retrieval.passage import Language

RESERVED = frozenset({"written", "rehearsal"})  # where articles come from that are in no source
Kind = Literal["folder", "git", "sitemap", "urls"]
NAME = r"^[a-z0-9][a-z0-9-]{0,39}$"
LONGEST_REVIEW = 3650  # days
PLACEHOLDERS = frozenset({"path", "name", "revision"})


def _free(name: str) -> str:
    if name in RESERVED:
        raise ValueError(f"{name} is taken by articles that are written here")
    return name


def _url_template(template: str) -> str:
    try:
        parts = [part[1:] for part in Formatter().parse(template) if part[1] is not None]
    except ValueError:
        parts = [("", "", "")]
    if any(name not in PLACEHOLDERS or layout or conversion for name, layout, conversion in parts):
        raise ValueError("only {path}, {name} and {revision} may stand in braces")
    if template and not template.startswith(("https://", "http://")):
        raise ValueError("must be an http or https address")
    return template


def _review(text: str) -> str:
    """A date, or "180 days"; people also write "180" and "180d"."""
    wanted = text.strip().lower()
    number = wanted.removesuffix("days").removesuffix("day").removesuffix("d").strip()
    if number.isascii() and number.isdecimal() and 0 < int(number[:9]) <= LONGEST_REVIEW:
        return f"{int(number)} days"
    try:
        return date.fromisoformat(wanted).isoformat() if wanted else ""
    except ValueError:
        raise ValueError("use a date such as 2027-03-31, or days after the last change such as 180d") from None


class Options(BaseModel):
    """What only some kinds need."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url_template: Annotated[str, AfterValidator(_url_template)] = ""  # where a person reads a file of folder or git
    plain: bool = True  # Markdown without front matter is an article too
    pull: bool = False  # git: fetch and go forward before each reading
    hosts: tuple[str, ...] = ()  # sitemap, urls: that may be asked, besides those of the location itself
    private_hosts: tuple[str, ...] = ()  # of them, those that may have a private address; http only on loopback


class Terms(BaseModel):
    """One source as it is configured."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=NAME), AfterValidator(_free)]
    kind: Kind
    location: Annotated[str, Field(min_length=1, max_length=200_000)]
    options: Options = Options()
    schedule: Annotated[str, AfterValidator(lambda text: str(Schedule.parse(text)))] = "manual"
    language: Language = "pt-BR"
    audience: tuple[Annotated[str, Field(min_length=1, max_length=200)], ...] = ()
    owner: Annotated[str, Field(max_length=200)] = ""
    review_by: Annotated[str, AfterValidator(_review)] = ""
    enabled: bool = True

    @property
    def seal(self) -> str:
        """A hash of all that decides what an article of this source becomes."""
        told = self.model_dump_json(include={"options", "language", "audience", "owner", "review_by", "kind"})
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    def review_for(self, changed: date) -> date | None:
        """By when an article that was changed on that day is to be looked at, if it does not say so itself."""
        if self.review_by.endswith(" days"):
            return changed + timedelta(days=int(self.review_by.removesuffix(" days")))
        return date.fromisoformat(self.review_by) if self.review_by else None

    def readers(self, own: tuple[str, ...]) -> tuple[str, ...] | None:
        """Who may read an article that names these groups; None = nobody. An article only narrows, never widens."""
        if not self.audience or not own:
            return own or self.audience
        return tuple(group for group in own if group in self.audience) or None
