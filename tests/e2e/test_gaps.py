"""From a question that nobody could answer to the article that answers it."""

from sqlalchemy import select

from app.db.models import AnswerRecord
from app.desk.agents import agent_comment, set_status
from app.knowledge import gaps
from app.knowledge.drafts import Edit, edit_draft, write_draft
from app.knowledge.publishing import Place, proofs_of, publish
from retrieval.knowledge import KnowledgeBase
from retrieval.revision import FOLDER

ASKED = "A empilhadeira elétrica não carrega a bateria de lítio, luz vermelha no carregador"
ASKED_AGAIN = "carregador da empilhadeira com luz vermelha, bateria nao carrega"


async def ask_and_open_a_request(town, who: str) -> str:
    """Go from the question to a request; returns its number."""
    await town.hear(who, said=ASKED)
    reply = await town.hear(who, tapped="Abrir chamado")
    for _ in range(12):
        titles = town.titles(who)
        if "Confirmar" in titles:
            reply = await town.hear(who, tapped="Confirmar")
            break
        reply = await (town.hear(who, tapped=titles[0]) if titles else town.hear(who, said="IPE-40231"))
    return reply.partition("#")[2][:4]


async def test_a_question_nobody_could_answer_becomes_an_article_that_answers_it(town):
    database, clock = town.house.database, town.house.clock
    who = await town.employee("wesley.luz@ipe.example")
    number = await ask_and_open_a_request(town, who)
    assert number.isdigit()
    records = await database.read(lambda s: list(s.scalars(select(AnswerRecord).order_by(AnswerRecord.id))))
    assert [record.outcome for record in records] == ["nothing", "request"]
    assert len({record.key for record in records}) == 1
    assert {record.language for record in records} == {"pt-BR"}

    told = (
        "Oi Wesley, tudo bem?\n1. Desligue a empilhadeira na chave geral.\n"
        "2. Limpe os contatos do carregador com um pano seco.\n"
        "3. Segure o botão RESET do carregador por 10 segundos até a luz vermelha apagar.\n"
        "Qualquer dúvida, ramal 4431.\nAbraço, Marina"
    )
    await database.write(
        lambda s: agent_comment(s, number, told, author="Marina Prado", public=True, now=clock(), reference=None)
    )
    await database.write(lambda s: set_status(s, number, "solved", author="Marina Prado", now=clock()))

    knowledge = KnowledgeBase.open(town.house.data_dir / FOLDER, None, strict=False)
    await gaps.refresh(database, knowledge, None, clock())
    [gap] = await database.read(lambda s: gaps.gaps(s, clock()))
    assert (gap.state, gap.verdict) == ("open", "missing")
    assert gap.by_kind == {"nothing": 1, "not_helped": 0, "request": 1}
    assert "empilhadeira" in gap.name

    draft = await write_draft(database, gap.id, by="Kim", now=clock())
    assert "3. Segure o botão RESET do carregador por 10 segundos" in draft.body
    assert not any(word in draft.body for word in ("Wesley", "Marina", "Abraço", "tudo bem", "4431"))
    assert draft.requests == (number,)
    edit = Edit(title="Empilhadeira não carrega: luz vermelha no carregador", body=draft.body, owner="Frota")
    await database.write(lambda s: edit_draft(s, gap.id, "pt-BR", edit, by="Kim", now=clock()))

    place = Place(town.house.data_dir)
    [proof] = await publish(database, knowledge, place, gap.id, ["pt-BR"], by="Kim", now=clock())
    assert (proof.before, proof.after, proof.after_article) == ("none", "answer", draft.article_id)
    assert await database.read(lambda s: proofs_of(s, gap.id)) == [proof]
    knowledge.close()

    other = await town.employee("jussara.pontes@ipe.example")
    assert "Segure o botão RESET" in await town.hear(other, said=ASKED_AGAIN)
