from pathlib import Path

import pytest

from retrieval.articles import ArticleUnreadableError, fingerprint, parse_article, read_folder

GOOD = "---\nid: vpn\ntitle: Conectar na VPN\nlanguage: pt\naudience: it\nkeywords: [rede, 809]\n---\nInstale a VPN.\n"


def test_front_matter_becomes_an_article() -> None:
    article = parse_article("vpn.md", GOOD.encode())
    assert (article.key, article.audience, article.keywords) == ("vpn@pt-BR", ("it",), ("rede", "809"))
    assert article.body == "Instale a VPN."


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"no front matter", "three dashes"),
        (b"---\nid: a\n", "never closed"),
        (b"---\nid: [\n---\ntext", "not valid YAML"),
        (b"---\n- a\n---\ntext", "names and values"),
        (b"---\nid: a\ntitle: b\nlanguage: fr\n---\ntext", "language"),
        (b"---\nid: a\ntitle: b\nlanguage: pt\naudiense: board\n---\ntext", "audiense"),
        (b"---\nid: a b\ntitle: b\nlanguage: pt\n---\ntext", "id"),
        (b"---\nid: a\ntitle: b\nlanguage: pt\nurl: javascript:alert(1)\n---\ntext", "http or https"),
        (b"---\nid: a\ntitle: b\nlanguage: pt\nurl: 'http://['\n---\ntext", "http or https"),
        (b"---\nid: a\ntitle: b\nlanguage: pt\n---\n \n", "no text"),
        (b"---\nid: !!python/object/apply:os.system [true]\n---\ntext", "not valid YAML"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"x" * 1_000_001, "larger"),
        (b"", "three dashes"),
    ],
)
def test_a_bad_file_is_reported_by_name_and_reason(content: bytes, reason: str) -> None:
    with pytest.raises(ArticleUnreadableError, match=reason) as refused:
        parse_article("bad.md", content)
    assert refused.value.name == "bad.md"


def test_a_folder_gives_its_good_files_and_names_the_bad_ones(tmp_path: Path) -> None:
    (tmp_path / "pt").mkdir()
    (tmp_path / "a.md").write_text(GOOD)
    (tmp_path / "pt" / "again.md").write_text(GOOD)
    (tmp_path / "broken.md").write_text("hello")
    (tmp_path / "README.md").write_text("about this folder")
    (tmp_path / ".hidden.md").write_text("draft")
    found = read_folder(tmp_path)
    assert list(found.articles) == ["a.md"]
    reasons = {error.name: error.reason for error in found.failures}
    assert reasons.keys() == {"broken.md", "pt/again.md"}
    assert "taken by a.md" in reasons["pt/again.md"]


def test_every_change_a_reader_could_see_changes_the_fingerprint() -> None:
    article = parse_article("vpn.md", GOOD.encode())
    for change in ({"title": "x"}, {"body": "x"}, {"url": "https://x.example"}, {"audience": ()}, {"keywords": ()}):
        assert fingerprint(article.model_copy(update=change)) != fingerprint(article)
