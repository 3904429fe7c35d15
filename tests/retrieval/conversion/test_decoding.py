import pytest

from retrieval.articles import ArticleUnreadableError
from retrieval.conversion.decoding import decode

TEXT = "Configuração: não há ação sem “você”. ¿Olvidó la contraseña? Haga clic \u2013 así."
PLAIN = "Configuração da rede: não é necessário reiniciar a máquina, mas é bom avisar a recepção."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_what_people_save_is_read(encoding):
    assert decode("a.txt", TEXT.encode(encoding)) == TEXT


@pytest.mark.parametrize("encoding", ["latin-1", "cp850", "mac_roman"])
def test_what_old_systems_saved_is_read(encoding):
    assert decode("a.txt", PLAIN.encode(encoding)) == PLAIN


def test_a_few_words_from_windows_are_read_as_such():
    assert decode("a.txt", "Olá".encode("cp1252")) == "Olá"


def test_line_ends_of_all_systems_become_one():
    assert decode("a.txt", b"a\r\nb\rc\n") == "a\nb\nc\n"


@pytest.mark.parametrize(
    "content", [bytes(range(256)) * 4, b"\x00\x01\x02", b"text\x00text", b"\x01\x02\x03 ok", b"\xff\xfe\x00"]
)
def test_what_is_no_text_is_refused(content):
    with pytest.raises(ArticleUnreadableError, match="this is no text"):
        decode("a.md", content)
