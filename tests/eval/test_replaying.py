"""A conversation that took place, made a case of, and played again."""

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from app.db.base import Base
from app.rehearsal import open_stage
from eval.cases.conversation import ConversationCase
from eval.company import Company
from eval.playing import play
from eval.replaying import NoConversationError, write_cases
from eval.running import Plan, run
from eval.strangers import Strangers
from eval.suite import read_suite

LIVED = ConversationCase.model_validate(
    {
        "id": "lived",
        "verified": False,
        "turns": [
            {"say": "oi, sou a Mariana Duarte, a impressora de recife não imprime, abre um chamado"},
            {"email": True},
            {"code": "wrong"},
            {"code": "meu código é {code}"},
            {"tap": "Só comigo"},
            {"burst": ["é urgente", "meu celular é +55 11 99555-0101"]},
            {"tap": "Confirmar"},
            {"agent": {"reply": "Oi Mariana, troquei o toner."}},
            {"wait": "2h"},
            {"say": "obrigada"},
        ],
    }
)


async def test_a_stored_conversation_becomes_a_case_of_nobody_and_plays_as_it_was(settings, small_company, tmp_path):
    lived_in = settings.model_copy(
        update={"data_dir": tmp_path / "stages" / "company", "company": small_company.settings}
    )
    async with open_stage(lived_in, small_company.folder) as stage:
        before = await play(LIVED, stage, small_company, tmp_path / "lived", seed=1)
    assert [row["category"] for row in before.state["requests"]] == ["printing"]
    engine = create_engine(f"sqlite:///{tmp_path / 'lived' / 'recado.db'}")
    with Session(engine) as session:
        file = write_cases(session, ["1"], tmp_path / "out", small_company.settings)
    engine.dispose()
    written = "".join(f.read_text("utf-8") for f in (tmp_path / "out").rglob("*.y*ml"))
    written += (tmp_path / "out" / "company" / "employees.csv").read_text("utf-8")
    for personal in ("Mariana", "Duarte", "mariana.vilela", "99555-0101", "5511995550101"):
        assert personal not in written
    suite = read_suite(file)
    again = Plan((suite,), settings, Company(tmp_path / "out" / "company"), tmp_path / "again")
    [row] = await run(again, (), lambda _: None)
    assert (row.verdict, row.trouble) == ("passed", ""), row.scores


def test_what_is_not_there_cannot_be_replayed(session_of_nobody, tmp_path):
    with pytest.raises(NoConversationError, match="no conversation 99"):
        write_cases(session_of_nobody, ["99"], tmp_path, Company().settings)


@pytest.fixture
def session_of_nobody():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session
    engine.dispose()


def test_the_same_value_becomes_the_same_stranger_every_time():
    strangers = Strangers("pt-BR", "Ana Souza Prado", ["Beto Lima Reis"])
    told = strangers.replaced("Sou a Ana, escreve pra ana.souza@ipe.com ou bia@ipe.com; o Beto Lima Reis sabe")
    assert "Alex" in told
    assert not any(word in told for word in ("Ana", "ana.souza", "bia@", "Beto"))
    again = strangers.replaced("mandei para bia@ipe.com")
    assert again.split()[-1] in told
