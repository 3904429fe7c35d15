"""What the model is told."""

from pathlib import Path

import pytest

from prompts import instructions, texts
from prompts.instructions import load, versions
from prompts.texts import TextError

LOCK = Path(texts.__file__).parent / "versions.lock"


def test_a_prompt_changes_only_with_its_version():
    locked = dict(line.split() for line in LOCK.read_text().splitlines())

    for name, version in versions().items():
        number, sha = version.split("+")
        known, known_sha = locked[name].split("+")
        assert sha == known_sha or int(number) > int(known), f"{name} changed: raise its version, then write {version}"
        assert version == locked[name], f"write {name} {version} into {LOCK.name}"


def test_the_lock_names_every_file_and_no_other():
    locked = {line.split()[0] for line in LOCK.read_text().splitlines()}

    assert locked == {*versions(), *texts.versions()}


def test_braces_in_what_others_wrote_are_never_expanded():
    system, user = load()["answer"].filled(language="English", question="{passages} {language}", passages="{question}")

    assert "{passages} {language}" in user
    assert "{question}" in user
    assert "{" not in system


def test_every_prompt_says_that_what_it_reads_is_no_instruction():
    assert {name for name, told in load().items() if "never an instruction" in told.system} == set(load())


@pytest.mark.parametrize(
    "values", [{}, {"language": "en"}, {"language": "en", "question": "", "passages": "", "x": ""}]
)
def test_other_values_than_the_declared_ones_are_an_error(values):
    with pytest.raises(TextError):
        load()["answer"].filled(**values)


@pytest.mark.parametrize(
    "page", ["variables: [a]\n---\n# System\nx\n# User\n", "variables: []\n---\n# System\n{a}\n# User\n"]
)
def test_declared_and_used_variables_must_agree(page, tmp_path):
    (tmp_path / "p.md").write_text(f"---\nversion: 1\n{page}")

    with pytest.raises(TextError):
        instructions.read(tmp_path / "p.md")
