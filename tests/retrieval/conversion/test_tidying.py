from hypothesis import given
from hypothesis import strategies as st

from retrieval.conversion.tidying import disarm, has_words, tidy, title_from
from tests.retrieval.conversion.safety import dangers


def test_what_nobody_sees_is_not_there():
    assert tidy("se\u200bnha\u202e \u2066x\ufeff\u00ad\x07 a\u00a0b\u2028c  \r\n\n\n\nd") == "senha x a b\nc\n\nd"


def test_an_accent_written_in_two_characters_becomes_one():
    assert tidy("ac\u0327a\u0303o") == "ação"


def test_a_name_in_angle_brackets_stays_readable():
    assert disarm("Clique em <Enviar>, 3 < 4, veja <https://a.example/x>") == (
        "Clique em \u2039Enviar\u203a, 3 < 4, veja https://a.example/x"
    )


def test_a_file_without_a_title_is_called_by_its_name():
    assert title_from("rede/conectar-na_vpn.txt") == "Conectar na vpn"


def test_signs_alone_are_no_words():
    assert not has_words("--- | *** \u2026")
    assert has_words("é")


@given(
    st.lists(
        st.sampled_from(
            ["<b", ">", "<!--", "[a]", "(javascript:x)", "](", "]:", "![", "\\", "`", "a", "\n", "  ", "|", "<?"]
        )
    )
)
def test_disarmed_prose_holds_nothing_that_acts(parts):
    assert dangers(tidy(disarm("".join(parts)))) == []
