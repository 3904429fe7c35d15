import pytest

from retrieval.articles import ArticleUnreadableError
from retrieval.conversion.kinds import SUFFIXES, check_size, recognise
from tests.retrieval.conversion.paper import Print, docx, paragraph, pdf

PDF = pdf([Print("x", 700)])
DOCX = docx(paragraph("x"))
PAGE = b"\xef\xbb\xbf<!-- saved -->\n<!DOCTYPE html><p>x"


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.md", b"# x", "markdown"),
        ("A.MARKDOWN", b"x", "markdown"),
        ("a.txt", b"PK is no archive", "text"),
        ("a.html", PAGE, "html"),
        ("a.htm", b"<p>a piece of a page", "html"),
        ("a.pdf", PDF, "pdf"),
        ("a.pdf", b"\r\nmail header\n" + PDF, "pdf"),
        ("a.docx", DOCX, "docx"),
    ],
)
def test_a_file_is_what_its_name_and_its_first_bytes_agree_on(name, content, kind):
    assert recognise(name, content) == kind


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.md", PDF, "named .md, but it is a PDF"),
        ("a.txt", DOCX, "named .txt, but it is an office file"),
        ("a.md", PAGE, "named .md, but it is a web page"),
        ("a.md", b"\x89PNG\r\n", "a picture"),
        ("a.html", PDF, "a PDF"),
        ("a.pdf", DOCX, "an office file"),
        ("a.pdf", b"hello", "something else"),
        ("a.docx", PDF, "a PDF"),
        ("a.docx", b"hello", "something else"),
        ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old .doc or protected by a password"),
        ("a.exe", b"MZ", ".exe is not taken"),
        ("a", b"x", "without a suffix"),
        ("a.md", b"", "empty"),
    ],
)
def test_a_file_that_lies_about_itself_is_refused_with_what_it_is(name, content, reason):
    with pytest.raises(ArticleUnreadableError, match=reason):
        recognise(name, content)


@pytest.mark.parametrize(("suffix", "largest"), [(".md", 1), (".txt", 1), (".html", 5), (".pdf", 20), (".docx", 20)])
def test_each_kind_has_a_largest_size(suffix, largest):
    check_size(f"a{suffix}", largest * 1_000_000)
    with pytest.raises(ArticleUnreadableError, match=f"larger than {largest} MB"):
        check_size(f"a{suffix}", largest * 1_000_000 + 1)


def test_every_suffix_is_written_as_it_is_compared():
    assert all(suffix == suffix.lower() and suffix.startswith(".") for suffix in SUFFIXES)
