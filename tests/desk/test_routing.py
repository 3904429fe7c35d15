"""Conditions of rules, what becomes of requests, and rules tried on past ones."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from app.desk.errors import SettingRefusedError
from app.desk.models import DeskDocument, RulesVersion
from app.desk.priority import PriorityMatrix, priority_for
from app.desk.routing import Case, RoutingRule, When, rule_for
from app.desk.rule_book import Change, change_rules, draft_of, go_back, keep_draft, switch_on, versions_of
from app.desk.rules import rules_of
from app.desk.trial import try_routing
from tests.desk.test_requests import create, row
from tests.tools.service_desk_contract import ANA, CATALOGUE, NOW, draft

LEAF = next(category for category in CATALOGUE if category.id == draft().category_id)


def case(words: str = "", *, is_open: bool = True, **employee: object) -> Case:
    return Case(LEAF, draft(description=words), ANA.model_copy(update=employee), is_open=is_open)


@pytest.mark.parametrize(
    ("when", "of", "holds"),
    [
        ({"keywords": ["Impressão"]}, case("a IMPRESSAO parou"), True),
        ({"keywords": ["impressão"]}, case("impressões"), False),
        ({"keywords": ["nota fiscal"]}, case("a nota\n  fiscal não sai"), True),
        ({"keywords": ["c++", "(x)"]}, case("erro em c++ aqui"), True),
        ({"keywords": [" "]}, case("qualquer coisa"), False),
        ({"department": ["operações"]}, case(department="OPERACOES"), True),
        ({"department": ["Frota"]}, case(department="Operações"), False),
        ({"location": ["são paulo"], "keywords": ["vpn"]}, case("vpn", location="Manaus"), False),
        ({"hours": "closed"}, case(is_open=False), True),
        ({"hours": "closed"}, case(), False),
        ({"hours": "open"}, case(), True),
    ],
)
def test_a_condition_holds(when, of, holds):
    assert When.model_validate(when).holds(of) is holds


def test_the_first_rule_that_matches_decides_and_says_at_least_one_thing():
    rules = [
        RoutingRule.model_validate({"when": {"keywords": ["x"]}, "queue": "a"}),
        RoutingRule.model_validate({"when": {"vip": False}, "raise": 1}),
        RoutingRule.model_validate({"when": {"vip": False}, "queue": "b"}),
    ]
    assert rule_for(case(), rules) is rules[1]
    with pytest.raises(ValidationError):
        RoutingRule.model_validate({"when": {"vip": True}})


def test_the_matrix_comes_first_then_the_rules_then_what_the_routing_raises():
    where = next(iter(draft().values))
    chosen = draft().values[where]
    matrix = PriorityMatrix.model_validate({"field": where, "cells": {chosen: {LEAF.priority: "high"}}})
    assert priority_for(case(), (), matrix) == "high"
    assert priority_for(case(), (), matrix, raised=3) == "urgent"
    assert priority_for(case(), (), PriorityMatrix(field="other")) == LEAF.priority


SECOND = {"id": "second", "name": {"pt-BR": "Segunda"}, "calendar": "always"}
VPN = RoutingRule.model_validate({"name": "vpn", "when": {"keywords": ["roteador"]}, "queue": "second", "raise": 1})
LU = Change("routing", "Lu", NOW)


def second_queue(desk) -> None:
    first = rules_of(desk).queues[0].model_dump(mode="json", exclude_unset=True)
    promises = {step: {"first_response": 1, "resolution": 2} for step in ("low", "medium", "high", "urgent")}
    change_rules(desk, Change("queues", "Lu", NOW), queues=[first, SECOND], promises=promises)


def test_rules_are_tried_on_past_requests_without_changing_them(desk):
    second_queue(desk)
    numbers = [
        create(desk, f"r{count}", description=words) for count, words in enumerate(("o roteador cai", "outra coisa"))
    ]
    trial = try_routing(desk, [VPN])
    assert [one.number for one in trial.changed] == [int(numbers[0])]
    assert trial.changed[0].after.queue == "second"
    assert (trial.before, trial.after, trial.matches) == ({"desk": 2}, {"desk": 1, "second": 1}, (1,))
    assert row(desk, numbers[0]).queue == "desk"
    assert try_routing(desk, [VPN], last=1).changed == ()


def test_a_draft_decides_nothing_until_it_is_switched_on_and_what_was_can_be_brought_back(desk):
    second_queue(desk)
    keep_draft(desk, [VPN], by="Lu", now=NOW)
    assert row(desk, create(desk, "r1", description="roteador")).queue == "desk"
    switch_on(desk, LU)
    assert draft_of(desk) is None
    request = row(desk, create(desk, "r2", description="roteador"))
    assert (request.queue, request.priority) == ("second", "high")
    before = versions_of(desk, "routing")[-1]
    go_back(desk, before.id, Change("routing", "Ana", NOW + timedelta(days=1)))
    assert (rules_of(desk).routing, len(rules_of(desk).queues)) == ((), 2)
    assert [version.by for version in desk.query(RulesVersion).order_by(RulesVersion.id)] == ["", "Lu", "Lu", "Ana"]


@pytest.mark.parametrize(
    ("part", "fields", "reason"),
    [
        ("queues", {"queues": []}, "queue_used"),
        ("queues", {"queues": [{**SECOND, "id": "desk"}] * 2}, "queue_twice"),
        ("queues", {"queues": [{**SECOND, "id": "desk", "calendar": "none"}]}, "calendar_unknown"),
        ("routing", {"routing": [{"when": {"category": ["none"]}, "queue": "desk"}]}, "category_unknown"),
        ("routing", {"routing": [{"when": {"vip": True}, "queue": "none"}]}, "queue_unknown"),
        ("priority", {"priority_matrix": {"field": "none", "cells": {}}}, "field_unknown"),
        ("promises", {"promises": {"low": {"first_response": -1, "resolution": 1}}}, "malformed"),
    ],
)
def test_rules_that_name_what_there_is_not_are_refused_and_nothing_changes(desk, part, fields, reason):
    before = desk.get_one(DeskDocument, "rules").body
    with pytest.raises(SettingRefusedError) as refused:
        change_rules(desk, Change(part, "Lu", NOW), **fields)
    assert refused.value.reason == reason
    assert desk.get_one(DeskDocument, "rules").body == before
