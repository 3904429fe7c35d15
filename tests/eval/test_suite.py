"""Suite files: what a reader takes, and the sentence for everything it does not."""

import json
from pathlib import Path

import pytest

from eval.suite import SUITES, SuiteError, read_suite, read_suites, schema

HEAD = "suite: made-up\nlayer: {layer}\ncases:\n"
SAYS = '  - {id: says-hello, turns: [{say: "oi"}]}\n'


@pytest.fixture
def write(tmp_path):
    def write(cases: str, layer: str = "conversation", name: str = "made-up.yaml") -> Path:
        file = tmp_path / name
        file.write_text(HEAD.format(layer=layer) + cases, "utf-8")
        return file

    return write


def complaint(file: Path) -> str:
    with pytest.raises(SuiteError) as caught:
        read_suite(file)
    return str(caught.value)


def test_a_good_file_is_read(write):
    suite = read_suite(write(SAYS))
    assert (suite.name, suite.layer, [case.id for case in suite.cases]) == ("made-up", "conversation", ["says-hello"])


@pytest.mark.parametrize(
    ("case", "told"),
    [
        ("{id: a-case, turns: [{say: oi}], expekt: {}}", ["case 1 (a-case): expekt", "Extra inputs"]),
        ("{id: A Case, turns: [{say: oi}]}", ["case 1 (A Case): id", "pattern"]),
        ("{turns: [{say: oi}]}", ["case 1 (without id): id", "Field required"]),
        ("{id: a-case}", ["either turns or a persona"]),
        ("{id: a-case, turns: [{say: oi}], persona: {wants: oi}}", ["either turns or a persona"]),
        ("{id: a-case, turns: [{say: oi, tap: Sim}]}", ["turns.0", "exactly one thing, not say, tap"]),
        ("{id: a-case, turns: [{}]}", ["exactly one thing, not nothing"]),
        ("{id: a-case, turns: [{wait: soon}]}", ["turns.0.wait"]),
        ("{id: a-case, turns: [{tap: Sim, quoting: oi}]}", ["only say, file, react can quote"]),
        ("{id: a-case, turns: [{choose: [{when: oi}]}]}", ["exactly one of say, tap and skip"]),
        ("{id: a-case, turns: [{choose: [{when: oi, say: a, skip: true}]}]}", ["exactly one of say, tap and skip"]),
        ("{id: a-case, turns: [{burst: [oi, {}]}]}", ["exactly one of file and tap"]),
        ('{id: a-case, turns: [{say: oi}], expect: {says: "/(/"}}', ["expect.says", "/(/ is no regular expression"]),
        ('{id: a-case, turns: [{say: oi}], expect: {never: " "}}', ["an empty text is found in everything"]),
        ("{id: a-case, turns: [{say: oi}], expect: {intents: [fly]}}", ["expect.intents.0", "'ask'"]),
        ("{id: a-case, turns: [{say: oi}], now: 2026-11-23T10:00:00}", ["now", "needs a time zone"]),
        ("{id: a-case, turns: [{say: oi}], language: fr}", ["language", "'pt-BR'"]),
        ("{id: a-case, turns: [{say: oi}], expect: {changes: [{request: 2}]}}", ["changes of request 2, and 0 are"]),
        ("{id: a-case, turns: [{say: oi}], reward_basis: [vibes]}", ["reward_basis.0"]),
    ],
)
def test_what_is_wrong_is_told_by_file_case_and_field(write, case, told):
    sentence = complaint(write(f"  - {case}\n"))
    assert "made-up.yaml" in sentence
    assert all(part in sentence for part in told), sentence


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("suite: [oops\n", "line 2: not valid YAML"),
        ("- a list\n", "made-up.yaml: the whole:"),
        ("suite: made-up\nlayer: poetry\ncases: [{id: a}]\n", "layer: Input should be"),
        ("suite: made-up\nlayer: conversation\ncases: []\n", "cases: "),
        ("suite: made-up\nlayer: conversation\nkases: 1\n", "kases: Extra inputs"),
        ("", "made-up.yaml: the whole:"),
        ("suite: !!python/object/apply:os.system [ls]\n", "not valid YAML"),
    ],
)
def test_a_file_that_is_no_suite_is_refused_with_a_reason(tmp_path, text, told):
    file = tmp_path / "made-up.yaml"
    file.write_text(text, "utf-8")
    assert told in complaint(file)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    file = tmp_path / "made-up.yaml"
    file.write_bytes(b"\xff\xfe\x00suite")
    assert "cannot be read" in complaint(file)


def test_a_safety_case_says_what_it_is_an_attack_of(write):
    assert "needs an attack" in complaint(write(SAYS, layer="safety"))


def test_understanding_and_retrieval_cases_are_checked_too(write):
    assert "nothing is expected" in complaint(write("  - {id: a-case, text: oi}\n", layer="understanding"))
    both = "  - {id: a-case, question: oi, relevant: vpn, forbidden: vpn}\n"
    assert "both relevant and forbidden: vpn" in complaint(write(both, layer="retrieval"))


def test_an_id_used_twice_is_told_with_both_places(write, tmp_path):
    write(SAYS, name="one.yaml")
    write(SAYS, name="two.yaml")
    with pytest.raises(SuiteError, match=r"two.yaml: the case id says-hello is also in .*one.yaml"):
        read_suites([tmp_path])


def test_a_long_list_of_complaints_ends_with_how_many_there_are(write):
    many = "".join(f"  - {{id: case-{number}}}\n" for number in range(30))
    with pytest.raises(SuiteError) as caught:
        read_suites([write(many)])
    assert len(str(caught.value).splitlines()) == 21
    assert "and 10 more" in str(caught.value)


def test_nothing_there_is_told(tmp_path):
    with pytest.raises(SuiteError, match="no suite in"):
        read_suites([tmp_path])
    with pytest.raises(SuiteError, match="no such file or folder"):
        read_suites([tmp_path / "nowhere"])


def test_defaults_are_under_every_case_one_level_deep(tmp_path):
    file = tmp_path / "made-up.yaml"
    file.write_text(
        "suite: made-up\nlayer: conversation\ndefaults: {employee: camilo, expect: {says: oi, never: tchau}}\n"
        "cases:\n  - {id: a-case, turns: [{say: oi}], expect: {says: hola}}\n",
        "utf-8",
    )
    [case] = read_suite(file).cases
    assert (case.employee, case.expect.says, case.expect.never) == ("camilo", ("hola",), ("tchau",))


def test_cases_are_chosen_by_tag_and_by_the_beginning_of_their_id(write):
    suite = read_suite(write(SAYS + "  - {id: taps-yes, tags: [taps], turns: [{tap: Sim}]}\n"))
    assert [case.id for case in suite.only(["taps"]).cases] == ["taps-yes"]
    assert [case.id for case in suite.only(["says-"]).cases] == ["says-hello"]
    assert not suite.only(["nothing"]).cases


@pytest.mark.parametrize("layer", ["retrieval", "understanding", "conversation", "safety"])
def test_editors_get_a_schema_of_each_layer(layer):
    told = json.loads(schema(layer))
    assert told["properties"]["layer"] == {"const": layer}
    assert "id" in told["properties"]["cases"]["items"]["required"]


def test_all_that_ships_can_be_read():
    suites = read_suites()
    assert all(suite.file.is_relative_to(SUITES) and suite.about for suite in suites)
