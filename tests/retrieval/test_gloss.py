import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.embedder import MiniLM
from retrieval.gloss import english, told
from retrieval.words import words


@pytest.mark.parametrize(
    ("language", "text", "said"),
    [
        ("pt-BR", "Esqueci a senha", "forgot password"),
        ("pt-BR", "Acesso negado ao site", "access denied site"),
        ("pt-BR", "Minha caixa de entrada não sincroniza", "my inbox not sync"),
        ("es", "Olvidé mi contraseña", "forgot my password"),
        ("es", "Error al iniciar sesión sin conexión", "error sign in offline"),
    ],
)
def test_a_text_is_told_in_english_longest_phrases_first(language, text, said):
    assert english(words(text), language).text == said


def test_a_word_that_the_lexicon_does_not_know_is_repaired_first_and_kept_otherwise():
    assert english(["snha", "zebra"], "pt-BR", lambda word: {"snha": "senha"}.get(word, word)) == (
        "password zebra",
        0.5,
    )


def test_english_and_texts_for_other_models_stay_as_they_are():
    assert told("Reset the Password", "en", MiniLM.id) == "Reset the Password"
    assert told("Redefinir a Senha", "pt-BR", "other@host") == "Redefinir a Senha"
    assert told("Redefinir a Senha", "pt-BR", MiniLM.id) == "reset password"


@given(st.text(max_size=200), st.sampled_from(["pt-BR", "es"]))
def test_any_text_has_a_telling(text, language):
    assert 0.0 <= english(words(text), language).share <= 1.0
