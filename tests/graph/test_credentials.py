"""E-mail addresses and codes as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.credentials import find_code, find_email, mend_email, words_beside


@pytest.mark.parametrize(
    "text",
    [
        "ana.souza@ipe.example", "Ana.Souza@IPE.Example", "é ana.souza @ipe.example.", "ana.souza@ ipe.example",
        "meu e-mail: <ana.souza@ipe.example>, tá?", "ana.souza@ipe.example...", "ana.souza arroba ipe.example",
        "mailto:ana.souza@ipe.example", "ana.souza(at)ipe.example", "\uff41na.souza@ipe.example",
    ],
)  # fmt: skip
def test_an_address_is_found_however_it_is_typed(text):
    assert find_email(text) == "ana.souza@ipe.example"


@pytest.mark.parametrize("text", ["ana", "ana@", "@ipe.example", "ana@ipe", "eu @ você", "a" * 70 + "@" + "b" * 300])
def test_what_is_no_address_is_none(text):
    assert find_email(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        "482913",
        "482 913",
        "4 8 2 9 1 3",
        "o código é 482913.",
        "482-913",
        "".join(chr(0xFF10 + int(d)) for d in "482913"),
        "482\n913",
    ],
)
def test_a_code_is_found_however_it_is_typed(text):
    assert find_code(text) == "482913"


@pytest.mark.parametrize("text", ["48291", "4829134", "o #1042", "11 91234-5678", "a482913@ipe.example", ""])
def test_what_is_no_code_is_none(text):
    assert find_code(text) == ""


def test_words_beside_a_credential_are_counted():
    assert words_beside("ana.souza @ipe.example") == 0
    assert words_beside("482 913") == 0
    assert words_beside("sou ana@ipe.example e a vpn caiu") == 3


@given(st.text())
def test_any_text_is_read_without_an_error(text):
    assert find_email(text) == find_email(text).casefold()
    assert len(find_code(text)) in (0, 6)


@pytest.mark.parametrize(
    ("known", "said", "mended"),
    [
        ("ana@ipe.com", "ops, é .com.br", "ana@ipe.com.br"),
        ("ana@ipe.com.br", "é .com", "ana@ipe.com"),
        ("ana@ipe.exmple", "opa @ipe.example", "ana@ipe.example"),
        ("ana@ipe.com", "não chegou.", ""),
        ("ana@ipe.com", "o curso de programação é feito em .net", ""),
        ("", "é .com", ""),
    ],
)
def test_an_address_is_mended_by_its_ending(known, said, mended):
    assert mend_email(known, said) == mended
