import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from retrieval.conversion.markup import first_heading, make_harmless, settle, settle_headings
from retrieval.conversion.page import read_fragment
from retrieval.conversion.refusal import RefusedError
from retrieval.conversion.tidying import tidy
from tests.retrieval.conversion.safety import dangers

CLEAN = (
    "# VPN\n\nVeja [aqui](https://a.example) ou `<b>`.\n\n| a | b |\n|:--|--:|\n| 1 | 2 |\n\n"
    "*  um\n\n```html\n<b>\n```\n"
)


def test_markdown_without_danger_is_not_touched():
    assert make_harmless(CLEAN) == CLEAN


def test_html_in_markdown_becomes_markdown():
    text = (
        "Clique <b>aqui</b><br>agora <!-- not yet --> <span onclick='x()'>ou depois</span>\n\n"
        "<script>x()</script>\n\n1. um\n2. dois"
    )
    assert make_harmless(text) == "Clique **aqui**\nagora ou depois\n\n1. um\n2. dois"


def test_the_name_of_a_button_is_no_tag():
    assert make_harmless("Clique em <Enviar> e <b>espere</b>\n\n<Ok>\n") == (
        "Clique em \u2039Enviar\u203a e **espere**\n\n\u2039Ok\u203a"
    )


@pytest.mark.parametrize(
    "link",
    ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "../segredo.md", "#parte", "//a.example",
     "vbscript:x",
     "JaVaScRiPt:x", "java&#115;cript:x", "&#x6A;avascript:x", "<javascript:x>", "https:", "\\javascript:x"],
)  # fmt: skip
def test_a_link_to_nowhere_safe_is_its_words(link):
    assert make_harmless(f"Veja [o manual]({link}) hoje") == "Veja o manual hoje"


def test_a_reference_is_weighed_like_any_link():
    assert make_harmless("Veja [a] e [b]\n\n[a]: javascript:x\n[b]: https://b.example/x") == (
        "Veja a e [b](https://b.example/x)"
    )


def test_a_picture_is_the_words_that_describe_it():
    assert make_harmless("Clique ![no botão verde](https://a.example/i.png) e ![IMG_01.png](i.png) pronto") == (
        "Clique no botão verde e pronto"
    )


def test_code_and_tables_survive_being_read_again():
    text = (
        "<b>x</b>\n\n```python\nif a < b:\n    print('<b>')\n```\n\n"
        "| a | b |\n| --- | --- |\n| 1 \\| 2 | `c` |\n\n- um\n  1. dois\n- três"
    )
    assert make_harmless(text) == text.replace("<b>x</b>", "**x**", 1)


def test_underlined_headings_are_written_with_hashes():
    assert settle_headings("VPN\n===\n\nRede\n---\n\n- a\n---\n\n```\nx\n===\n```") == (
        "# VPN\n\n## Rede\n\n- a\n---\n\n```\nx\n===\n```"
    )


def test_headings_below_the_sixth_level_are_of_the_sixth():
    assert settle_headings("######### fundo\n####### a #") == "###### fundo\n###### a #"


def test_a_tree_of_two_hundred_levels_of_headings_is_refused():
    with pytest.raises(RefusedError, match="nested too deeply"):
        settle_headings("\n\n".join(f"{'#' * level} nível {level}" for level in range(1, 201)))


def test_a_heading_of_a_page_is_a_paragraph():
    assert settle_headings("# " + "#" * 2_000 + "x").startswith("\\# ##")


def test_the_first_heading_is_the_first_outside_code():
    assert first_heading("```\n# no\n```\n\nx\n\n## A **VPN** ##\n\n# B") == "A VPN"
    assert not first_heading("nothing")


ATTACKS = [
    "\u200b", "&#x200b;", "&#8203;", "####### ", "\n===\n", "\u1fef", "<b>", "</b>", "<script>", "</script>",
    "<pre>", "</pre>", "<code>", "</code>", "<td>", "<table>", "<tr>", "<ul><li>", "<i></i>", "&lt;", "&gt;",
    "&amp;lt;", "&#60;", "<!--", "-->", "<![CDATA[", "]]>", "[", "]", "](", "(", ")", "javascript:a",
    "]: javascript:a", "https://a.example", "<a href='javascript:a'>", '<a href="https://x.example/)<b>">',
    "</a>", "<img alt='](x)' src=x>", "![", "`", "```", "~~~", "\\", "\n", "    ", "> ", "- ", "# ", "a", "\u202e",
    "\u0000", "|", "<h1>", "<svg onload=x>", "<enviar>",
]  # fmt: skip
attacks = st.lists(st.sampled_from(ATTACKS), max_size=30).map("".join)


@given(attacks)
@example("<pre>```\n&lt;script&gt;</pre>")
@example("[x]<i></i>(javascript:a)")
@example("&lt;&#x200b;script&gt; [x]&#x200b;(javascript:a)")
@example("&lt;<i></i>script&gt;")
def test_no_page_becomes_markdown_that_acts(html):
    assert dangers(settle(read_fragment(html))) == []


@given(attacks)
def test_no_markdown_keeps_what_acts(markdown):
    assert dangers(make_harmless(settle_headings(tidy(markdown)))) == []
