"""Acts of agents, requests that belong together, and replies, on either store."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app import replying
from app.db.models import Conversation, OutboxEntry
from app.desk import acting, joining
from app.desk.acting import Agent
from app.desk.history import history_of
from app.desk.models import OutageFollower, RequestEvent, RequestRow
from app.desk.refusals import ActRefusedError
from app.desk.requests import comment_request
from app.identity.models import EmployeeRow
from app.news import carry
from app.replying import NewerWordsError, Words
from app.settings import MailSettings, Settings, WhatsAppSettings
from app.staff.accounts import NewStaff, Password, add_staff
from tests.console.desk_scene import ask, furnish
from tests.tools.service_desk_contract import NOW

BARE = Settings()
TEMPLATE = Settings(whatsapp=WhatsAppSettings(reopen_template="reabrir"))
MAIL = Settings(mail=MailSettings(host="127.0.0.1", sender="recado@ipe.example"))
RUI = Agent(1, "Rui", NOW)


@pytest.fixture
def number(session) -> int:
    furnish(session, NOW)
    for name, roles in (("rui", ("agent",)), ("bia", ("agent",)), ("leo", ("auditor",))):
        add_staff(session, NewStaff(f"{name}@ipe.example", name.title(), roles), Password("x"), NOW)
    return ask(session, NOW)


def kinds(session, number: int) -> list[str]:
    return [event.kind for event in history_of(session, number)]


def refused(work, *args: object) -> str:
    with pytest.raises(ActRefusedError) as error:
        work(*args)
    return error.value.reason


def test_what_a_colleague_has_is_taken_only_on_purpose(session, number):
    acting.take(session, number, RUI)
    bia = Agent(2, "Bia", NOW)
    assert refused(acting.take, session, number, bia) == "taken"
    acting.take(session, number, bia, from_other=True)
    row = session.get(RequestRow, number)
    assert (row.assignee, row.assignee_id, row.status) == ("Bia", 2, "open")
    assert refused(acting.assign_to, session, number, 3, bia) == "colleague_unknown"
    acting.assign_to(session, number, None, bia)
    assert (row.assignee, row.assignee_id) == ("", None)


def test_a_move_says_from_where_to_where_and_why(session, number):
    acting.move(session, number, "people", RUI, "é com eles")
    acting.move(session, number, "people", RUI)
    assert history_of(session, number)[-1].text == "facilities → people\né com eles"
    assert refused(acting.move, session, number, "nowhere", RUI) == "queue_unknown"
    assert refused(acting.prioritise, session, number, "now", RUI) == "priority_unknown"
    assert refused(acting.recategorise, session, number, "nothing", RUI) == "category_unknown"
    acting.set_status(session, number, "cancelled", RUI)
    assert refused(acting.take, session, number, RUI) == "ended"
    assert refused(acting.set_status, session, number, "open", RUI) == "step"


def test_duplicates_know_each_other_and_stay_open(session, number):
    other = ask(session, NOW, "De novo o crachá", employee="E1004")
    joining.link_duplicate(session, other, number, RUI)
    assert (kinds(session, number)[-1], kinds(session, other)[-1]) == ("linked", "linked")
    assert session.get(RequestRow, other).status == "new"
    assert refused(joining.link_duplicate, session, number, number, RUI) == "itself"
    assert refused(joining.link_duplicate, session, number, 999, RUI) == "other_unknown"


def test_a_merged_request_goes_on_in_the_other_and_is_told_once(session, number):
    other = ask(session, NOW, "De novo o crachá")
    joining.merge(session, other, number, RUI)
    assert session.get(RequestRow, other).status == "closed"
    assert joining.merged_into(session, number) == [other]
    comment_request(session, "E1001", str(other), "e agora?", reference="c", now=NOW)
    assert kinds(session, number)[-1] == "comment"
    carry(session, NOW)
    said = session.scalars(select(OutboxEntry).order_by(OutboxEntry.id)).all()
    assert [str(number) in str(entry.body) for entry in said] == [True]
    assert refused(acting.set_status, session, other, "open", RUI) == "merged"
    third = ask(session, NOW, "De outra pessoa", employee="E1004")
    assert refused(joining.merge, session, third, number, RUI) == "other_requester"


def test_who_is_part_of_an_outage_hears_of_its_end(session, number):
    joining.link_outage(session, number, "vpn-recife", RUI)
    joining.link_outage(session, number, "vpn-recife", RUI)
    assert session.scalars(select(OutageFollower.employee_id)).all() == ["E1001"]
    assert kinds(session, number).count("linked") == 1
    assert refused(joining.link_outage, session, number, "raiz-notas-outubro", RUI) == "outage_unknown"


def test_a_reply_takes_opens_and_steps_in_one(session, number):
    event = replying.reply(session, number, Words("vendo", then="waiting"), RUI, BARE)
    row = session.get(RequestRow, number)
    assert (event.tell, row.assignee, row.status, row.unanswered_since) == (True, "Rui", "waiting", None)
    assert refused(replying.reply, session, number, Words(" \n"), RUI, BARE) == "empty"
    assert refused(replying.reply, session, number, Words("x" * 20_001), RUI, BARE) == "long"


def test_words_that_came_meanwhile_stop_a_reply_unless_it_goes_anyway(session, number):
    seen = history_of(session, number)[-1].id
    replying.reply(session, number, Words("eu antes", seen=seen), RUI, BARE)
    bia = Agent(2, "Bia", NOW)
    with pytest.raises(NewerWordsError):
        replying.reply(session, number, Words("eu depois", seen=seen), bia, BARE)
    replying.note(session, number, Words("uma nota nunca", seen=seen), bia)
    replying.reply(session, number, Words("eu depois", seen=seen, anyway=True), bia, BARE)
    assert kinds(session, number).count("comment") == 2


def test_after_24_hours_only_the_ways_that_are_set_up_are_open(session, number):
    late = Agent(1, "Rui", NOW + timedelta(hours=24))
    words = {way: Words("oi", way=way, seen=2**60) for way in ("chat", "template", "mail")}
    for settings, possible in ((BARE, set()), (TEMPLATE, {"template"}), (MAIL, {"mail"})):
        for way, said in words.items():
            if way not in possible:
                assert refused(replying.reply, session, number, said, late, settings) == "window_over"
    assert replying.reply(session, number, words["template"], late, TEMPLATE).tell
    mailed = replying.reply(session, number, words["mail"], late, MAIL)
    assert (mailed.way, mailed.tell) == ("mail", False)
    assert session.scalars(select(OutboxEntry.kind)).all() == ["comment_mail"]


@pytest.mark.parametrize("gone", ["phone", "person", "conversation"])
def test_who_cannot_be_reached_gets_notes_and_nothing_breaks(session, number, gone):
    if gone == "phone":
        session.execute(update(Conversation).values(wa_id="another", bsuid=""))
    if gone == "person":
        session.execute(update(EmployeeRow).where(EmployeeRow.id == "E1001").values(active=False, email=None))
    if gone == "conversation":
        session.execute(update(RequestRow).values(employee_id="E9999", conversation_id=None))
    assert refused(replying.reply, session, number, Words("oi"), RUI, MAIL if gone != "phone" else BARE) == "no_chat"
    assert replying.note(session, number, Words("ligar para ela"), RUI).kind == "note"


def test_the_same_reference_twice_is_one_reply(session, number):
    twice = Agent(1, "Rui", NOW, "s1.abc")
    assert replying.reply(session, number, Words("uma vez"), twice, BARE) is not None
    assert replying.reply(session, number, Words("uma vez"), twice, BARE) is None
    comments = select(RequestEvent.text).where(RequestEvent.kind == "comment")
    assert session.scalars(comments).all() == ["uma vez"]
