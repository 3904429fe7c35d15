"""Suites held against their company: what a case names and the company does not have is a mistake of the case."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, get_args

from eval.cases.conversation import ConversationCase
from eval.cases.retrieval import RetrievalCase
from eval.cases.understanding import NO_CATEGORY, UnderstandingCase
from eval.company import Company
from eval.suite import Case, Suite, SuiteError, raise_complaints
from graph.forms import field_of, fits
from tools.effects import Effect
from tools.service_desk import Category

READS = ("employee_by_email", "catalogue", "requests_of", "request", "outages", "search")
LISTED = 20  # names of what there is, at most
CALLS = frozenset({*READS, *(effect.model_fields["kind"].default for effect in get_args(get_args(Effect)[0]))})


def check(suites: Iterable[Suite], company: Company) -> None:
    """Raise SuiteError naming every person, category, field, article, outage, queue or call that is not there."""
    raise_complaints(
        f"{suite.file}: case {case.id}: {complaint}."
        for suite in suites
        if not suite.corpus
        for case in suite.cases
        for complaint in complaints(case, company)
    )


def complaints(case: Case, company: Company) -> Iterator[str]:
    """What this case names and the company does not have."""
    match case:
        case RetrievalCase():
            yield from _unknown("article", [*case.relevant, *case.forbidden], company.articles)
        case UnderstandingCase():
            yield from _of_understanding(case, company)
        case ConversationCase():
            yield from _people(case, company)
            yield from _given(case, company)
            yield from _wanted(case, company)
            yield from _reference(case, company)


def _of_understanding(case: UnderstandingCase, company: Company) -> Iterator[str]:
    yield from _person(case.employee, company)
    named = [name for name in (*case.category, case.form) if name and name != NO_CATEGORY]
    yield from _unknown("category", named, _leaves(company))
    forms = [form for form in [case.form or next(iter(case.category), "")] if form in _leaves(company)]
    if forms:
        yield from _values(forms, case.fields or {}, company)
        yield from _fields(forms, [case.asked] if case.asked else [], company)


def _people(case: ConversationCase, company: Company) -> Iterator[str]:
    others = [request.of for request in case.given.requests if request.of]
    for name in dict.fromkeys([case.employee, *(step.other for step in case.turns if step.other), *others]):
        yield from _person(name, company)


def _given(case: ConversationCase, company: Company) -> Iterator[str]:
    outages = {outage.id for outage in company.desk.outages}
    yield from _unknown("outage", [*(case.given.outages or ()), *case.expect.followers], outages)
    for request in case.given.requests:
        yield from _unknown("category", [request.category], _leaves(company))
        if request.category in _leaves(company):
            yield from _values([request.category], request.values, company)


def _wanted(case: ConversationCase, company: Company) -> Iterator[str]:
    wanted, leaves = case.expect, _leaves(company)
    articles = company.articles | {article.id for article in case.given.articles}
    yield from _unknown("article", [*wanted.answers_from, *wanted.no_answer_from], articles)
    yield from _unknown("call", [*wanted.calls, *wanted.no_calls], CALLS)
    queues = {queue.id for queue in company.desk.rules.queues}
    for request in wanted.requests:
        yield from _unknown("category", request.category, leaves)
        yield from _unknown("queue", [request.queue] if request.queue else [], queues)
        known = [name for name in request.category if name in leaves]
        if known:
            yield from _values(known, request.fields, company)
            yield from _fields(known, request.absent, company)


def _reference(case: ConversationCase, company: Company) -> Iterator[str]:
    leaves, outages = _leaves(company), {outage.id for outage in company.desk.outages}
    for place, action in enumerate(case.reference_actions or (), start=1):
        told = list(_unknown("outage", [action.join_outage] if action.join_outage else [], outages))
        opening = action.create_request
        if opening is not None:
            told += _unknown("category", [opening.category], leaves)
            if opening.category in leaves:
                told += _values([opening.category], opening.fields, company)
                told += _fields([opening.category], opening.free, company)
        yield from (f"reference action {place}: {each}" for each in told)


def _person(name: str, company: Company) -> Iterator[str]:
    try:
        company.person(name)
    except SuiteError as error:
        yield str(error).rstrip(".")


def _leaves(company: Company) -> Mapping[str, Category]:
    return {category.id: category for category in company.desk.categories if category.queue}


def _unknown(kind: str, named: Iterable[str], known: Iterable[str]) -> Iterator[str]:
    there = sorted(known)
    choice = f": {', '.join(there)}" if len(there) <= LISTED else ""
    yield from (f"there is no {kind} {name}{choice}" for name in named if name not in there)


def _fields(categories: Sequence[str], named: Iterable[str], company: Company) -> Iterator[str]:
    known = {field.id for name in categories for field in _leaves(company)[name].fields}
    yield from (f"{' or '.join(categories)} has no field {name}" for name in named if name not in known)


def _values(categories: Sequence[str], values: Mapping[str, Any], company: Company) -> Iterator[str]:
    yield from _fields(categories, values, company)
    for name, value in values.items():
        fields = [field for each in categories if (field := field_of(_leaves(company)[each], name))]
        if fields and value is not None and not any(fits(field, value) for field in fields):
            yield f"{value!r} cannot be in the field {name} of {' or '.join(categories)}"
