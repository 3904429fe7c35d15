"""From a gap to an article: what agents wrote becomes an outline, a person's text, an article, and a proof."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from app.db.engine import Database
from app.knowledge.articles import all_articles
from app.knowledge.consistency import inconsistencies
from app.knowledge.drafts import Edit, discard_draft, drafts_of, edit_draft, write_draft
from app.knowledge.gaps import GapError, gap_row, gaps, regroup
from app.knowledge.outline import PENDING
from app.knowledge.publishing import Place, proofs_of, publish
from app.knowledge.questions import failed_questions
from app.knowledge.solutions import solutions, useful
from app.knowledge.sync import sync_folder
from graph.language.llm.asking import Completion, Question
from graph.language.llm.errors import UnavailableError
from retrieval.clusters import Cluster
from retrieval.knowledge import KnowledgeBase
from retrieval.revision import FOLDER
from tests.knowledge.records import asked, solved
from tests.knowledge.shelves import write

NOW = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
EARLIER = NOW - timedelta(days=2)
ONE = """Oi Ana, tudo bem? Vou verificar.
1. Abra a tampa lateral da impressora.
2. Retire o toner vazio e agite o novo 5 vezes.
3. Feche a tampa e aguarde 30 segundos.
Qualquer dúvida me avise. Abraço, Marina"""
OTHER = "Ana, retire o toner vazio e agite o novo 5 vezes. Peça outro em https://compras.ipe.example/toner no portal."
SPANISH = "Hola, abra la tapa lateral y cambie el tóner. Saludos"


def one_gap(session: Session) -> int:
    """A gap of four questions, two of which agents solved in Portuguese and one in Spanish."""
    asked(session, "Oi, acabou o toner da impressora", "nothing", "request", at=EARLIER, reference="r1")
    asked(session, "como troco o toner?", "not_resolved", "request", at=EARLIER, reference="r2")
    asked(session, "se acabó el tóner", "nothing", "request", at=EARLIER, language="es", reference="r3")
    asked(session, "impressora pede toner", at=EARLIER)
    solved(session, 1001, "r1", ONE, at=EARLIER)
    solved(session, 1002, "r2", OTHER, at=EARLIER)
    solved(session, 1003, "r3", SPANISH, at=EARLIER, language="es")
    failed = failed_questions(session, EARLIER)
    regroup(session, failed, [Cluster(tuple(range(len(failed))), ("toner", "impressora"))], NOW)
    return gaps(session, NOW)[0].id


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Oi Ana, abra o portal e clique em Senha.", ["Abra o portal e clique em Senha."]),
        ("Bom dia! Estou verificando. Conseguiu?", []),
        ("1) Abra o menu\n- Clique em Sair", ["Abra o menu", "Clique em Sair"]),
        ("Hi John, restart the VPN client. Let me know!", ["Restart the VPN client."]),
        ("Reinicie o equipo. Cualquier duda me avisa. Saludos", ["Reinicie o equipo."]),
        ("", []),
        ("ok", []),
    ],
)
def test_only_sentences_that_say_what_to_do_are_useful(text, kept):
    assert [sentence for sentence, _ in useful(text)] == kept


def test_only_public_comments_of_solved_requests_count_and_name_nobody(session):
    solved(session, 1001, "r1", "Fale com a Ana Souza. Abra o portal e peça em ana@ipe.example.", at=EARLIER)
    solved(session, 1002, "r2", "Ainda sem resposta do fornecedor.", at=EARLIER, status="open")

    [solution] = solutions(session, ["r1", "r2", "r9"])

    assert solution.number == "1001"
    assert "Fale com a [name]." in solution.sentences
    assert "Abra o portal e peça em [e-mail]." in solution.sentences


async def test_an_outline_has_the_askers_words_and_the_agents_steps(database: Database):
    gap = await database.write(one_gap)
    draft = await write_draft(database, gap, by="Kim", now=NOW)

    assert draft.language == "pt-BR"
    assert draft.title == "Acabou o toner da impressora"
    assert "1. Abra a tampa lateral da impressora." in draft.body
    assert "2. Retire o toner vazio e agite o novo 5 vezes." in draft.body
    assert "- Peça outro em https://compras.ipe.example/toner no portal." in draft.body
    assert draft.body.count("agite o novo") == 1
    assert "Ana" not in draft.body
    assert "Marina" not in draft.body
    assert "toner" in draft.keywords
    assert set(draft.requests) == {"1001", "1002"}
    assert any("#1003 (es)" in point for point in draft.open_points)
    assert (await database.read(lambda s: gaps(s, NOW)))[0].state == "draft"


async def test_a_gap_in_another_language_has_a_draft_of_its_own(database: Database):
    gap = await database.write(one_gap)
    first = await write_draft(database, gap, by="Kim", now=NOW)
    draft = await write_draft(database, gap, by="Kim", now=NOW, language="es")

    assert "1. Abra la tapa lateral y cambie el tóner." in draft.body
    assert draft.article_id == first.article_id
    assert [one.language for one in await database.read(lambda s: drafts_of(s, gap))] == ["es", "pt-BR"]


async def test_without_a_solution_the_steps_wait_for_a_person_and_nothing_is_published(database: Database, tmp_path):
    def alone(session: Session) -> int:
        asked(session, "onde fica o extintor?", at=EARLIER)
        failed = failed_questions(session, EARLIER)
        regroup(session, failed, [Cluster((0,), ("extintor",))], NOW)
        return gaps(session, NOW)[0].id

    gap = await database.write(alone)
    draft = await write_draft(database, gap, by="Kim", now=NOW)
    assert PENDING in draft.body
    assert "steps are missing" in draft.open_points[0]
    knowledge = KnowledgeBase.open(tmp_path / FOLDER, None)
    with pytest.raises(GapError, match="write them or take them out"):
        await publish(database, knowledge, Place(tmp_path), gap, ["pt-BR"], by="Kim", now=NOW)
    assert await database.read(all_articles) == []


async def test_requests_that_only_some_may_open_make_an_article_for_those(database: Database):
    def restricted(session: Session) -> int:
        asked(session, "como lanço a folha?", "request", at=EARLIER, reference="r1")
        solved(session, 1001, "r1", "Abra o módulo da folha e clique em Lançar.", at=EARLIER, groups=("rh",))
        regroup(session, failed_questions(session, EARLIER), [Cluster((0,), ("folha",))], NOW)
        return gaps(session, NOW)[0].id

    gap = await database.write(restricted)

    assert (await write_draft(database, gap, by="Kim", now=NOW)).audience == ("rh",)


async def test_what_a_person_edited_is_not_written_over(database: Database):
    gap = await database.write(one_gap)
    await write_draft(database, gap, by="Kim", now=NOW)
    edit = Edit("Trocar o toner", "Troque.")
    await database.write(lambda s: edit_draft(s, gap, "pt-BR", edit, by="Lia", now=NOW))

    with pytest.raises(GapError, match="Lia has edited"):
        await write_draft(database, gap, by="Kim", now=NOW)
    await database.write(lambda s: discard_draft(s, gap, "pt-BR", by="Kim", now=NOW))
    assert (await database.read(lambda s: gaps(s, NOW)))[0].state == "open"
    with pytest.raises(GapError, match="no draft in pt-BR"):
        await database.write(lambda s: edit_draft(s, gap, "pt-BR", edit, by="Lia", now=NOW))


async def test_publishing_answers_the_questions_and_proves_it(database: Database, tmp_path):
    folder = tmp_path / "articles"
    write(folder, "ferias", "Pedir férias", "Peça no portal com 45 dias de antecedência.")
    await sync_folder(database, folder, tmp_path)
    gap = await database.write(one_gap)
    draft = await write_draft(database, gap, by="Kim", now=NOW)
    knowledge = KnowledgeBase.open(tmp_path / FOLDER, None)

    proofs = await publish(database, knowledge, Place(tmp_path), gap, ["pt-BR"], by="Kim", now=NOW)
    knowledge.close()

    by_text = {proof.question: proof for proof in proofs}
    assert by_text["como troco o toner?"].before != "answer"
    assert by_text["como troco o toner?"].after == "answer"
    assert by_text["como troco o toner?"].after_article == draft.article_id
    assert list(proofs) == await database.read(lambda s: proofs_of(s, gap))
    row = await database.read(lambda s: gap_row(s, gap))
    assert (row.state, row.changed_by, row.published_at) == ("published", "Kim", NOW)
    await sync_folder(database, folder, tmp_path)  # what was written here is no file's
    assert draft.article_id in {article.id for article in await database.read(all_articles)}
    assert await inconsistencies(database, tmp_path) == []


class Model:
    """A model that says what it was told to."""

    model, provider = "paper", "desk"

    def __init__(self, said: dict[str, object] | None) -> None:
        self.said, self.asked = said, ""

    async def ask(self, question: Question, *, seconds: float) -> Completion:
        self.asked = question.user
        if self.said is None:
            raise UnavailableError("unreachable")
        return Completion(text=json.dumps(self.said))


STEP = {
    "text": "Retire o toner vazio e agite o novo 5 vezes.",
    "source": "S1",
    "quote": "Retire o toner vazio e agite o novo 5 vezes.",
}


async def test_a_models_steps_stand_only_as_far_as_a_comment_shows_them(database: Database):
    gap = await database.write(one_gap)
    invented = STEP | {"text": "Ligue para 0800 123 4567 e peça em https://evil.example/x."}
    unquoted = STEP | {"quote": "isto ninguém escreveu em lugar nenhum"}
    model = Model({"title": "Como trocar o toner?", "steps": [STEP | {"source": "S2"}, invented, unquoted],
                   "open_points": ["Vale para todas as impressoras?"]})  # fmt: skip

    draft = await write_draft(database, gap, by="Kim", now=NOW, asker=model)

    assert "1. Retire o toner vazio e agite o novo 5 vezes." in draft.body
    assert "0800" not in draft.body
    assert "evil.example" not in draft.body
    assert draft.made_by.startswith("paper article@")
    assert "2 steps of the model stood in no comment and were left out." in draft.open_points
    assert "Vale para todas as impressoras?" in draft.open_points
    assert "Ana" not in model.asked
    assert "Marina" not in model.asked


@pytest.mark.parametrize("said", [None, {"nonsense": 1}, {"title": "x", "steps": [], "open_points": []}])
async def test_a_model_that_fails_leaves_the_outline(database: Database, said):
    gap = await database.write(one_gap)
    draft = await write_draft(database, gap, by="Kim", now=NOW, asker=Model(said))

    assert draft.made_by == "outline"
    assert "1. Abra a tampa lateral da impressora." in draft.body
