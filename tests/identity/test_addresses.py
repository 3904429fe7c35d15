"""What people type for an address, and what must never become one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.identity.addresses import normalise_email


@pytest.mark.parametrize(
    "typed",
    [
        "ana@x.com", "Ana@X.COM", " ana @ x . com. ", "mailto:Ana@x.com?subject=1", "<ana@x.com>,", '"ana@x.com"',
        "ana\N{ZERO WIDTH SPACE}@x.com", "\N{RIGHT-TO-LEFT OVERRIDE}ana@x.com", "\N{SOFT HYPHEN}ana@x.com",
        "\N{FULLWIDTH LATIN SMALL LETTER A}na\N{FULLWIDTH COMMERCIAL AT}x.com", "*ana@x.com*", "_ana@x.com_",
        "ana@x.com\N{IDEOGRAPHIC FULL STOP}", "ana@x.com\N{NO-BREAK SPACE}!", "(ana@x.com)", "`ana@x.com`",
    ],
)  # fmt: skip
def test_one_address_however_it_is_typed(typed: str) -> None:
    assert normalise_email(typed) == "ana@x.com"


@pytest.mark.parametrize(
    "typed",
    [
        "", "@", "ana", "ana@", "@x.com", "ana@x", "ana@x..com", "a..b@x.com", "ana@1.2.3.4", "ana@-x.com", "a b@x.com",
        "\N{CYRILLIC SMALL LETTER A}na@x.com", "\N{KELVIN SIGN}im@x.com", "\N{LATIN SMALL LIGATURE FI}@x.com",
        "stra\N{LATIN SMALL LETTER SHARP S}e@x.com", "m\N{LATIN SMALL LETTER DOTLESS I}ke@x.com", "\ud800@x.com",
        "ana@x.com\r\nBcc: eve@x.com", "ana@x.com, bob@x.com", "ana'; drop@x.com", "a" * 65 + "@x.com",
        "a@" + "b" * 300,
    ],
)  # fmt: skip
def test_what_is_no_address_or_only_resembles_one(typed: str) -> None:
    assert normalise_email(typed) is None


def test_a_domain_of_look_alikes_is_another_domain() -> None:
    assert normalise_email("ana@\N{CYRILLIC SMALL LETTER A}x.com") != "ana@ax.com"
    assert normalise_email("ana@a\u00e7\u00e3o.com.br") == "ana@xn--ao-siap.com.br"


def test_an_address_that_begins_with_a_sign_keeps_it() -> None:
    assert normalise_email("_ana@x.com") == "_ana@x.com"


@given(st.text())
def test_any_text_gives_an_ascii_address_or_none_and_twice_is_once(text: str) -> None:
    once = normalise_email(text)
    assert once is None or (once.isascii() and normalise_email(once) == once)


@given(st.text(max_size=8), st.text(max_size=8))
def test_noise_around_an_address_never_raises(before: str, after: str) -> None:
    normalise_email(f"{before}@{after}.com")
