"""A name that the company does not have is found before anything is run."""

from pathlib import Path

import pytest

from eval.cases.conversation import ConversationCase
from eval.cases.retrieval import RetrievalCase
from eval.cases.understanding import UnderstandingCase
from eval.checking import check, complaints
from eval.company import Company
from eval.suite import Suite, SuiteError, read_suites

HARDWARE = {"category": "hardware", "title": "Teclado"}


def talk(**more) -> ConversationCase:
    return ConversationCase.model_validate({"id": "a-case", "turns": [{"say": "oi"}]} | more)


@pytest.fixture(scope="module")
def company() -> Company:
    return Company()


@pytest.mark.parametrize(
    ("case", "told"),
    [
        (talk(employee="marianna"), "marianna is not among the people"),
        (talk(turns=[{"other": "nobody"}]), "nobody is not among the people"),
        (talk(given={"requests": [HARDWARE | {"of": "otavo"}]}), "otavo is not among the people"),
        (talk(given={"requests": [HARDWARE | {"category": "hardwear"}]}), "there is no category hardwear"),
        (talk(given={"requests": [HARDWARE | {"category": "it"}]}), "there is no category it"),
        (talk(given={"requests": [HARDWARE | {"values": {"tag": "IPE-10001"}}]}), "hardware has no field tag"),
        (
            talk(given={"requests": [HARDWARE | {"values": {"asset_tag": "10001"}}]}),
            "'10001' cannot be in the field asset_tag",
        ),
        (talk(given={"outages": ["vpn-natal"]}), "there is no outage vpn-natal: raiz-notas-outubro, vpn-recife"),
        (talk(expect={"followers": "vpn-natal"}), "there is no outage vpn-natal"),
        (talk(expect={"requests": [{"category": "printers"}]}), "there is no category printers"),
        (talk(expect={"requests": [{"category": "printing", "absent": "tonner"}]}), "printing has no field tonner"),
        (
            talk(expect={"requests": [{"category": "printing", "fields": {"location": "natal"}}]}),
            "'natal' cannot be in the field location of printing",
        ),
        (
            talk(expect={"requests": [{"category": "time-off", "fields": {"starts_on": "14/12"}}]}),
            "'14/12' cannot be in the field starts_on",
        ),
        (talk(expect={"requests": [{"category": "printing", "queue": "it-filed"}]}), "there is no queue it-filed"),
        (talk(expect={"answers_from": "vpn-eror"}), "there is no article vpn-eror"),
        (talk(expect={"no_answer_from": "vpn-eror"}), "there is no article vpn-eror"),
        (talk(expect={"calls": "open_request"}), "there is no call open_request: answer_outcome"),
        (RetrievalCase(id="a-case", question="oi", relevant=("vpn-eror",)), "there is no article vpn-eror"),
        (UnderstandingCase(id="a-case", text="oi", category=("printers",)), "there is no category printers"),
        (
            UnderstandingCase(id="a-case", text="oi", category=("printing",), fields={"impact": "us"}),
            "'us' cannot be in the field impact",
        ),
        (
            UnderstandingCase(id="a-case", text="oi", category=("printing",), asked="colour"),
            "printing has no field colour",
        ),
        (UnderstandingCase(id="a-case", text="oi", intent=("ask",), employee="ze"), "ze is not among the people"),
    ],
)
def test_what_is_not_there_is_told(company, case, told):
    assert told in "\n".join(complaints(case, company))


@pytest.mark.parametrize(
    "case",
    [
        talk(employee="lucia", given={"requests": [HARDWARE | {"of": "paula", "values": {"can_work": True}}]}),
        talk(given={"articles": [{"id": "new", "title": "Novo", "body": "x"}]}, expect={"answers_from": "new"}),
        talk(expect={"requests": [{"category": ["printing", "hardware"], "fields": {"asset_tag": "IPE-10001"}}]}),
        talk(expect={"calls": ["create_request", "search"], "no_calls": ["hand_off", "requests_of"]}),
        UnderstandingCase(id="a-case", text="oi", category=("none",)),
    ],
)
def test_what_is_there_is_no_complaint(company, case):
    assert not list(complaints(case, company))


def test_a_run_is_refused_with_file_and_case(company):
    suite = Suite("made-up", "conversation", "", (talk(employee="ze"),), Path("made-up.yaml"))
    with pytest.raises(SuiteError, match=r"made-up.yaml: case a-case: ze is not among the people"):
        check([suite], company)


def test_all_that_ships_is_about_the_company_that_ships(company):
    check(read_suites(), company)


def test_everybody_with_a_phone_can_write(company):
    assert {"mariana", "stranger", "lucia", "marcus", "sergio"} <= set(company.names)
    assert company.person("lucia").wa_id == "5491155500109"
    assert company.email_of("rogerio") == "rogerio.nunes@ipe.example"
