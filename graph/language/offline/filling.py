"""Fields filled from the employee's words: each value with the exact span that says it, or no value."""

# ruff: noqa: E501 - a rule reads best on one line

import re
from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta

from graph.language.offline.amounts import Amount, find_amounts
from graph.language.offline.choices import Picked, answer_choice, answer_choices, named_options, only_option
from graph.language.offline.clauses import stripped
from graph.language.offline.contacts import Seen, find_email, find_pattern, find_person, find_phone, find_tag
from graph.language.offline.dates import Found, find_moment
from graph.language.offline.folding import Folded, canonical, fold, fold_in_place
from graph.language.offline.intents import read_rules
from graph.language.port import FieldValue, Hearing, Intent
from tools.service_desk import Field

READ_LETTERS = 4000
FEW_WORDS = 4  # "quero" answers alone; "quero abrir um chamado para o notebook" does not
SHORT_ANSWER = 40  # letters: quoted whole as evidence
START_OF_WORK = time(9)  # for a day without an hour; echoed back before anything is opened
_NOT_ANSWERS: frozenset[Intent] = frozenset({
    "cancel", "back", "correct", "person", "logout", "erase_data", "help", "resend_code", "change_email", "status",
    "greeting", "thanks", "farewell", "request",
})  # fmt: skip
_NO_VALUE = re.compile(
    r"^\W*(?:(?:eu )?(?:nao|n) (?:sei|lembro|tenho|faco ideia|se aplica)(?: (?:isso|agora|dizer|nao|te dizer))?|sei la|tanto faz|sem ideia|"
    r"nenhum[ao]?|nada|pular?|pula|qualquer(?: um)?|no (?:lo )?se|no (?:me )?acuerdo|no tengo|ni idea|da igual|ninguno|saltar|omitir|"
    r"(?:i )?(?:don'?t|do not) (?:know|remember|have (?:one|it|any))|idk|no idea|not sure|none|skip|n/?a|dunno|whatever|prefiro nao)\W*$"
)
_QUESTION = re.compile(
    r"\?\s*$|^\s*(?:como|qual|quais|quando|onde|cade|quanto|quem|por ?que|pq|cual|cuando|donde|cuanto|quien|how|what|where|when|who|why|"
    r"o que|que e|para que|pra que|what's)\b(?!.{120})"
)
_PAST = re.compile(
    r"desde|quando (?:comecou|aconteceu|ocorreu)|ocorr|aconteceu|comecou|inicio do problema|nota fiscal|recibo|compra|gasto|despesa|"
    r"since|happen|started|start of|expense|receipt|empezo|ocurri|paso|factura|gasto|incident"
)
_FUTURE = re.compile(
    r"a partir|primeiro dia|first day|primer dia|comec|comienz|empiez|start|para quando|para cuando|by when|until|ate quando|hasta cuando|"
    r"precisa|necesit|need|agend|schedul|ferias|vacacion|holiday"
)
ALMOST_A_YEAR = timedelta(days=275)
_MONEY = re.compile(
    r"valor|montante|custo|preco|total|r\$|monto|importe|costo|amount|cost|price|value|reembols|reintegr"
)
_SPENT = re.compile(
    r"\b(?:gastei|gaste|gastamos|paguei|pague|pagamos|custou|costo|spent|paid|cost|valor de|total de|monto de|total of)"
    r"(?: (?:us|r|u\$s))?\W*$"
)
_QUANTITY = re.compile(r"quantidade|quant|qtd|cantidad|cuant|how many|number of|quantity|dias de ferias|days")
_YES = re.compile(
    r"^\W*(?:sim|s|ss|si|yes|yep|yeah|y|claro|com certeza|exato|positivo|aham|uhum|dale|obvio|sure|ok|true|verdadeiro|afirmativo)\b"
    r"|^\W*(?:eu |yo |i )?(?:consigo|posso|pode|puedo|da|quero|quiero|tenho|tengo|can|do) (?:sim|si|yes)\b"
)
_ABLE = re.compile(r"^\W*(?:consigo|posso|puedo|i can|i do)\s*[,;.]")  # "consigo, com o do colega"
_WILLING = re.compile(r"^\W*(?:isso|pode|quero|correto|consigo|da|puedo|quiero|i can|i do)\b")
_NO = re.compile(
    r"^\W*(?:eu |yo |i )?(?:consigo|posso|da|quero|tenho) nao\b|^\W*(?:nao|n|nn|no|nope|nah|negativo|nunca|jamais|ainda nao|todavia no|not|false|falso)\b"
)


def fill_fields(fields: Sequence[Field], hearing: Hearing) -> tuple[FieldValue, ...]:
    """Values for the fields the words speak of; with `hearing.asked` the words are tried as its answer first."""
    text = hearing.text[:READ_LETTERS]
    if not text.strip():
        return ()
    folded = fold_in_place(text)
    filled: list[FieldValue] = []
    for field in fields:
        asked = hearing.asked is not None and field.id == hearing.asked.id
        if field.type in {"date", "datetime"} and not asked:
            value = _mentioned_moment(field, folded, hearing, _place_among_dates(field, fields, hearing))
        else:
            value = _answer(field, folded, hearing) if asked else _mention(field, folded, hearing)
        if value and value.evidence and value.evidence in hearing.text:
            filled.append(value)
    return tuple(filled)


def _answer(field: Field, folded: Folded, hearing: Hearing) -> FieldValue | None:
    """The message as the answer to the question just asked."""
    if _NO_VALUE.match(folded.text) and not named_options(field, folded):
        return None
    if field.type == "yes_no":
        return _yes_no(field, folded)
    if _steers(folded.source, hearing) and not (field.options and answer_choice(field, folded)):
        return None
    reader = _READERS.get(field.type)
    if reader:
        return reader(field, folded, hearing, True)
    return _free_text(field, folded, hearing)


def _mention(field: Field, folded: Folded, hearing: Hearing) -> FieldValue | None:
    """A value that the words name clearly although nobody asked for it."""
    reader = _READERS.get(field.type)
    if field.type == "location" and not field.options:
        return None
    return reader(field, folded, hearing, False) if reader else None


def _steers(text: str, hearing: Hearing) -> bool:
    """A command or a courtesy instead of an answer."""
    ruled = read_rules(text, hearing.language)
    return ruled is not None and ruled.intent in _NOT_ANSWERS and not ruled.number


def _free_text(field: Field, folded: Folded, hearing: Hearing) -> FieldValue | None:
    """The employee's own words; a question, a bare yes or no, or signs alone are no answer."""
    ruled = read_rules(folded.source, hearing.language)
    if _QUESTION.search(folded.text) or (ruled and ruled.intent in {"yes", "no", "unclear"} and not ruled.number):
        return None
    words = stripped(folded.source)
    if not any(letter.isalnum() for letter in words):
        return None
    return FieldValue(field_id=field.id, value=words, evidence=words, confidence=0.8)


def _yes_no(field: Field, folded: Folded) -> FieldValue | None:
    text = canonical(folded.source)
    said = folded.source.strip()
    ruled = read_rules(folded.source, "pt-BR")
    verdict: bool | None = {"yes": True, "no": False}.get(ruled.intent) if ruled else None
    if verdict is None and (
        _NO.match(text)
        or _YES.match(text)
        or _ABLE.match(folded.text)
        or (len(text.split()) <= FEW_WORDS and _WILLING.match(text))
    ):
        verdict = not _NO.match(text)
    if verdict is None or _QUESTION.search(folded.text):
        return None
    evidence = said if len(said) <= SHORT_ANSWER else said.split()[0]
    return FieldValue(field_id=field.id, value=verdict, evidence=evidence, confidence=0.9)


def _choice(field: Field, folded: Folded, _: Hearing, asked: bool) -> FieldValue | None:
    picked = answer_choice(field, folded) if asked else only_option(field, folded)
    return _picked(field, picked, folded) if picked else None


def _multi_choice(field: Field, folded: Folded, _: Hearing, asked: bool) -> FieldValue | None:
    picked = answer_choices(field, folded) if asked else named_options(field, folded)
    if not picked:
        return None
    start, end = min(hit.start for hit in picked), max(hit.end for hit in picked)
    ids = list(dict.fromkeys(hit.option_id for hit in picked))
    confidence = min(hit.confidence for hit in picked)
    return FieldValue(field_id=field.id, value=ids, evidence=folded.written(start, end), confidence=confidence)


def _picked(field: Field, picked: Picked, folded: Folded) -> FieldValue:
    evidence = folded.written(picked.start, picked.end)
    return FieldValue(field_id=field.id, value=picked.option_id, evidence=evidence, confidence=picked.confidence)


def _number(field: Field, folded: Folded, hearing: Hearing, asked: bool) -> FieldValue | None:
    amounts = [amount for amount in find_amounts(folded.text, hearing.language) if _within(field, amount.value)]
    chosen = _asked_amount(amounts) if asked else _mentioned_amount(field, amounts, folded)
    if chosen is None:
        return None
    value: float | int = int(chosen.value) if chosen.value.is_integer() else chosen.value
    evidence = folded.written(chosen.start, chosen.end).strip()
    return FieldValue(field_id=field.id, value=value, evidence=evidence, confidence=0.9 if asked else 0.75)


def _asked_amount(amounts: Sequence[Amount]) -> Amount | None:
    """Money first, then digits, then words ("um monitor, 2 teclados" said 2 in digits)."""
    ranked = sorted(amounts, key=lambda amount: (not amount.money, amount.spelled, amount.start))
    return ranked[0] if ranked else None


def _mentioned_amount(field: Field, amounts: Sequence[Amount], folded: Folded) -> Amount | None:
    """Money for a field about money; one small count before a noun for a field about a quantity."""
    about = fold(" ".join((field.id, *field.label.values())))
    if _MONEY.search(about):
        money = [amount for amount in amounts if amount.money or _SPENT.search(folded.text[: amount.start])]
        return money[0] if len(money) == 1 else None
    if not _QUANTITY.search(about):
        return None
    counts = [
        amount for amount in amounts
        if not amount.money and 0 < amount.value <= 100 and (not amount.spelled or amount.value > 1)
        and re.match(r"\s+(?!horas?\b|hours?\b|vezes\b|andar|piso|floor|anos?\b|mil\b|%)[a-z]{3,}", folded.text[amount.end :])
    ]  # fmt: skip
    return counts[0] if len(counts) == 1 else None


def _within(field: Field, value: float) -> bool:
    return (field.minimum is None or value >= field.minimum) and (field.maximum is None or value <= field.maximum)


def _place_among_dates(field: Field, fields: Sequence[Field], hearing: Hearing) -> int:
    """Which date of the words is this field's: the first date field gets the first; negative when already past it."""
    dates = [other.id for other in fields if other.type in {"date", "datetime"}]
    asked = hearing.asked.id if hearing.asked else ""
    return dates.index(field.id) - (dates.index(asked) if asked in dates else 0)


def _mentioned_moment(field: Field, folded: Folded, hearing: Hearing, which: int) -> FieldValue | None:
    """A date nobody asked for, on the side of today where the field looks."""
    past = _looks_back(field)
    found = find_moment(folded.text, hearing.now, hearing.language, past=past, which=which) if which >= 0 else None
    if found is None or found.day is None:
        return None
    day, today, either = found.day, hearing.now.date(), not past and not _looks_ahead(field)
    if either and _a_year_off(found, folded, hearing):
        found = find_moment(folded.text, hearing.now, hearing.language, past=True, which=which) or found
    elif (past and day > today) or (not past and day < today):
        return None
    return _moment_value(field, found, folded, hearing, 0.75)


def _moment(field: Field, folded: Folded, hearing: Hearing, _: bool) -> FieldValue | None:
    """The answer to "when?"."""
    past = _looks_back(field)
    found = find_moment(folded.text, hearing.now, hearing.language, past=past)
    if found is None or (found.day is None and field.type == "date"):
        return None
    if not past and not _looks_ahead(field) and _a_year_off(found, folded, hearing):
        found = find_moment(folded.text, hearing.now, hearing.language, past=True) or found
    return _moment_value(field, found, folded, hearing, 0.9)


def _looks_back(field: Field) -> bool:
    """A field about something that has happened."""
    return bool(_PAST.search(fold(" ".join((field.id, *field.label.values(), *field.question.values())))))


def _looks_ahead(field: Field) -> bool:
    """A field about something that is to come."""
    return bool(_FUTURE.search(fold(" ".join((field.id, *field.label.values(), *field.question.values())))))


def _a_year_off(found: Found, folded: Folded, hearing: Hearing) -> bool:
    """A day and month without a year that were a few weeks ago, read as those of next year."""
    named_year = re.search(r"\d{4}|\d[/.-]\d{1,2}[/.-]\d", folded.text[found.start : found.end])
    return bool(found.day) and not named_year and found.day > hearing.now.date() + ALMOST_A_YEAR  # type: ignore[operator]  # bool() above


def _moment_value(field: Field, found: Found, folded: Folded, hearing: Hearing, confidence: float) -> FieldValue:
    """ISO 8601: a day for `date`, a moment with the employee's offset for `datetime`."""
    evidence = folded.written(found.start, found.end).strip()
    if field.type == "date":
        return FieldValue(field_id=field.id, value=str(found.day), evidence=evidence, confidence=confidence)
    moment = datetime.combine(found.day or hearing.now.date(), found.hour or START_OF_WORK, hearing.now.tzinfo)
    if found.day is None and moment <= hearing.now:
        moment += timedelta(days=1)
    value = moment.isoformat(timespec="minutes")
    return FieldValue(field_id=field.id, value=value, evidence=evidence, confidence=confidence if found.hour else 0.6)


def _text(field: Field, folded: Folded, hearing: Hearing, asked: bool) -> FieldValue | None:
    """Words as they are when asked for; a name of a known shape ("IMP-SAO-07") wherever it stands."""
    exact = find_pattern(folded.source, field.pattern)
    if exact or not asked:
        return _seen(field, exact)
    return _free_text(field, folded, hearing)


def _email(field: Field, folded: Folded, _: Hearing, __: bool) -> FieldValue | None:
    return _seen(field, find_email(folded.source))


def _phone(field: Field, _: Folded, hearing: Hearing, __: bool) -> FieldValue | None:
    return _seen(field, find_phone(hearing))


def _tag(field: Field, folded: Folded, _: Hearing, asked: bool) -> FieldValue | None:
    return _seen(field, find_tag(folded.source, field.pattern, asked=asked))


def _person(field: Field, folded: Folded, _: Hearing, asked: bool) -> FieldValue | None:
    if asked and _QUESTION.search(folded.text):
        return None
    return _seen(field, find_person(folded.source, asked=asked))


def _location(field: Field, folded: Folded, hearing: Hearing, asked: bool) -> FieldValue | None:
    if field.options:
        return _choice(field, folded, hearing, asked)
    return _free_text(field, folded, hearing) if asked else None


def _seen(field: Field, seen: Seen | None) -> FieldValue | None:
    if seen is None:
        return None
    return FieldValue(field_id=field.id, value=seen.value, evidence=seen.evidence, confidence=seen.confidence)


_READERS: dict[str, Callable[[Field, Folded, Hearing, bool], FieldValue | None]] = {
    "choice": _choice, "multi_choice": _multi_choice, "number": _number, "date": _moment, "datetime": _moment,
    "text": _text, "email": _email, "phone": _phone, "asset_tag": _tag, "person": _person, "location": _location,
}  # fmt: skip
