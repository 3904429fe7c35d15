"""The texts an employee reads."""

from pathlib import Path

import pytest

from prompts import texts
from prompts.texts import PLACEHOLDER, TextError, load, say, versions

LOCK = Path(texts.__file__).parent / "versions.lock"


def test_all_languages_hold_the_same_keys_and_variables():
    keys = {language: {k: set(PLACEHOLDER.findall(t)) for k, t in ts.by_key.items()} for language, ts in load().items()}

    assert keys["pt-BR"] == keys["es"] == keys["en"]


def test_a_value_with_braces_is_never_expanded_again():
    said = say("en", "last_comment", author="{text}", when="{when}", text="{author} {number}")

    assert "{text} ({when})" in said
    assert "{author} {number}" in said


@pytest.mark.parametrize(("key", "values"), [("no such text", {}), ("glad", {"name": "Ana"}), ("welcome", {})])
def test_a_wrong_key_or_wrong_values_are_an_error(key, values):
    with pytest.raises(TextError):
        say("pt-BR", key, **values)


def test_an_unknown_language_is_told_in_portuguese():
    assert say("fr", "yes") == "Sim"


@pytest.mark.parametrize(
    "page",
    ["version: 1\nvariables: [name]\ntexts: {a: hi}", "version: 1\nvariables: []\ntexts: {a: 'hi {name}'}"],
)
def test_declared_and_used_variables_must_agree(page, tmp_path, monkeypatch):
    (tmp_path / "en.yaml").write_text(page)
    monkeypatch.setattr(texts, "FOLDER", tmp_path)

    with pytest.raises(TextError):
        texts._read("en")


def test_texts_change_only_with_their_version():
    locked = dict(line.split() for line in LOCK.read_text().splitlines())

    for name, version in versions().items():
        number, sha = version.split("+")
        known, known_sha = locked[name].split("+")
        assert sha == known_sha or int(number) > int(known), f"{name} changed: raise its version, then write {version}"
        assert version == locked[name], f"write {name} {version} into {LOCK.name}"


def test_buttons_and_rows_fit_whatsapp():
    for language, held in load().items():
        for key, text in held.by_key.items():
            units = len(text.encode("utf-16-le")) // 2
            limit = 20 if key.startswith("button_") else 72 if key.startswith("row_") else 1024
            assert units <= limit, (language, key, units)
