from collections.abc import Iterator
from pathlib import Path

import pytest

from app.knowledge.trying import LONGEST, Trial, Try, try_out
from graph.context import Company
from graph.language.offline.engine import OfflineEngine
from retrieval.applies import Thresholds
from retrieval.build import build
from retrieval.knowledge import KnowledgeBase
from retrieval.passage import Article
from retrieval.revision import swap

ARTICLES = (
    Article(
        id="senha", language="pt-BR", title="Redefinir a senha", url="https://ajuda.example/senha",
        body="Abra o portal de contas e toque em *Esqueci minha senha*. O código chega por SMS.",
    ),
    Article(id="vpn", language="pt-BR", title="Conectar na VPN", body="Instale o aplicativo e use o crachá virtual."),
    Article(
        id="bonus", language="pt-BR", title="Tabela de bônus dos gestores", audience=("gestores",),
        body="O bônus dos gestores sai em março, conforme a tabela.",
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("kb")
    swap(root, build(ARTICLES, root, None).revision)
    return root


@pytest.fixture
def knowledge(shelf: Path) -> Iterator[KnowledgeBase]:
    base = KnowledgeBase.open(shelf, None)
    yield base
    base.close()


async def tried(knowledge: KnowledgeBase, question: str, *groups: str) -> Trial:
    return await try_out(knowledge, OfflineEngine(), Company(name="Ipê"), Try(question, groups=groups))


async def test_a_manager_reads_what_the_employee_would_read(knowledge: KnowledgeBase):
    trial = await tried(knowledge, "como redefinir a minha senha?")
    (reply,) = trial.replies
    assert "Esqueci minha senha" in reply.body
    assert "https://ajuda.example/senha" in reply.body
    assert [choice.title for choice in reply.choices] == ["Resolveu", "Abrir chamado"]
    assert (trial.language, trial.engine, trial.explanation.retrieval.band) == ("pt-BR", "offline", "answer")
    assert "answered from" in trial.why[0]


async def test_below_the_threshold_titles_are_offered_and_it_says_why(knowledge: KnowledgeBase):
    knowledge.thresholds = Thresholds(answer=1.0, offer=0.1)
    trial = await tried(knowledge, "como redefinir a minha senha?")
    (reply,) = trial.replies
    assert reply.kind == "menu"
    assert "Redefinir a senha" in {choice.title for choice in reply.choices}
    assert trial.engine == ""
    assert "titles are offered" in trial.why[0]


async def test_a_better_article_of_another_group_is_named_to_the_manager_alone(knowledge: KnowledgeBase):
    trial = await tried(knowledge, "tabela de bônus dos gestores")
    assert "1 better article is not open to this group: Tabela de bônus dos gestores (gestores)." in trial.why
    assert not any("Tabela" in reply.model_dump_json() for reply in trial.replies)
    allowed = await tried(knowledge, "tabela de bônus dos gestores", "gestores")
    assert "março" in allowed.replies[0].body
    assert not any("not open" in sentence for sentence in allowed.why)


async def test_how_the_question_was_read_is_told(knowledge: KnowledgeBase):
    why = " ".join((await tried(knowledge, "redefinri a senha do zeppelin")).why)
    assert "“redefinri” as “redefinir”" in why
    assert "No article in pt-BR has “zeppelin”." in why


@pytest.mark.parametrize("question", ["", "  \n", "👍", "x" * (LONGEST * 3), "receita de bolo de cenoura"])
async def test_anything_can_be_tried(knowledge: KnowledgeBase, question: str):
    trial = await tried(knowledge, question)
    assert trial.replies
    assert trial.why
    assert trial.explanation.retrieval.band == "none"
    assert len(trial.question) <= LONGEST
