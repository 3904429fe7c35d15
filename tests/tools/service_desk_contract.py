"""What every service desk must do; an adapter's test class inherits it and gives the fixtures `desk` and `agent`."""

from datetime import UTC, datetime
from typing import Any, Protocol

import pytest

from tools.service_desk import (
    Category,
    DeskRefusedError,
    Draft,
    Employee,
    Field,
    FieldOption,
    Outage,
    ServiceDesk,
    Status,
)

NOW = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
NASTY = "'; DROP TABLE desk_request;-- <script>alert(1)</script> \u202eção 🔥 ${7*7} \u0000x {0} %s"


def words(text: str) -> dict[str, str]:
    return {"pt-BR": text, "es": text + " (es)", "en": text + " (en)"}


def field(name: str, kind: str, **more: Any) -> Field:
    return Field.model_validate({"id": name, "type": kind, "label": words(name), "question": words(name), **more})


OPTIONS = tuple(FieldOption.model_validate({"id": name, "label": words(name)}) for name in ("office", "home"))
CATALOGUE = tuple(
    Category.model_validate({"name": words(spec["id"]), "description": words(spec["id"]), **spec})
    for spec in (
        {"id": "it"},
        {
            "id": "vpn",
            "parent": "it",
            "queue": "desk",
            "fields": (
                field("where", "choice", options=OPTIONS),
                field("times", "number", required=False, minimum=1, maximum=9),
                field("tag", "asset_tag", required=False, pattern=r"IPE-\d{5}"),
                field("since", "datetime", required=False),
                field("both", "multi_choice", required=False, options=OPTIONS),
                field("sure", "yes_no", required=False),
                field("note", "long_text", required=False),
            ),
        },
        {"id": "pay", "parent": "it", "queue": "desk", "groups": ("gestores",)},
    )
)
ANA = Employee(id="E1", name="Ana", email="ana@x.example")
BEA = Employee(id="E2", name="Bea", email="bea@x.example", groups=("gestores",))
GONE = Employee(id="E3", name="Gil", email="gil@x.example", active=False)
PEOPLE = (ANA, BEA, GONE)
OUTAGE = Outage.model_validate({"id": "o1", "title": words("VPN"), "body": words("caiu"), "since": NOW})


def draft(**more: Any) -> Draft:
    given = {"category_id": "vpn", "title": "VPN cai", "description": "desde ontem", "values": {"where": "home"}}
    return Draft.model_validate({**given, **more})


class Agent(Protocol):
    async def answers(self, number: str, text: str) -> None: ...
    async def moves(self, number: str, status: Status) -> None: ...


class ServiceDeskContract:
    async def test_an_employee_is_found_by_address_however_it_is_written(self, desk: ServiceDesk) -> None:
        assert (await desk.employee_by_email(" ANA@X.example ")) == ANA
        assert await desk.employee_by_email("nobody@x.example") is None
        assert await desk.employee_by_email("gil@x.example") is None
        assert await desk.employee_by_email("' OR 1=1 --") is None

    async def test_the_catalogue_has_parents_before_children(self, desk: ServiceDesk) -> None:
        assert await desk.catalogue() == CATALOGUE

    async def test_what_was_created_reads_back(self, desk: ServiceDesk) -> None:
        receipt = await desk.create("E1", draft(), reference="r1")
        view = await desk.request("E1", receipt.number)
        assert view is not None
        assert (view.title, view.category_id, view.status, view.queue) == ("VPN cai", "vpn", "new", receipt.queue)
        assert NOW <= receipt.first_response_due <= receipt.resolution_due
        assert view.resolution_due == receipt.resolution_due

    async def test_the_same_reference_makes_one_request(self, desk: ServiceDesk) -> None:
        first = await desk.create("E1", draft(), reference="r1")
        assert await desk.create("E1", draft(), reference="r1") == first
        assert len(await desk.requests_of("E1")) == 1
        with pytest.raises(DeskRefusedError):
            await desk.create("E2", draft(), reference="r1")

    @pytest.mark.parametrize(
        ("wrong", "named"),
        [
            ({"category_id": "nothing"}, "category_id"),
            ({"category_id": "it"}, "category_id"),
            ({"category_id": "pay", "values": {}}, "category_id"),
            ({"title": "  "}, "title"),
            ({"values": {}}, "where"),
            ({"values": {"where": "moon"}}, "where"),
            ({"values": {"where": ["home"]}}, "where"),
            ({"values": {"where": "home", "times": 10}}, "times"),
            ({"values": {"where": "home", "times": True}}, "times"),
            ({"values": {"where": "home", "times": float("nan")}}, "times"),
            ({"values": {"where": "home", "tag": "12345"}}, "tag"),
            ({"values": {"where": "home", "since": "ontem"}}, "since"),
            ({"values": {"where": "home", "both": []}}, "both"),
            ({"values": {"where": "home", "both": [{"a": 1}]}}, "both"),
            ({"values": {"where": "home", "sure": "yes"}}, "sure"),
            ({"values": {"where": "home", "note": 5}}, "note"),
            ({"values": {"where": "home", "note": "\ud800"}}, "note"),
            ({"values": {"where": "home", "other": "x"}}, "other"),
        ],
    )
    async def test_a_draft_that_does_not_fit_is_refused_by_field(
        self, desk: ServiceDesk, wrong: dict[str, Any], named: str
    ) -> None:
        with pytest.raises(DeskRefusedError, match=f"^{named}"):
            await desk.create("E1", draft(**wrong), reference="r1")
        assert await desk.requests_of("E1") == ()

    async def test_who_left_or_never_was_creates_nothing(self, desk: ServiceDesk) -> None:
        for employee_id in ("E3", "E9", ""):
            with pytest.raises(DeskRefusedError):
                await desk.create(employee_id, draft(), reference=f"r{employee_id}")

    async def test_anothers_request_is_as_unknown_as_none(self, desk: ServiceDesk) -> None:
        number = (await desk.create("E1", draft(), reference="r1")).number
        complaints = set()
        for wanted in (number, "99999", "", "x", "-1", "\u0661\u0660\u0660\u0661", "9" * 40, "1 OR 1=1"):
            assert await desk.request("E2", wanted) is None
            with pytest.raises(DeskRefusedError) as refused:
                await desk.comment("E2", wanted, "oi", reference="c")
            complaints.add(str(refused.value))
            for act in (
                desk.close("E2", wanted, reference="x"),
                desk.reopen("E2", wanted, "", reference="x"),
                desk.rate("E2", wanted, 5, "", reference="x"),
                desk.attach("E2", wanted, "/tmp/a", name="a", reference="x"),  # noqa: S108 -- only a name
            ):
                with pytest.raises(DeskRefusedError):
                    await act
        assert len(complaints) == 1
        assert await desk.requests_of("E2") == ()

    async def test_every_text_is_data(self, desk: ServiceDesk) -> None:
        kept = NASTY.replace("\0", "")
        wanted = draft(title=NASTY, description=NASTY, values={"where": "home", "note": kept})
        number = (await desk.create("E1", wanted, reference=NASTY)).number
        await desk.comment("E1", number, NASTY, reference="c1")
        view = await desk.request("E1", number)
        assert view is not None
        assert view.last_comment is not None
        assert (view.title, view.last_comment.text) == (kept, kept)
        await desk.comment("E1", number, "half \ud800 a pair", reference="c2")

    async def test_a_comment_said_twice_is_one(self, desk: ServiceDesk) -> None:
        number = (await desk.create("E1", draft(), reference="r1")).number
        await desk.comment("E1", number, "primeiro", reference="c1")
        await desk.comment("E1", "#" + number, "de novo", reference="c1")
        view = await desk.request("E1", number)
        assert view is not None
        assert view.last_comment is not None
        assert view.last_comment.text == "primeiro"

    async def test_a_request_lives_and_ends(self, desk: ServiceDesk, agent: Agent) -> None:
        number = (await desk.create("E1", draft(), reference="r1")).number
        with pytest.raises(DeskRefusedError):
            await desk.rate("E1", number, 5, "", reference="early")
        await agent.moves(number, "solved")
        await desk.comment("E1", number, "obrigada", reference="c1")
        view = await desk.request("E1", number)
        assert view is not None
        assert (view.status, view.can_reopen) == ("solved", True)
        with pytest.raises(DeskRefusedError):
            await desk.rate("E1", number, 6, "", reference="x")
        await desk.rate("E1", number, 4, "bom", reference="s1")
        await desk.reopen("E1", number, "voltou", reference="o1")
        await desk.reopen("E1", number, "voltou", reference="o1")
        view = await desk.request("E1", number)
        assert view is not None
        assert (view.status, view.rating, view.can_reopen) == ("open", None, False)
        await desk.close("E1", number, reference="e1")
        await desk.close("E1", number, reference="e1")
        with pytest.raises(DeskRefusedError):
            await desk.comment("E1", number, "mais uma", reference="c2")
        with pytest.raises(DeskRefusedError):
            await desk.attach("E1", number, "a", name="a", reference="a1")

    async def test_it_is_reopened_only_for_some_days(self, desk: ServiceDesk, agent: Agent, clock: Any) -> None:
        number = (await desk.create("E1", draft(), reference="r1")).number
        await agent.moves(number, "solved")
        clock.pass_by(days=7)
        view = await desk.request("E1", number)
        assert view is not None
        assert not view.can_reopen
        with pytest.raises(DeskRefusedError):
            await desk.reopen("E1", number, "", reference="o1")

    async def test_open_requests_come_first_then_the_last_changed(
        self, desk: ServiceDesk, agent: Agent, clock: Any
    ) -> None:
        numbers = []
        for count in range(3):
            numbers.append((await desk.create("E1", draft(), reference=f"r{count}")).number)
            clock.pass_by(minutes=1)
        await desk.comment("E1", numbers[0], "oi", reference="c1")
        clock.pass_by(minutes=1)
        await agent.moves(numbers[2], "solved")
        assert [view.number for view in await desk.requests_of("E1")] == [numbers[0], numbers[1], numbers[2]]
        assert len(await desk.requests_of("E1", limit=2)) == 2

    async def test_changes_are_what_others_did_in_order(self, desk: ServiceDesk, agent: Agent) -> None:
        number = (await desk.create("E1", draft(), reference="r1")).number
        await desk.comment("E1", number, "meu", reference="c1")
        await agent.answers(number, "trocamos o certificado")
        await agent.moves(number, "solved")
        changes = await desk.changes_since("")
        assert [(c.kind, c.text, c.status) for c in changes if c.kind != "assigned"] == [
            ("comment", "trocamos o certificado", None),
            ("status", "", "solved"),
        ]
        assert {(c.number, c.employee_id, c.author) for c in changes} == {(number, "E1", "Rui")}
        assert await desk.changes_since("", limit=1) == changes[:1]
        assert await desk.changes_since(changes[0].cursor) == changes[1:]
        assert await desk.changes_since(changes[-1].cursor) == ()
        with pytest.raises(DeskRefusedError):
            await desk.changes_since("yesterday")

    async def test_an_outage_is_joined_once_and_only_while_it_lasts(self, desk: ServiceDesk) -> None:
        assert [outage.id for outage in await desk.outages()] == ["o1"]
        await desk.join_outage("E1", "o1", reference="j1")
        await desk.join_outage("E1", "o1", reference="j2")
        with pytest.raises(DeskRefusedError):
            await desk.join_outage("E1", "o9", reference="j3")
