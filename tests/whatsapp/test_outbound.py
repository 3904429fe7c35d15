"""Replies become messages that Meta will take: nothing too long, nothing twice, nothing empty."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.whatsapp.errors import RefusedError
from app.whatsapp.limits import units
from app.whatsapp.outbound import media, reaction, render, template
from graph.messages import Buttons, Choice, Link, Menu, Text

YES = Choice(id="yes", title="Sim")


def bodies(messages):
    return [message.get("text", {}).get("body") or message["interactive"]["body"]["text"] for message in messages]


def test_a_text_is_one_message_that_quotes_what_it_answers():
    assert render(Text(body="Oi, Ana!", quote="wamid.Q")) == (
        {
            "type": "text",
            "text": {"body": "Oi, Ana!", "preview_url": False},
            "context": {"message_id": "wamid.Q"},
        },
    )


def test_a_long_text_is_several_and_only_the_first_quotes():
    parts = render(Text(body=("a" * 3000 + "\n\n") * 3, quote="wamid.Q"))
    assert [len(body) for body in bodies(parts)] == [3000] * 3
    assert ["context" in part for part in parts] == [True, False, False]


def test_buttons_look_as_meta_wants_them():
    (message,) = render(Buttons(body="Resolveu?", choices=(YES, Choice(id="no", title="Não")), footer="Recado"))
    assert message == {
        "type": "interactive",
        "interactive": {
            "type": "button",
            "body": {"text": "Resolveu?"},
            "action": {
                "buttons": [
                    {"type": "reply", "reply": {"id": "yes", "title": "Sim"}},
                    {"type": "reply", "reply": {"id": "no", "title": "Não"}},
                ]
            },
            "footer": {"text": "Recado"},
        },
    }


def test_words_that_do_not_fit_go_ahead_of_the_buttons():
    messages = render(Buttons(body=("palavra " * 90 + ".\n\n") * 4, choices=(YES,)))
    assert [message["type"] for message in messages] == ["text", "interactive"]
    assert units(bodies(messages)[-1]) <= 1024
    assert "".join("".join(bodies(messages)).split()) == ("palavra" * 90 + ".") * 4


def test_a_menu_has_rows_and_a_cut_title_is_told_whole_below():
    long = "Impressora da recepção não imprime colorido"
    rows = (Choice(id="1", title=long), Choice(id="2", title="Rede", description="Wi-Fi, cabo"))
    (message,) = render(Menu(body="Qual?", button="Ver opções disponíveis", choices=rows))
    action = message["interactive"]["action"]
    assert action["button"] == "Ver opções…"
    assert action["sections"] == [
        {
            "rows": [
                {"id": "1", "title": "Impressora da recepção…", "description": long},
                {"id": "2", "title": "Rede", "description": "Wi-Fi, cabo"},
            ]
        }
    ]


def test_titles_that_become_the_same_are_told_apart():
    choices = tuple(Choice(id=str(number), title=f"Trocar senha do sistema {number}") for number in range(3))
    (message,) = render(Buttons(body="?", choices=choices))
    titles = [button["reply"]["title"] for button in message["interactive"]["action"]["buttons"]]
    assert titles == ["Trocar senha do…", "Trocar senha do… 2", "Trocar senha do… 3"]


def test_a_link_is_a_button_that_opens_a_page():
    (message,) = render(Link(body="Leia mais", label="Abrir", url="https://intranet.example/a?b=1"))
    assert message["interactive"]["action"] == {
        "name": "cta_url",
        "parameters": {"display_text": "Abrir", "url": "https://intranet.example/a?b=1"},
    }


@pytest.mark.parametrize(
    "reply",
    [
        Text(body=" \n"),
        Buttons(body="", choices=(YES,)),
        Buttons(body="?", choices=(YES, YES)),
        Buttons(body="?", choices=(Choice(id="x" * 257, title="Sim"),)),
        Buttons(body="?", choices=(Choice(id="", title="Sim"),)),
        Buttons(body="?", choices=(Choice(id="1", title=" "),)),
        Buttons.model_construct(body="?", choices=(), footer=""),
        Menu(body="?", button="", choices=(YES,)),
        Menu(body="?", button="Ver", choices=(Choice(id="x" * 201, title="Sim"),)),
        Menu.model_construct(
            body="?", button="Ver", footer="", choices=tuple(Choice(id=str(row), title="Sim") for row in range(11))
        ),
        Link(body="?", label="Abrir", url="javascript:alert(1)"),
        Link(body="?", label="Abrir", url="https://"),
        Link(body="?", label="Abrir", url="https://[bad"),
        Link(body="?", label="Abrir", url="https://a.example/" + "x" * 2000),
    ],
)
def test_what_cannot_be_made_to_fit_is_refused_before_sending(reply):
    with pytest.raises(RefusedError):
        render(reply)


WORDS = st.text(min_size=1, max_size=3000).filter(str.strip)
TITLES = st.lists(st.text(min_size=1, max_size=40).filter(str.strip), min_size=1, max_size=3)


@given(WORDS, TITLES, st.text(max_size=80))
def test_any_buttons_fit(body, titles, footer):
    choices = tuple(Choice(id=str(place), title=title) for place, title in enumerate(titles))
    *ahead, last = render(Buttons(body=body, choices=choices, footer=footer))
    shown = [button["reply"]["title"] for button in last["interactive"]["action"]["buttons"]]
    assert len(set(shown)) == len(titles)
    assert all(1 <= units(title) <= 20 for title in shown)
    assert 1 <= units(last["interactive"]["body"]["text"]) <= 1024
    assert all(1 <= units(part["text"]["body"]) <= 4096 for part in ahead)
    assert units(last["interactive"].get("footer", {}).get("text", "")) <= 60


def test_a_template_carries_words_and_payloads():
    message = template("ticket_update", "pt_BR", ["#1042\n  ok", ""], ["open:1042"])
    assert message["template"] == {
        "name": "ticket_update",
        "language": {"code": "pt_BR"},
        "components": [
            {"type": "body", "parameters": [{"type": "text", "text": "#1042 ok"}, {"type": "text", "text": "-"}]},
            {
                "type": "button",
                "sub_type": "quick_reply",
                "index": "0",
                "parameters": [{"type": "payload", "payload": "open:1042"}],
            },
        ],
    }
    with pytest.raises(RefusedError):
        template("Ticket Update", "pt_BR")


def test_a_reaction_names_its_message():
    assert reaction("wamid.IN", "✅") == {"type": "reaction", "reaction": {"message_id": "wamid.IN", "emoji": "✅"}}


def test_a_caption_that_is_not_allowed_or_too_long_follows_as_text():
    assert media("document", "9", caption="Manual", filename="manual.pdf") == (
        {"type": "document", "document": {"id": "9", "filename": "manual.pdf", "caption": "Manual"}},
    )
    picture, words = media("image", "9", caption="x" * 1025)
    assert picture == {"type": "image", "image": {"id": "9"}}
    assert words["text"]["body"] == "x" * 1025
    assert [part["type"] for part in media("audio", "9", caption="Ouça")] == ["audio", "text"]
