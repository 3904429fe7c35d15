import pytest

from retrieval.articles import ArticleUnreadableError
from retrieval.chunks import split_article
from retrieval.passage import Article
from tests.retrieval.conversion.paper import (
    Print,
    Rule,
    docx,
    heading,
    packed,
    paragraph,
    pdf,
    picture,
    step,
    table,
)  # fmt: skip
from tests.retrieval.conversion.safety import dangers

pytestmark = pytest.mark.asyncio(loop_scope="module")

RELATION = '<Relationship Id="rX" Type="http://x.example/{}" Target="{}" TargetMode="External"/>'
HYPERLINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink"


async def reason(converter, name, content):
    with pytest.raises(ArticleUnreadableError) as refused:
        await converter.convert(name, content)
    assert refused.value.name == name
    return refused.value.reason


async def test_a_word_document_keeps_headings_steps_tables_and_what_pictures_show(converter):
    found = await converter.convert(
        "vpn.docx",
        docx(
            heading(1, "Conectar à VPN"),
            paragraph("Use a conta_da_rede e clique em <Enviar>; *não* é [opcional](javascript:x)."),
            step("Abra o cliente"), step("Digite o código"), step("do e-mail", 1), step("Confirme"),
            heading(2, "Erros"),
            table(("Código", "O que fazer"), ("809", "Reinicie"), ("720 | 721", "Chame o suporte")),
            picture("Botão Conectar em verde"), step("um", numbering=2), step("dois", numbering=2),
            heading(8, "Detalhe"), paragraph("Fim."),
        ),
    )  # fmt: skip
    assert found.title == "Conectar à VPN"
    assert found.language == "pt-BR"
    assert found.body == (
        "# Conectar à VPN\n\nUse a conta_da_rede e clique em \u2039Enviar\u203a; *não* é [opcional] (javascript:x).\n\n"
        "1. Abra o cliente\n2. Digite o código\n   1. do e-mail\n3. Confirme\n\n## Erros\n\n"
        "| Código | O que fazer |\n| --- | --- |\n| 809 | Reinicie |\n| 720 \\| 721 | Chame o suporte |\n\n"
        "Botão Conectar em verde\n\n- um\n- dois\n\n###### Detalhe\n\nFim."
    )


async def test_a_word_document_without_headings_is_called_as_its_properties_say_or_like_its_file(converter):
    for title, expected in (("Férias na empresa", "Férias na empresa"), ("Documento1", "Ferias"), ("", "Ferias")):
        assert (
            await converter.convert("ferias.docx", docx(paragraph("Peça no portal."), title=title))
        ).title == expected


async def test_links_of_a_word_document_stay_and_nothing_else_outside_is_looked_at(converter):
    link = '<w:p><w:hyperlink r:id="rX"><w:r><w:t>o portal</w:t></w:r></w:hyperlink></w:p>'
    relation = f'<Relationship Id="rX" Type="{HYPERLINK}" Target="{{}}" TargetMode="External"/>'
    found = await converter.convert("a.docx", docx(link, relations=relation.format("https://portal.example/a?b=1")))
    assert found.body == "[o portal](https://portal.example/a?b=1)"
    found = await converter.convert("a.docx", docx(link, relations=relation.format("file://server/share/x")))
    assert found.body == "o portal"
    outside = RELATION.format("attachedTemplate", "http://127.0.0.1:9/evil.dotm")
    found = await converter.convert(
        "a.docx", docx(paragraph("Texto"), picture("Logo", 'r:link="rX"'), relations=outside)
    )
    assert found.body.startswith("Texto")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (docx(paragraph("x"), more={"word/vbaProject.bin": b"x"}), "macros"),
        (
            docx(
                paragraph("x"), more={"[Content_Types].xml": b"<T t='application/vnd.ms-word.document.macroEnabled'/>"}
            ),
            "macros",
        ),
        (docx(paragraph("x"), more={"word/media/zeros.bin": b"\0" * 30_000_000}), "may be an attack"),
        (docx(paragraph("x"), more={f"word/media/{n}.png": b"" for n in range(1_001)}), "more than 1,000 parts"),
        (docx(paragraph("&x;"), head='<!DOCTYPE w [<!ENTITY x "y">]>'), "XML entities"),
        (packed({"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<a/>"}), "no Word document"),
        (docx(paragraph("x"))[:-200], "damaged"),
        (docx(paragraph("x")).replace(b"PK\x03\x04", b"PK\x03\x04\x63", 1), "damaged"),
        (docx("<w:p>"), "damaged"),
        (docx(paragraph(" ")), "no text"),
        (docx("<w:tbl><w:tr><w:tc>" * 3_000 + paragraph("x") + "</w:tc></w:tr></w:tbl>" * 3_000), "nested too deeply"),
    ],
    ids=[
        "macros",
        "named without macros",
        "zip bomb",
        "parts",
        "entities",
        "a workbook",
        "cut",
        "bent",
        "broken XML",
        "empty",
        "nested",
    ],
)
async def test_a_word_document_that_harms_or_is_broken_is_refused_by_reason(converter, content, why):
    assert why in await reason(converter, "a.docx", content)


async def test_entities_in_another_encoding_are_seen_too(converter):
    part = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE s [<!ENTITY x "y">]><s>&x;</s>'.encode("utf-16")
    assert "XML entities" in await reason(converter, "a.docx", docx(paragraph("x"), more={"word/footnotes.xml": part}))


def manual(pages: int) -> list[list[Print]]:
    """Each page with a header, a footer with its number, a heading and a step of its own."""
    return [
        [
            Print("Manual da Empresa", 820, 9),
            *([Print("Conectar na VPN de casa", 780, 20)] if number == 1 else []),
            Print(f"Parte {'ABCDEFG'[number]}", 740, 14, bold=True),
            Print("Para acessar a rede da empresa de casa use o cliente de configu-", 720),
            Print(f"ração {'ABCDEFG'[number]} da VPN. Envie-", 706), Print("nos o erro <809> se houver.", 692),
            Print("1. Abra o cliente de rede", 660), Print(f"2. Digite o código {number}0 que", 646),
            Print("recebeu por e-mail", 632),
            Print("• item", 600),
            Print("fim", 100),
            Print(f"Página {number} de {pages}", 30, 9),
        ]
        for number in range(1, pages + 1)
    ]  # fmt: skip


async def test_a_pdf_reads_as_paragraphs_steps_and_headings_without_what_runs_along(converter):
    found = await converter.convert("vpn.pdf", pdf(*manual(4), title="Microsoft Word - vpn.docx"))
    assert (found.title, found.language) == ("Conectar na VPN de casa", "pt-BR")
    assert found.body.startswith(
        "# Conectar na VPN de casa\n\n## Parte B\n\nPara acessar a rede da empresa de casa use o cliente de "
        "configuração B da VPN. Envie-nos o erro <809> se houver.\n\n1. Abra o cliente de rede\n"
        "2. Digite o código 10 que recebeu por e-mail"
    )
    assert "- item" in found.body
    assert "## Parte E" in found.body
    assert "Manual" not in found.body
    assert "Página" not in found.body


async def test_a_pdf_keeps_its_tables(converter):
    rows = [
        ("Código", "Causa", "Remédio"),
        ("809", "Porta", "Reinicie"),
        ("720", "Driver", "Instale"),
        ("651", "Cabo", "Troque"),
    ]
    lines = [
        Print(cell, 700 - 20 * n, x=72 + 150 * column) for n, row in enumerate(rows) for column, cell in enumerate(row)
    ]
    found = await converter.convert("a.pdf", pdf([Print("Erros da VPN", 780, 18), *lines]))
    assert [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in found.body.splitlines()
        if "|" in line and "--" not in line
    ] == [list(row) for row in rows]


async def test_a_pdf_keeps_its_ruled_tables_where_they_stand(converter):
    rules = [Rule(70, y, 320, y) for y in (715, 690, 665)] + [Rule(x, 665, x, 715) for x in (70, 200, 320)]
    words = [
        Print("Prazo | dias", 700),
        Print("Quem responde", 700, x=210),
        Print("Cinco", 675),
        Print("O gestor", 675, x=210),
    ]
    found = await converter.convert("a.pdf", pdf([Print("Antes.", 760), *words, *rules, Print("Depois.", 600)]))
    assert found.body == (
        "Antes.\n\n| Prazo \\| dias | Quem responde |\n| --- | --- |\n| Cinco | O gestor |\n\nDepois."
    )


async def test_columns_of_prose_are_no_table(converter):
    prose = "uma linha de texto corrido com palavras"
    page = [Print(f"{side} {prose}", 700 - 11 * n, 9, x=x) for n in range(5) for side, x in (("A", 50), ("B", 310))]
    found = await converter.convert("a.pdf", pdf(page))
    assert found.body == "\n\n".join(" ".join([f"{side} {prose}"] * 5) for side in "AB")


async def test_a_table_of_contents_is_left_out(converter):
    found = await converter.convert(
        "a.pdf", pdf([Print("Pedir ferias . . . . . . . . . . 3", 700), Print("Texto.", 600)])
    )
    assert found.body == "Texto."


async def test_a_pdf_is_called_as_its_properties_say(converter):
    assert (
        await converter.convert("a.pdf", pdf([Print("texto qualquer", 700)], title="Política de férias"))
    ).title == "Política de férias"
    assert (await converter.convert("a.pdf", pdf([Print("Texto qualquer", 700)]))).title == "Texto qualquer"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (pdf([], []), "text recognition"),
        (pdf([Print("x", 700)], locked=True), "password"),
        (pdf([Print("x", 700)])[:150], "damaged"),
        (b"%PDF-1.7\n" + bytes(range(256)) * 20, "damaged"),
        (pdf(*[[Print("x", 700)]] * 301), "301 pages"),
    ],
    ids=["scan", "locked", "cut", "garbage", "too long"],
)
async def test_a_pdf_that_cannot_be_read_is_refused_by_reason(converter, content, why):
    assert why in await reason(converter, "a.pdf", content)


PAGE = """<!DOCTYPE html><html lang="pt"><head><title>VPN | Portal de TI</title><style>p{}</style>
<script>steal()</script></head>
<body><header><a href="/">Início</a></header><nav><ul><li>Menu</li></ul></nav>
<div class="breadcrumb">Você está aqui</div>
<div id="content"><h1>Conectar na <em>VPN</em></h1><!-- rascunho -->
<p>Baixe o cliente <a href="https://a.example/x_(1)?q=1">aqui</a>,
<a href="javascript:steal()">não aqui</a>.</p><div style="display: none">segredo</div>
<form action="/x"><input value="campo"><p>Texto dentro do formulário.</p><button>Votar</button></form>
<ol><li>Abra</li><li>Entre<ul><li>com senha</li></ul></li></ol>
<table><thead><tr><th>Erro</th><th>Remédio</th></tr></thead>
<tbody><tr><td>809</td><td>Reinicie</td></tr></tbody></table>
<table><tr><td><p>Layout</p></td></tr></table><img src="data:image/png;base64,AAAA" alt="Tela de login">
<img src="https://t.example/p.gif">
<iframe src="https://evil.example">quadro</iframe>
<pre><code class="language-sh">ping &lt;servidor&gt;</code></pre></div>
<aside>Veja também</aside><footer>© Empresa</footer></body></html>"""


async def test_a_web_page_is_its_main_content(converter):
    found = await converter.convert("vpn.html", PAGE.encode())
    assert found.title == "Conectar na VPN"
    assert found.body == (
        "# Conectar na *VPN*\n\nBaixe o cliente [aqui](https://a.example/x_%281%29?q=1),\nnão aqui.\n\n"
        "Texto dentro do formulário.\n\n1. Abra\n2. Entre\n   - com senha\n\n"
        "| Erro | Remédio |\n| --- | --- |\n| 809 | Reinicie |\n\nLayout\n\nTela de login\n\n"
        "```sh\nping <servidor>\n```"
    )
    assert dangers(found.body) == []


async def test_a_page_with_a_main_part_is_that_part_and_its_notes(converter):
    page = "<body><div>fora</div><main><h2>Férias</h2><aside>Nota: 30 dias</aside></main><div>fora</div></body>"
    assert (await converter.convert("a.html", page.encode())).body == "## Férias\n\nNota: 30 dias"


async def test_a_page_is_read_in_the_encoding_it_names_or_is_in(converter):
    page = '<html><head><meta charset="{}"><title>Ação</title></head><body><p>não</p></body></html>'
    for declared, real in (
        ("iso-8859-1", "latin-1"),
        ("utf-8", "cp1252"),
        ("nonsense", "utf-8"),
        ("utf-8", "utf-8-sig"),
    ):
        found = await converter.convert("a.html", page.format(declared).encode(real))
        assert (found.title, found.body) == ("Ação", "não")


@pytest.mark.parametrize("tag", ["ul><li", "blockquote", "b"])
async def test_a_page_nested_two_hundred_levels_deep_is_refused(converter, tag):
    assert "nested too deeply" in await reason(converter, "a.html", f"<{tag}>".encode() * 200 + b"x")


async def test_boxes_in_boxes_are_flattened(converter):
    assert (await converter.convert("a.html", b"<div>" * 250 + b"texto")).body == "texto"
    assert "nested too deeply" in await reason(converter, "a.html", b"<div>" * 5_000 + b"texto")


async def test_a_page_without_words_is_refused(converter):
    assert "no text" in await reason(converter, "a.html", b"<html><body><script>x</script>...</body></html>")


async def test_lists_and_tables_of_a_converted_file_are_not_torn_apart_by_the_chunks(converter):
    filler = paragraph("palavra " * 140)
    rows = tuple((f"Erro {n}", "Reinicie o equipamento") for n in range(20))
    steps = [step(f"Passo de número {n}") for n in range(20)]
    found = await converter.convert(
        "a.docx", docx(heading(1, "T"), filler, *steps, filler, table(("Erro", "Remédio"), *rows))
    )
    texts = [chunk.text for chunk in split_article(Article(id="a", language="pt-BR", title="T", body=found.body))]
    assert any("1. Passo de número 0" in text and "20. Passo de número 19" in text for text in texts)
    assert any("| Erro | Remédio |\n| --- | --- |" in text and "| Erro 19 |" in text for text in texts)
