"""What WhatsApp makes bold is bold on the page, and everything else is text."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.console.whatsapp_text import whatsapp_html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*Ten* en _cuenta_ ~no~", "<strong>Ten</strong> en <em>cuenta</em> <s>no</s>"),
        ("2 * 3 * 4 e a_b_c", "2 * 3 * 4 e a_b_c"),
        ("*_ambos_*", "<strong><em>ambos</em></strong>"),
        ("`*no*`", "<code>*no*</code>"),
        ("https://ipe.example/a_b_c?x=1&y=2", "<u>https://ipe.example/a_b_c?x=1&amp;y=2</u>"),
        ("*<b>&*", "<strong>&lt;b&gt;&amp;</strong>"),
    ],
)
def test_marks_are_drawn(text, html):
    assert whatsapp_html(text) == html


@given(st.text(st.sampled_from("*_~`<>&\"' \nah:/ps"), max_size=60))
def test_no_text_makes_a_tag_of_its_own(text):
    left = re.sub(r"</?(strong|em|s|code|u)>", "", whatsapp_html(text))
    assert "<" not in left
    assert ">" not in left
