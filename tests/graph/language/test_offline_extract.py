# ruff: noqa: E501 - a sentence reads best on one line
from graph.language.offline.engine import OfflineEngine
from graph.language.offline.whatsapp import to_whatsapp
from graph.language.port import Line
from retrieval.passage import Passage

ENGINE = OfflineEngine()


def passage(
    text: str, *, name: str = "a", title: str = "Impressoras", heading: str = "", language: str = "pt-BR"
) -> Passage:
    return Passage(
        id=f"{name}#0",
        article_id=name,
        language=language,
        title=title,
        heading=heading,
        text=text,
        url="https://kb.example/a",
    )  # type: ignore[arg-type]


STEPS = passage(
    "Quando o papel atola, a luz pisca.\n\n1. Desligue a impressora.\n2. Abra a tampa **traseira**.\n3. Puxe o papel atolado.\n"
)
PROSE = passage(
    "As férias são pedidas no Portal. O pedido precisa de 30 dias de antecedência. O gestor aprova em três dias. "
    "Quem muda de área mantém o saldo. O pagamento cai dois dias antes.",
    name="b",
    title="Férias",
)


async def test_a_list_is_sent_whole_in_whatsapp_marks() -> None:
    answer = await ENGINE.answer("o papel atolou na impressora", (PROSE, STEPS), "pt-BR")
    assert answer.verdict == "answered"
    assert "1. Desligue a impressora." in answer.text
    assert "*traseira*" in answer.text
    assert "3. Puxe" in answer.text


async def test_prose_gives_the_best_sentence_and_its_neighbours() -> None:
    answer = await ENGINE.answer("quem aprova as férias, o gestor?", (PROSE,), "pt-BR")
    assert "O gestor aprova em três dias." in answer.text
    assert "O pagamento cai" not in answer.text


async def test_a_quote_stands_word_for_word_in_its_passage() -> None:
    answer = await ENGINE.answer("papel atolado", (STEPS, PROSE), "pt-BR")
    assert [quote.passage_id for quote in answer.quotes] == ["a#0"]
    assert all(quote.text in STEPS.text for quote in answer.quotes)


async def test_a_typo_still_finds_its_sentence() -> None:
    answer = await ENGINE.answer("qual a antecedencai do pedido de feiras", (STEPS, PROSE), "pt-BR")
    assert answer.quotes[0].passage_id == "b#0"


async def test_strangers_are_not_answered() -> None:
    assert (await ENGINE.answer("quantos elefantes voam na lua?", (STEPS, PROSE), "pt-BR")).verdict == "not_in_sources"
    assert (await ENGINE.answer("qualquer coisa", (), "en")).verdict == "not_in_sources"


async def test_an_article_in_another_language_is_given_as_it_is() -> None:
    answer = await ENGINE.answer("the paper is stuck", (STEPS,), "en")
    assert answer.verdict == "answered"
    assert "papel" in answer.text


async def test_a_long_article_gives_its_first_steps() -> None:
    steps = passage(
        "\n".join(f"{n}. Passo do papel número {n} com bastante texto para encher a tela." for n in range(1, 40))
    )
    answer = await ENGINE.answer("passo do papel", (steps,), "pt-BR")
    assert len(answer.text) <= 900
    assert answer.text.startswith("1. Passo")


def test_markdown_becomes_whatsapp() -> None:
    markdown = "## Passos\n\n![tela](a.png)\n* abra o [portal](https://x.example/p)\n| A | B |\n|---|---|\n| 1 | 2 |\n**Fim** e *logo*"
    assert to_whatsapp(markdown) == ("*Passos*\n\n- abra o portal (https://x.example/p)\nA · B\n1 · 2\n*Fim* e _logo_")


async def test_a_title_is_the_problem_without_the_greeting() -> None:
    lines = (
        Line(by="employee", text="oi, bom dia! minha impressora não imprime. já reiniciei"),
        Line(by="bot", text="Tente outra vez."),
        Line(by="employee", text="não resolveu, abre um chamado"),
    )
    assert await ENGINE.summarise(lines, "pt-BR", limit=80) == "Minha impressora não imprime"


async def test_a_hand_off_note_holds_what_was_said_and_not_what_the_bot_said() -> None:
    lines = (
        Line(by="employee", text="a vpn caiu"),
        Line(by="bot", text="Reconecte."),
        Line(by="employee", text="deu erro 809"),
        Line(by="employee", text="atendente"),
    )
    assert await ENGINE.summarise(lines, "pt-BR", limit=500) == "- a vpn caiu\n- deu erro 809"


BADGE = passage(
    "Perdeu o crachá? Bloqueie já em https://portal.example/cracha e peça outro.\n\n## Segunda via\n1. Abra o portal.\n2. Confirme a unidade.\n\n"
    "## A catraca não abre\n1. Encoste por 2 segundos.\n2. Luz vermelha: vá à portaria.\n\n## Se não funcionar\n- O crachá não lê: ligue 4000.\n",
    name="badge",
    title="Crachá: perdi ou não abre a catraca",
)


async def test_the_section_that_the_question_names_is_sent_alone() -> None:
    answer = await ENGINE.answer("meu crachá não abre a porta", (BADGE,), "pt-BR")
    assert answer.text.startswith("*A catraca não abre*")
    assert "Segunda via" not in answer.text


async def test_a_general_question_gets_the_beginning_and_the_steps() -> None:
    answer = await ENGINE.answer("perdi meu crachá", (BADGE,), "pt-BR")
    assert answer.text.startswith("Perdeu o crachá? Bloqueie já em https://portal.example/cracha e peça outro.")
    assert "2. Confirme a unidade." in answer.text
    assert "catraca" not in answer.text


async def test_the_article_that_retrieval_puts_first_is_answered_from() -> None:
    first, second = BADGE.model_copy(update={"score": 1.0}), STEPS.model_copy(update={"score": 0.4})
    answer = await ENGINE.answer("perdi o crachá, o papel atolou", (first, second), "pt-BR")
    assert answer.quotes[0].passage_id == "badge#0"


async def test_where_to_see_something_is_told_before_what_may_be_wrong_with_it() -> None:
    title, article = "Where to find my payslip", "payslip"
    wrong = "- A payslip of zero: see whether that month is closed yet.\n- A wrong amount: open a request."
    where = "Your payslip is in **Portal** from the 25th.\n\n## Step by step\n1. Open Payslips.\n2. Choose the month."
    passages = tuple(
        Passage(
            id=f"p{n}", article_id=article, title=title, heading=heading, text=text, language="en", url="", score=0.9
        )
        for n, (heading, text) in enumerate([("If it does not work", wrong), ("", where)])
    )
    answer = await ENGINE.answer("where do I see my payslip?", passages, "en")

    assert answer.text.startswith("Your payslip is in *Portal*")
