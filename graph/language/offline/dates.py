"""Dates and times as people say them in Portuguese, Spanish and English; rules, since dateparser invents and misses."""

# ruff: noqa: E501 - a rule reads best on one line

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from dateutil.relativedelta import relativedelta

from retrieval.passage import Language

MORNING, AFTERNOON, EVENING = time(9), time(14), time(19)  # "de manhã" names no hour: the echo lets them correct it

_COUNT = {
    **dict.fromkeys(("um", "uma", "un", "una", "one", "a"), 1), **dict.fromkeys(("dois", "duas", "dos", "two"), 2),
    **dict.fromkeys(("tres", "three"), 3), **dict.fromkeys(("quatro", "cuatro", "four"), 4),
    **dict.fromkeys(("cinco", "five"), 5), **dict.fromkeys(("seis", "six"), 6), **dict.fromkeys(("sete", "siete", "seven"), 7),
    **dict.fromkeys(("oito", "ocho", "eight"), 8), **dict.fromkeys(("dez", "diez", "ten"), 10),
    **dict.fromkeys(("quinze", "quince", "fifteen"), 15),
}  # fmt: skip
_MONTHS = (
    "janeiro|enero|january|jan|ene", "fevereiro|febrero|february|fev|feb", "marco|marzo|march|mar",
    "abril|april|abr|apr", "maio|mayo|may|mai", "junho|junio|june|jun", "julho|julio|july|jul",
    "agosto|august|ago|aug", "setembro|septiembre|setiembre|september|set|sep|sept", "outubro|octubre|october|out|oct",
    "novembro|noviembre|november|nov", "dezembro|diciembre|december|dez|dic|dec",
)  # fmt: skip
_MONTH_NUMBER = {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split("|")}
_MONTH = "(?:" + "|".join(sorted(_MONTH_NUMBER, key=len, reverse=True)) + ")"
_SURE_DAYS = (
    "lunes|monday", "martes|tuesday", "miercoles|wednesday", "jueves|thursday", "viernes|friday", "sabado|saturday",
    "domingo|sunday",
)  # fmt: skip
_WEEKDAY = {name: number for number, names in enumerate(_SURE_DAYS) for name in names.split("|")}
_FEIRA = {"segunda": 0, "terca": 1, "quarta": 2, "quinta": 3, "sexta": 4}  # also ordinals: "segunda via"
_UNIT = r"(dias?|days?|semanas?|weeks?|mes(?:es)?|months?)"
_N = r"(\d{1,3}|" + "|".join(_COUNT) + ")"
_COMING = r"(?:que vem|que viene|proxim[ao]|seguinte)"

Resolver = Callable[[re.Match[str], date], date | None]


@dataclass(frozen=True, slots=True)
class Found:
    """A moment and the letters `start:end` of the folded text that say it."""

    day: date | None
    hour: time | None
    start: int
    end: int


def find_moment(folded: str, now: datetime, language: Language, *, past: bool = False, which: int = 0) -> Found | None:
    """The date number `which` with the first time; None when the words say neither. `past`: a day gone by is meant."""
    days = _dated(folded, _apart(_days(folded, now.date(), language, past=past)))
    if which:
        return Found(days[which][0], None, days[which][1], days[which][2]) if len(days) > which else None
    day = days[0] if days else None
    hour = next(_hours(folded, day), None)
    if day and hour:
        return Found(day[0], hour[0], min(day[1], hour[1]), max(day[2], hour[2]))
    if day:
        return Found(day[0], None, day[1], day[2])
    return Found(None, hour[0], hour[1], hour[2]) if hour else None


def _apart(days: Iterator[tuple[date, int, int]]) -> list[tuple[date, int, int]]:
    """Days whose letters do not overlap."""
    kept: list[tuple[date, int, int]] = []
    for day in days:
        if not kept or day[1] >= kept[-1][2]:
            kept.append(day)
    return kept


def _dated(folded: str, days: list[tuple[date, int, int]]) -> list[tuple[date, int, int]]:
    """A weekday said beside its date ("Monday, December 14th") is that date."""
    kept: list[tuple[date, int, int]] = []
    for day, start, end in days:
        before = kept[-1] if kept else (day, start, start)
        beside = _WEEKDAY_ONLY.fullmatch(folded[before[1] : before[2]]) and _BESIDE.fullmatch(folded[before[2] : start])
        kept.append((day, kept.pop()[1] if beside else start, end))
    return kept


def _days(folded: str, today: date, language: Language, *, past: bool) -> Iterator[tuple[date, int, int]]:
    """Days named, earliest first; a longer phrase before the shorter one inside it."""
    rules = [*_RULES, *_calendar_rules(language, past=past)]
    hits = [(match.start(), -match.end(), match, resolve) for rule, resolve in rules for match in rule.finditer(folded)]
    for start, end, match, resolve in sorted(hits, key=lambda hit: hit[:2]):
        try:
            if day := resolve(match, today):
                gone = past and resolve is _weekday and not re.search(rf"{_COMING}|proxim|next|this|este", match[0])
                yield day - timedelta(days=7) if gone else day, start, -end
        except (ValueError, OverflowError):
            continue


def _ahead(days: int) -> Resolver:
    return lambda _, today: today + timedelta(days=days)


def _weekday(match: re.Match[str], today: date) -> date:
    name = next(group for group in match.groups() if group)
    wanted = _WEEKDAY.get(name, _FEIRA.get(name, 0))
    if re.search(r"semana|week", match[0]):
        return today + timedelta(days=7 - today.weekday() + wanted)
    return today + timedelta(days=(wanted - today.weekday() - 1) % 7 + 1)


def _last_weekday(match: re.Match[str], today: date) -> date:
    day = _weekday(match, today)
    return day - timedelta(days=7 if day - timedelta(days=7) < today else 14)


def _counted(sign: int) -> Resolver:
    def resolve(match: re.Match[str], today: date) -> date:
        count = sign * (_COUNT.get(match[1]) or int(match[1]))
        if match[2].startswith(("d",)):
            return today + relativedelta(days=count)
        if match[2].startswith(("s", "w")):
            return today + relativedelta(weeks=count)
        return today + relativedelta(months=count)

    return resolve


def _month_end(_: re.Match[str], today: date) -> date:
    return today + relativedelta(day=31)


_RULES: tuple[tuple[re.Pattern[str], Resolver], ...] = tuple(
    (re.compile(rule), resolve)
    for rule, resolve in (
        (r"\bdepois de amanha\b|\bpasado manana\b|\b(?:the )?day after tomorrow\b", _ahead(2)),
        (r"\bamanha\b|\btomorrow\b|\btmrw\b|(?<!de )(?<!la )(?<!a la )(?<!esta )\bmanana\b", _ahead(1)),
        (r"\bhoje\b|\bhj\b|\bhoy\b|\btoday\b|\btonight\b|\besta (?:tarde|noite|noche|manha|manana)\b|\bthis (?:morning|afternoon|evening)\b", _ahead(0)),
        (r"\banteontem\b|\banteayer\b|\bantes de ayer\b|\bday before yesterday\b", _ahead(-2)),
        (r"\bontem\b|\bayer\b|\byesterday\b", _ahead(-1)),
        (rf"\b(?:daqui(?: a| ha)?|dentro de|em|en|in|within) {_N} {_UNIT}\b", _counted(1)),
        (rf"\b{_N} {_UNIT} from (?:now|today)\b", _counted(1)),
        (rf"\b(?:ha|faz|hace) {_N} {_UNIT}\b", _counted(-1)),
        (rf"\b{_N} {_UNIT} (?:atras|ago)\b", _counted(-1)),
        (rf"\b(?:last|ultim[ao]) ({'|'.join(_WEEKDAY)})\b|\b(?:(?:desde|since|na|no|a|o|el|the|on|de) )*({'|'.join((*_WEEKDAY, *_FEIRA))})(?:[- ]feira)? (?:passad[ao]|pasad[ao]|que passou)\b", _last_weekday),
        (r"\b(?:semana passada|la semana pasada|semana pasada|last week)\b", _ahead(-7)),
        (rf"\b(?:(?:proxim[ao]|este|el|next|this|on) )?({'|'.join(_WEEKDAY)})(?: {_COMING}| (?:da|de la|of) (?:semana {_COMING}|proxima semana|next week)| next week)?\b", _weekday),
        (rf"\b({'|'.join(_FEIRA)})(?:-| )feira(?: {_COMING}| da (?:semana {_COMING}|proxima semana))?\b", _weekday),
        (rf"\b({'|'.join(_FEIRA)})(?: {_COMING}\b| da (?:semana {_COMING}|proxima semana)\b|(?=,| as \d| a tarde| a noite| de manha| pela manha|[ .!?]*$))", _weekday),
        (rf"\b(?:na|nesta|nessa|ate|para|pra|proxima|desde|esta|essa) ({'|'.join(_FEIRA)})\b(?! (?:via|vez|tela|pessoa|opcao|etapa|parte|serie|maquina|linha|unidade)\b)", _weekday),
        (rf"\bsemana {_COMING}\b|\bproxima semana\b|\bnext week\b", lambda _, today: today + timedelta(days=7 - today.weekday())),
        (rf"\b(?:comeco|inicio|principio|start|beginning)(?: do| de| del| of)?(?: the)? (?:mes {_COMING}|proximo mes|next month)\b|\bmes {_COMING}\b|\bproximo mes\b|\bnext month\b", lambda _, today: today + relativedelta(months=1, day=1)),
        (r"\b(?:fim|final|fin|fines)(?: do| de| del)? mes\b(?! que)|\bend of (?:the )?month\b", _month_end),
        (rf"\b(?:fim|final|fin)(?: do| de| del)? mes {_COMING}\b|\bend of next month\b", lambda _, today: today + relativedelta(months=1, day=31)),
        (r"\b(?:fim|fin) de semana\b|\bfinde\b|\bweekend\b", lambda _, today: today + timedelta(days=(5 - today.weekday()) % 7)),
        (r"\b(?:fim|final|fin)(?: do| de| del)? (?:ano|a.o)\b|\bend of (?:the )?year\b", lambda _, today: today + relativedelta(month=12, day=31)),
        (r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b", lambda m, _: date(int(m[1]), int(m[2]), int(m[3]))),
    )
)  # fmt: skip


def _calendar_rules(language: Language, *, past: bool) -> tuple[tuple[re.Pattern[str], Resolver], ...]:
    """Days that need a year or a month added: the next one, or the last one when `past` is meant."""

    def numeric(match: re.Match[str], today: date) -> date | None:
        first, second = int(match[1]), int(match[2])
        if (first, second, match[3]) == (24, 7, None):
            return None
        month_first = second > 12 or (language == "en" and first <= 12)
        month, day = (first, second) if month_first else (second, first)
        return _placed(match[3], month, day, today, past=past)

    def named(match: re.Match[str], today: date) -> date:
        day = int(match["day"]) if match["day"].isdigit() else 1
        return _placed(match["year"], _MONTH_NUMBER[match["month"]], day, today, past=past)

    def range_start(match: re.Match[str], today: date) -> date:
        month = int(match["number"]) if match["number"] else _MONTH_NUMBER[match["month"]]
        return _placed(None, month, int(match[1]), today, past=past)

    def day_only(match: re.Match[str], today: date) -> date:
        return _month_day(int(match[1]), today, next_month=bool(match[2]), past=past)

    resolvers: dict[str, Resolver] = {
        "numeric": numeric,
        "named": named,
        "day_only": day_only,
        "range_start": range_start,
    }
    return tuple((rule, resolvers[name]) for rule, name in _CALENDAR)


def _placed(year: str | None, month: int, day: int, today: date, *, past: bool) -> date:
    """A day and month with the year said, or with the nearest one on the right side of today."""
    if year:
        return date(int(year) + (2000 if len(year) == 2 else 0), month, day)
    this = date(today.year, month, day) if (month, day) != (2, 29) else _leap(today.year)
    if past:
        return this if this <= today else this + relativedelta(years=-1)
    return this if this >= today else this + relativedelta(years=1)


def _month_day(number: int, today: date, *, next_month: bool, past: bool) -> date:
    """A day of this month, of the next one when it is over, of the last one when the past is meant."""
    day = today + relativedelta(day=number)
    if next_month or (not past and day < today):
        return today + relativedelta(months=1, day=number)
    return today + relativedelta(months=-1, day=number) if past and day > today else day


_CALENDAR: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(rf"(?<![\d/])(\d{{1,2}})(?= (?:a|ao|ate|al|hasta|to|until) (?:o )?(?:dia )?\d{{1,2}}(?:/(?P<number>\d{{1,2}})\b| (?:de |of )?(?P<month>{_MONTH})\b))"), "range_start"),
    (re.compile(r"(?<![\d/.,-])(\d{1,2})/(\d{1,2})(?:/(\d{4}|\d{2}))?(?![\d/])"), "numeric"),
    (re.compile(r"(?<![\d/.,-])(\d{1,2})[.-](\d{1,2})[.-](\d{4}|\d{2})(?![\d.-])"), "numeric"),
    (re.compile(rf"\b(?P<day>\d{{1,2}}|primeiro|primero)(?:st|nd|rd|th|o|º)?(?: de | of | )(?P<month>{_MONTH})\b(?:(?: de| del|,)? (?P<year>20\d\d))?"), "named"),
    (re.compile(rf"\b(?P<month>{_MONTH}) (?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b(?!:|h)(?:,? (?P<year>20\d\d))?"), "named"),
    (re.compile(rf"\b(?:dia|el dia|el|the) (0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th|º)?\b(?![/:h%.]|\s*(?:piso|andar|floor|dias|days))( do (?:mes {_COMING}|proximo mes)| del? mes que viene| of next month)?"), "day_only"),
    (re.compile(r"\bon the (\d{1,2})(?:st|nd|rd|th)\b( of next month)?"), "day_only"),
)  # fmt: skip


_BESIDE = re.compile(r"(?:[- ]feira)?[\s,(]*(?:dia |el |the |o |a )*")
_WEEKDAY_ONLY = re.compile(
    rf"(?:(?:na|no|nesta|proxim[ao]|este|esta|el|next|this|on|desde|para|pra|ate) )*"
    rf"(?:{'|'.join((*_WEEKDAY, *_FEIRA))})(?:[- ]feira)?"
)


def _leap(year: int) -> date:
    while year % 4 or (year % 100 == 0 and year % 400):
        year += 1
    return date(year, 2, 29)


_CLOCK = re.compile(
    r"(?<![\d/.,:-])(?P<lead>(?:as|a las|a la|at|a partir das|las|das) )?(?P<hour>[01]?\d|2[0-3])"
    r"(?:(?:\s?[:h]\s?(?P<minute>[0-5]\d))|(?P<mark>\s?h(?:s|oras?|rs)?\b|\s?horas?\b|\s?o'clock))?(?P<half> e meia| y media)?"
    r"\s?(?P<noon>[ap]\.?m\b\.?)?(?P<part>\s?(?:da (?:manha|tarde|noite)|de la (?:manana|tarde|noche)|in the (?:morning|afternoon|evening))\b)?"
    r"(?![\d/º])"
)
_PARTS: tuple[tuple[re.Pattern[str], time], ...] = (
    (re.compile(r"\bmeio[ -]dia\b|\b(?:al )?mediodia\b|\bnoon\b|\bmidday\b"), time(12)),
    (re.compile(r"\bmeia[ -]noite\b|\bmedianoche\b|\bmidnight\b"), time(0)),
    (
        re.compile(
            r"\b(?:de|pela|esta) manha\b|\b(?:por|a|de|en) la manana\b|\besta manana\b|\bin the morning\b|\bmorning\b"
        ),
        MORNING,
    ),
    (re.compile(r"\b(?:a|de|pela|esta) tarde\b|\b(?:por|a|de|en) la tarde\b|\bafternoon\b"), AFTERNOON),
    (
        re.compile(r"\b(?:a|de|pela|esta) (?:noite|noche)\b|\b(?:por|a|de|en) la noche\b|\bevening\b|\btonight\b"),
        EVENING,
    ),
)


def _hours(folded: str, day: tuple[date, int, int] | None) -> Iterator[tuple[time, int, int]]:
    """Times of day outside the words that name the day; a bare number is not an hour."""
    for match in _CLOCK.finditer(folded):
        inside = day is not None and day[1] <= match.start() < day[2]
        named = match["lead"] or match["minute"] or match["mark"] or match["half"] or match["noon"] or match["part"]
        if not inside and named:
            yield _clock(match), match.start(), match.end()
    for rule, hour in _PARTS:
        if said := rule.search(folded):
            yield hour, said.start(), said.end()


def _clock(match: re.Match[str]) -> time:
    hour, minute = int(match["hour"]), 30 if match["half"] else int(match["minute"] or 0)
    late = (match["noon"] or "").startswith("p") or re.search(
        r"tarde|noite|noche|afternoon|evening", match["part"] or ""
    )
    if late and hour < 12:
        hour += 12
    if (match["noon"] or "").startswith("a") and hour == 12:
        hour = 0
    return time(hour, minute)
