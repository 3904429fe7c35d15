"""Gaps: failed questions brought together under an id that lasts, with a state that follows what happens."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db.engine import Database
from app.knowledge import gaps as gaps_module
from app.knowledge.evidence import record_outcome, without_people
from app.knowledge.gap_models import GapQuestion, GapRow
from app.knowledge.gaps import GapError, dismiss, gap_row, gaps, move, refresh, regroup, reopen, trend_of
from app.knowledge.questions import failed_questions
from app.knowledge.sync import sync_folder
from retrieval.clusters import cluster
from retrieval.gist import Said
from retrieval.knowledge import KnowledgeBase
from retrieval.revision import FOLDER
from tests.knowledge.records import asked, conversation
from tests.knowledge.shelves import write
from tools.effects import AnswerOutcome
from tools.service_desk import Employee

NOW = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
TONER = ("acabou o toner da impressora", "impressora sem toner", "como troco o toner da impressora?")
BADGE = ("perdi meu crachá", "crachá perdido, como peço outro crachá?")


def days_ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def group(session: Session, now: datetime = NOW) -> None:
    failed = failed_questions(session, LONG_AGO)
    regroup(session, failed, cluster([Said(q.text, q.language) for q in failed]), now)


def by_word(session: Session, word: str, now: datetime = NOW) -> gaps_module.Gap:
    [found] = [gap for gap in gaps(session, now) if word in gap.name]
    return found


def test_questions_about_one_thing_are_one_gap_with_its_counts(session):
    for days, text in zip((1, 2, 20), TONER, strict=True):
        asked(session, text, at=days_ago(days))
    asked(session, "la impresora no tiene toner", "not_resolved", "request", at=days_ago(3), language="es")
    asked(session, BADGE[0], at=days_ago(1))
    group(session)

    first, second = gaps(session, NOW)
    assert (first.questions, first.people, first.last_7_days, first.last_30_days) == (4, 4, 3, 4)
    assert first.by_kind == {"nothing": 3, "not_helped": 1, "request": 1}
    assert first.by_language == {"es": 1, "pt-BR": 3}
    assert "toner" in first.name
    assert second.examples == (BADGE[0],)


def test_a_question_that_was_resolved_in_the_end_is_none_and_its_outcomes_are_one(session):
    who = conversation(session, NOW)
    asked(session, "vpn caiu", "answered", "not_resolved", "resolved", at=NOW, who=who)
    asked(session, "wifi caiu", "offered", "not_resolved", "request", at=NOW, who=who, reference="r1")

    [question] = failed_questions(session, LONG_AGO)
    assert question.kinds == {"not_helped", "request"}
    assert question.reference == "r1"


def test_a_gap_keeps_its_id_when_more_is_asked(session):
    for text in TONER[:2]:
        asked(session, text, at=days_ago(2))
    asked(session, BADGE[0], at=days_ago(2))
    group(session)
    before = {"toner": by_word(session, "toner").id, "cracha": by_word(session, "crachá").id}

    for text in (*BADGE, "meu crachá sumiu", "crachá perdido"):
        asked(session, text, at=days_ago(1))
    asked(session, TONER[2], at=days_ago(1))
    group(session)

    assert {"toner": by_word(session, "toner").id, "cracha": by_word(session, "crachá").id} == before
    assert by_word(session, "crachá").questions == 5


def test_grouping_again_changes_nothing(session):
    for text in (*TONER, *BADGE):
        asked(session, text, at=days_ago(2))
    group(session)
    before = gaps(session, NOW)
    group(session)

    assert gaps(session, NOW) == before
    assert session.scalar(select(func.count()).select_from(GapRow)) == len(before)


def test_a_published_gap_opens_again_only_when_a_question_fails_afterwards(session):
    asked(session, TONER[0], at=days_ago(5))
    group(session)
    gap = gap_row(session, by_word(session, "toner").id)
    gap.published_at = days_ago(4)
    move(gap, "published", "Kim", days_ago(4))
    group(session)
    assert gap.state == "published"
    asked(session, TONER[1], "request", at=days_ago(3))  # nobody searched for it
    group(session)
    assert gap.state == "published"

    asked(session, TONER[2], at=days_ago(2))
    group(session)

    assert (gap.state, gap.reopened, gap.changed_by) == ("open", 1, "")


def test_a_dismissed_gap_stays_so_with_its_reason_and_so_does_what_splits_from_it(session):
    ids = [asked(session, text, at=days_ago(2)) for text in (*TONER, *BADGE)]
    row = GapRow(name="x", changed_at=NOW, created_at=NOW)
    session.add(row)
    session.flush()
    session.add_all(GapQuestion(record_id=record, gap_id=row.id) for record in ids)
    dismiss(session, row.id, "people must ask for these", by="Kim", now=NOW)
    group(session)

    found = gaps(session, NOW)
    assert len(found) == 2
    assert {(gap.state, gap.reason) for gap in found} == {("dismissed", "people must ask for these")}
    assert gaps(session, NOW, states=("open",)) == []
    reopen(session, row.id, by="Kim", now=NOW)
    assert [gap.id for gap in gaps(session, NOW, states=("open",))] == [row.id]


def test_a_gap_is_dismissed_only_with_a_reason_and_only_when_there_is_one(session):
    asked(session, TONER[0], at=NOW)
    group(session)
    with pytest.raises(GapError, match="Say why"):
        dismiss(session, gaps(session, NOW)[0].id, " ", by="Kim", now=NOW)
    with pytest.raises(GapError, match="no gap 999"):
        dismiss(session, 999, "x", by="Kim", now=NOW)


def test_questions_of_long_ago_are_in_no_list(session):
    asked(session, TONER[0], at=days_ago(45))
    group(session)

    assert gaps(session, NOW) == []
    assert len(gaps(session, NOW, days=60)) == 1


@pytest.mark.parametrize(
    ("days", "trend"),
    [([1, 2], "new"), ([1, 2, 3, 20], "rising"), ([1, 8, 15, 22], "steady"), ([8, 9, 10, 15, 20, 22], "falling")],
)
def test_a_trend_compares_the_last_week_with_those_before(days, trend):
    assert trend_of([days_ago(day) for day in days], NOW) == trend


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Oi, aqui é a Ana Souza do financeiro", "Oi, aqui é a [name] do financeiro"),
        ("sou ana souza, perdi o crachá", "sou [name], perdi o crachá"),
        ("meu e-mail é ana@ipe.example", "meu e-mail é [e-mail]"),
        ("liga pra Souza no 11 98765-4321", "liga pra [name] no [phone]"),
    ],
)
def test_a_question_is_kept_without_personal_data(text, shown):
    assert without_people(text, "Ana Souza") == shown


def test_a_name_that_is_a_word_stays_where_it_is_a_word():
    assert without_people("sem luz no prédio, avise o Luz", "Wesley Luz") == "sem luz no prédio, avise o [name]"


def test_an_outcome_is_recorded_with_groups_language_and_articles(session):
    ana = Employee(id="e1", name="Ana Souza", email="a@ipe.example", groups=("rh",))
    outcome = AnswerOutcome(
        question="Sou a Ana, e o wifi?", key="k", outcome="offered", article_id="a", articles=("a", "b"), groups=("rh",)
    )
    who = conversation(session, NOW)
    record_outcome(session, outcome, conversation_id=who, employee=ana, language="es", now=NOW)
    refused = outcome.model_copy(update={"outcome": "request", "reference": "nowhere"})
    record_outcome(session, refused, conversation_id=who, employee=ana, language="es", now=NOW)
    record_outcome(session, outcome.model_copy(update={"outcome": "not_resolved"}), conversation_id=who, employee=ana,
                   language="es", now=NOW)  # fmt: skip

    [question] = failed_questions(session, LONG_AGO)
    assert (question.text, question.language, question.groups) == ("Sou a [name], e o wifi?", "es", ("rh",))
    assert question.kinds == {"not_helped"}


async def test_what_is_nearest_says_why_nobody_was_helped(database: Database, tmp_path):
    folder = tmp_path / "articles"
    write(folder, "vpn", "Conectar na VPN", "Instale o aplicativo da VPN e entre com o crachá virtual.")
    write(folder, "bonus", "Cálculo do bônus anual", "O bônus anual é calculado sobre a meta.", audience="[rh]")
    await sync_folder(database, folder, tmp_path)
    knowledge = KnowledgeBase.open(tmp_path / FOLDER, None)

    def ask(session: Session) -> None:
        asked(session, "como conectar na vpn?", "not_resolved", at=days_ago(1), article_id="vpn")
        asked(session, "cálculo do bônus anual", at=days_ago(1))
        asked(session, "empilhadeira não carrega a bateria", at=days_ago(1))

    await database.write(ask)
    await refresh(database, knowledge, None, NOW)
    found = await database.read(lambda session: gaps(session, NOW))
    knowledge.close()

    verdicts = {gap.examples[0]: (gap.verdict, gap.article_key) for gap in found}
    assert verdicts["como conectar na vpn?"] == ("unhelpful", "vpn@pt-BR")
    assert verdicts["cálculo do bônus anual"] == ("closed", "bonus@pt-BR")
    assert verdicts["empilhadeira não carrega a bateria"][0] == "missing"
