"""What an employee hears of an effect."""

from datetime import UTC, datetime, timedelta

import pytest

from graph.announce import announce, request_changed, request_created
from prompts.texts import LANGUAGES
from tools.effects import (
    AnswerOutcome,
    CloseRequest,
    CommentRequest,
    CreateRequest,
    DataRequest,
    EndSession,
    HandOff,
    IdentityEffect,
    JoinOutage,
    RateRequest,
    ReopenRequest,
)
from tools.service_desk import Change, DeskRefusedError, DeskUnavailableError, Draft, Receipt

MONDAY = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
RECEIPT = Receipt(
    number="1042", queue="TI", first_response_due=MONDAY, resolution_due=MONDAY + timedelta(days=2), now_open=True
)
CREATE = CreateRequest(nonce="n", draft=Draft(category_id="c", title="t", description="d"))
LOUD = [
    CREATE, CommentRequest(number="1042", text="x"), CommentRequest(number="1042", text="x", attachments=("w",)),
    CloseRequest(number="1042"), ReopenRequest(number="1042"), RateRequest(number="1042", stars=5),
    JoinOutage(outage_id="o"), DataRequest(wish="erase"), EndSession(reason="asked"),
    HandOff(reason="asked", summary=""),
]  # fmt: skip
QUIET = [IdentityEffect(data={}), AnswerOutcome(question="q", outcome="answered")]


def bodies(replies) -> str:
    return "\n".join(reply.body for reply in replies)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("effect", LOUD, ids=lambda e: e.kind)
def test_every_effect_that_matters_is_announced(effect, language):
    assert bodies(announce(effect, None, language, "America/Sao_Paulo"))


@pytest.mark.parametrize("effect", QUIET, ids=lambda e: e.kind)
@pytest.mark.parametrize("outcome", [None, DeskRefusedError("no"), DeskUnavailableError("away")])
def test_the_quiet_ones_say_nothing(effect, outcome):
    assert announce(effect, outcome, "pt-BR", "America/Sao_Paulo") == ()


@pytest.mark.parametrize(("timezone", "hour"), [("America/Sao_Paulo", "11:00"), ("America/Manaus", "10:00")])
def test_promises_are_told_in_the_employees_own_time(timezone, hour):
    told = bodies(announce(CREATE, RECEIPT, "pt-BR", timezone))

    assert "*#1042*" in told
    assert f"até seg., 23/11 às {hour}" in told
    assert "no ar agora" in told


def test_a_closed_desk_says_when_it_opens():
    closed = RECEIPT.model_copy(update={"now_open": False, "opens_at": MONDAY + timedelta(days=1)})

    assert "back Tue, 24 Nov at 11:00" in bodies(request_created(closed, "en", "America/Sao_Paulo"))
    assert "isn't there" in bodies(
        request_created(closed.model_copy(update={"opens_at": None}), "en", "America/Sao_Paulo")
    )


def test_a_hand_off_out_of_hours_says_when_somebody_comes():
    told = bodies(announce(LOUD[-1], MONDAY, "es", "America/Bogota"))

    assert "lun 23/11 a las 09:00" in told


def test_refused_and_unavailable_are_told_apart_without_the_desks_own_words():
    refused = bodies(announce(CREATE, DeskRefusedError("SQL error 42"), "pt-BR", "America/Sao_Paulo"))
    away = bodies(announce(CREATE, DeskUnavailableError("10.0.0.1 refused"), "pt-BR", "America/Sao_Paulo"))

    assert "não aceitou" in refused
    assert "não está respondendo" in away
    assert "SQL" not in refused + away


def test_changes_reach_the_requester_with_the_agents_name_and_a_way_on():
    change = Change(
        cursor="1", number="1042", employee_id="e1", kind="comment", text="Vou aí {x}", author="Bia", at=MONDAY
    )

    assert "*Bia* respondeu no chamado *#1042*:\n\nVou aí {x}" in bodies(request_changed(change, "pt-BR"))
    solved = request_changed(change.model_copy(update={"kind": "status", "status": "solved"}), "pt-BR")
    assert [c.id for c in solved[0].choices] == ["rating|1042|", "reopen|1042|"]
    assert request_changed(change.model_copy(update={"kind": "assigned"}), "pt-BR") == ()
