import random
from collections import Counter

import pytest

from app.masking import HIDDEN, mask, mask_value
from tests.app.personal_data import KINDS, plant

LINES = 5_000  # of the labelled set, all kinds alike
HARMLESS = (
    "request #1042 created", "#104233 is solved", "chamado 1042 reaberto", "INC0010042",
    "turn 7 of conversation 5512 failed", "outbox 1048576: no answer; waiting for its status",
    "took 0.123456 s", "took 123456 us", "12.345678 ms", "p99 216.8 ms of 20000 turns", "2048 chunks in 10.250000 s",
    "2026-11-23 13:00:00.123456", "2026-11-23T13:00:00.123456+00:00", "20261123", "20261123T130000Z", "1795438800",
    "1795438800123", "1795438800.123456", "error code 131047", "131056: pair rate", "(#130429) Rate limit hit",
    "código de erro 131047", "status code 500", "the mail server turned us away with code 535",
    "127.0.0.1:8000", "192.168.0.10:54321", "listening on [::1]:8000", "port 65535",
    "4bf92f3577b34da6a3ce929d0e0e4736", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "f47ac10b-58cc-4372-a567-0e02b2c3d479", "sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "v25.0/106540352242922/messages", "phone_number_id 106540352242922", "SQLite 3.40.1",
    "app/turns.py:150 handle", "kb_pt/0042-vpn.md", "1,048,576 bytes", "2025-2026", "10/12/2026", "2,375 msg/s",
    "c7.12.3", "u_1000", "MIIB", "HTTP 503", "0x7f3a2b1c", "pid 123456", "PR.2", "US.gaap", "R$ 1.234,56", "01310-100",
)  # fmt: skip


def test_of_a_labelled_set_at_least_995_of_1000_are_masked_in_every_kind():
    dice = random.Random(20261124)
    planted, found = Counter[str](), Counter[str]()
    for kind in KINDS:
        for _ in range(LINES // len(KINDS)):
            one = plant(dice, kind)
            planted[kind] += 1
            found[kind] += not one.shows_in(mask(one.line))
    assert {kind: found[kind] / planted[kind] for kind in KINDS if found[kind] < 0.995 * planted[kind]} == {}


@pytest.mark.parametrize("line", HARMLESS)
def test_what_operators_read_stays(line):
    assert mask(line) == line


def test_ticket_numbers_and_durations_are_hardly_ever_taken_for_people():
    dice = random.Random(20261125)
    took = [f"{dice.random() * 10 ** dice.randrange(1, 5):.{dice.randrange(1, 7)}f} ms" for _ in range(5_000)]
    lines = [f"request #{dice.randrange(1, 10**6)} took {duration}" for duration in took]
    assert [line for line in lines if mask(line) != line] == []


def test_the_words_around_stay():
    assert mask("Ana (ana@ipe.example) ligou de +55 11 98765-4321 ontem") == "Ana ([e-mail]) ligou de [phone] ontem"


def test_a_message_id_which_holds_a_number_becomes_a_name_that_stays_the_same():
    first, again, other = (mask(f"sent {w}") for w in ("wamid.HBgNNTUx", "wamid.HBgNNTUx", "wamid.HBgNNTUy"))
    assert first == again != other
    assert "HBgN" not in first


def test_secrets_of_ours_are_masked_too():
    assert "EAAG" not in mask("token EAAGm0PX4ZCpsBAKZCZBqq2ZBZCz4")
    assert "abc.def" not in mask("Authorization: Bearer abc.def")
    assert "hunter2" not in mask("postgresql://recado:hunter2@db/recado")


def test_fields_named_for_a_person_are_hidden_whatever_they_hold():
    assert mask_value({"text": "oi", "wa_id": "1", "seq": 7, "email": ""}) == {
        "text": HIDDEN, "wa_id": HIDDEN, "seq": 7, "email": "",
    }  # fmt: skip


def test_numbers_stay_numbers_unless_they_are_somebodys():
    assert mask_value(1042) == 1042
    assert mask_value(0.5) == 0.5
    assert mask_value(5511987654321) == "[phone]"


def test_a_very_long_text_is_cut_and_masked_in_time_that_grows_with_its_length_only():
    text = mask("1 " * 3_000 + "a" * 1_000_000 + " ana@ipe.example")
    assert len(text) < 10_000
    assert text.endswith("…")
