"""The settings pages: every one opens in every language, for whoever may."""

import io
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.desk.catalogue import catalogue_of
from app.desk.company_files import read_catalogue
from app.desk.embedded import EmbeddedDesk
from app.desk.models import MacroRow, OutageRow, QueueMember, RequestRow, StagedFile
from app.desk.rules import rules_of
from app.identity.employees import employee_by_id
from app.identity.models import EmployeeRow
from tests.console.conftest import Browser, Office, token_in


@pytest.fixture
def store_url(stores, tmp_path) -> str:
    """What pages do with forms is the same on either store; what they ask of one is in test_settings_pages."""
    return stores.sqlite(tmp_path)


async def read(office: Office, work: Any) -> Any:
    return await office.house.database.read(work)


async def upload(browser: Browser, page: str, action: str, content: bytes, name: str = "list.csv") -> httpx.Response:
    token = token_in((await browser.get(f"/desk{page}")).text)
    headers = {"Origin": "http://127.0.0.1", "Sec-Fetch-Site": "same-origin"}
    files = {"file": (name, io.BytesIO(content), "text/csv")}
    return await browser.post(f"/desk{action}", data={"_token": token}, files=files, headers=headers)


def staged_in(html: str) -> str:
    return html.split('name="staged" value="')[1].split('"', maxsplit=1)[0]


async def test_a_rule_decides_only_after_it_was_tried_and_switched_on(furnished: Office, admin: Browser):
    told = {"name": "Password words", "keywords": "SENHA", "queue": "security", "raise": "1"}
    answer = await admin.press("/routing/3", "/routing/3", **told)
    assert answer.status_code == 303
    assert len((await read(furnished, rules_of)).routing) == 3
    trial = (await admin.get("/desk/routing/try")).text
    assert trial.count("Password words") == 1
    assert "#1003" in trial
    assert "Information security (24 h)" in trial
    seen = trial.split('name="seen" value="')[1].split('"')[0]
    await admin.press("/routing/try", "/routing/on", seen=seen)
    rules = await read(furnished, rules_of)
    assert (rules.routing[3].queue, rules.routing[3].raise_) == ("security", 1)
    history = (await admin.get("/desk/routing")).text
    assert "Somebody of admin" in history
    oldest = history.split('name="version" value="')[-1].split('"')[0]
    await admin.press("/routing", "/routing/back", version=oldest)
    assert len((await read(furnished, rules_of)).routing) == 3


async def test_a_draft_is_not_switched_on_over_somebody_elses_rules(furnished: Office, admin: Browser):
    await admin.press("/routing/3", "/routing/3", keywords="vpn", queue="security")
    await admin.press("/routing/try", "/routing/on", seen="99999")
    assert len((await read(furnished, rules_of)).routing) == 3
    assert "Somebody changed the rules meanwhile" in (await admin.get("/desk/routing")).text


@pytest.mark.parametrize(("told", "sentence"), [({"queue": "security"}, "Say when"), ({"vip": "yes"}, "does nothing")])
async def test_a_rule_without_a_condition_or_a_consequence_is_refused(admin: Browser, told, sentence):
    answer = await admin.press("/routing/3", "/routing/3", **told)
    assert answer.status_code == 422
    assert sentence in answer.text


async def test_rules_change_their_order_in_the_draft(furnished: Office, admin: Browser):
    await admin.press("/routing", "/routing", do="down", rule="0")
    await admin.press("/routing", "/routing", do="remove", rule="2")
    page = (await admin.get("/desk/routing")).text
    assert page.index("Spanish speakers") < page.index("Security keeps")
    assert "Manaus has" not in page.split("rules")[-1]


async def test_a_queue_shares_requests_out_among_its_members(furnished: Office, admin: Browser):
    people = await furnished.staff()
    names = {"name.pt-BR": "Central", "name.es": "Mesa", "name.en": "Desk", "calendar": "sao-paulo"}
    await admin.press("/queues/it-desk", "/queues/it-desk", **names, assignment="round_robin", member=people["agent"])
    await admin.press("/queues", "/queues/away", staff=people["agent"], until="")
    queue = (await read(furnished, rules_of)).queue("it-desk")
    assert queue.assignment == "round_robin"
    members = await read(furnished, lambda s: s.scalars(select(QueueMember.staff_id)).all())
    assert members == [people["agent"]]
    refused = await admin.press("/queues/it-desk", "/queues/it-desk", remove="1")
    assert "still needed" in refused.text


async def test_hours_and_targets_are_kept_and_what_cannot_be_is_said(furnished: Office, admin: Browser):
    spans = {"monday.0.from": "22:00", "monday.0.to": "24:00", "timezone": "America/Bogota", "holidays": "2026-12-25"}
    await admin.press("/hours/new", "/hours/new", id="late", **spans)
    calendar = (await read(furnished, rules_of)).calendars["late"]
    assert calendar.hours == {"monday": (("22:00", "24:00"),)}
    for wrong, sentence in (
        ({"monday.0.to": "21:00"}, "Times are such as"),
        ({"holidays": "25/12/2026"}, "no day such as"),
        ({"timezone": "Mars/Base"}, "no time zone"),
        ({"monday.0.from": "", "monday.0.to": ""}, "at least once a week"),
    ):
        answer = await admin.press("/hours/late", "/hours/late", **(spans | wrong))
        assert answer.status_code == 422
        assert sentence in answer.text
    targets = {
        f"{name}.{step}": "1,5"
        for name in ("first_response", "resolution")
        for step in ("low", "medium", "high", "urgent")
    }
    await admin.press("/hours", "/hours", **targets, warn_at="50", reopen_days="3")
    rules = await read(furnished, rules_of)
    assert (rules.promises["low"].first_response, rules.warn_at, rules.reopen_days) == (1.5, 50, 3)
    answer = await admin.press("/hours", "/hours", **(targets | {"resolution.low": "0"}), warn_at="50", reopen_days="3")
    assert "more than 0" in answer.text


async def test_the_matrix_and_the_rules_of_priority_are_kept(furnished: Office, admin: Browser):
    await admin.press("/priority", "/priority", do="matrix", field="impact", **{"cell.everyone.medium": "urgent"})
    matrix = (await read(furnished, rules_of)).priority_matrix
    assert matrix.cells == {"me": {}, "team": {}, "everyone": {"medium": "urgent"}}
    await admin.press("/priority/3", "/priority/3", keywords="parado", how="at_least", at_least="urgent")
    rules = (await read(furnished, rules_of)).priority_rules
    assert (rules[3].when.keywords, rules[3].at_least) == (("parado",), "urgent")
    await admin.press("/priority", "/priority", do="off")
    assert (await read(furnished, rules_of)).priority_matrix is None


async def test_a_macro_is_written_by_an_agent_and_read_by_an_auditor(furnished: Office):
    browser, auditor = furnished.open(), furnished.open()
    await browser.sign_in("agent")
    await auditor.sign_in("auditor")
    told = {"name": "<b>Bom dia</b>", "text.pt-BR": "Oi {name}!", "active": "on"}
    assert (await browser.press("/macros/0", "/macros/0", **told)).status_code == 303
    assert "&lt;b&gt;Bom dia" in (await auditor.get("/desk/macros")).text
    refused = await browser.press("/macros/0", "/macros/0", **(told | {"text.pt-BR": "Oi {nome}"}))
    assert "There is no placeholder {nome}" in refused.text
    assert await read(furnished, lambda s: s.query(MacroRow).count()) == 1
    assert (await browser.get("/desk/employees")).status_code == 403


async def test_an_outage_is_declared_and_ended(furnished: Office, admin: Browser):
    words = {f"{place}.{code}": "VPN fora" for place in ("title", "body") for code in ("pt-BR", "es", "en")}
    told = words | {"keywords": "vpn, túnel", "since": "2026-11-23T08:00"}
    await admin.press("/outages/new", "/outages/new", **told)
    rows = await read(furnished, lambda s: {row.id: row.spec for row in s.query(OutageRow)})
    name = next(name for name in rows if name.startswith("outage-"))
    assert rows[name]["keywords"] == ["vpn", "túnel"]
    for number in ("#1002", "9999"):
        await admin.press(f"/outages/{name}", f"/outages/{name}/requests", number=number)
    assert await read(furnished, lambda s: s.get(RequestRow, 1002).outage_id) == name
    page = (await admin.get(f"/desk/outages/{name}")).text
    assert "There is no request 9999" in page
    assert "Sem acesso" in page
    await admin.press(f"/outages/{name}", f"/outages/{name}/requests", number="1002", unlink="1")
    assert await read(furnished, lambda s: s.get(RequestRow, 1002).outage_id) is None
    await admin.press(f"/outages/{name}", f"/outages/{name}/end")
    assert await read(furnished, lambda s: s.get(OutageRow, name).ended_at) == furnished.clock()
    missing = await admin.press("/outages/new", "/outages/new", **(told | {"title.es": ""}))
    assert "The words in es are missing" in missing.text


FIELD = {
    "id": "floor", "type": "choice", "required": "on",
    **{f"{place}.{code}": f"{place} {code}" for place in ("label", "question") for code in ("pt-BR", "es", "en")},
    "option.0.id": "ground", "option.0.pt-BR": "Térreo", "option.0.es": "Planta baja", "option.0.en": "Ground",
}  # fmt: skip
FIELDS = "/catalogue/access-password/fields"


async def test_a_field_is_shown_as_the_chat_asks_it_and_asked_so_by_running_workers(furnished: Office, admin: Browser):
    desk = EmbeddedDesk(furnished.house.database, furnished.clock)
    before = await desk.catalogue()
    token = token_in((await admin.get(f"/desk{FIELDS}/new")).text)
    preview = await admin.send_form(f"{FIELDS}/new/preview", {"_token": token, **FIELD})
    assert preview.text.count('class="phone"') == 3
    for words in ("question pt-BR", "question es", "question en", "Térreo", "Planta baja", "Ground"):
        assert words in preview.text
    assert (await admin.press(f"{FIELDS}/new", f"{FIELDS}/new", **FIELD)).status_code == 303
    after = await desk.catalogue()
    assert [field.id for field in after[3].fields] == [*(field.id for field in before[3].fields), "floor"]
    version = (
        (await admin.get("/desk/catalogue/access-password")).text.split('name="version" value="')[-1].split('"')[0]
    )
    await admin.press("/catalogue/access-password", "/catalogue/access-password/back", version=version)
    assert await desk.catalogue() == before


WRONG = (
    ({"question.es": ""}, "The words in es are missing"),
    ({"id": "system"}, "is taken"),
    ({"id": "Ação"}, "small letters"),
    ({"option.0.id": ""}, "short name has small letters"),
    ({"option.0.en": ""}, "words in en are missing"),
    ({"option.1.id": "ground", "option.1.pt-BR": "a", "option.1.es": "a", "option.1.en": "a"}, "is there twice"),
    ({"option.0.id": "", "option.0.pt-BR": "", "option.0.es": "", "option.0.en": ""}, "A choice needs options"),
    ({"pattern": "("}, "no regular expression"),
    ({"pattern": "(a+)+"}, "run for ever"),
    ({"minimum": "7", "maximum": "3"}, "above the largest"),
    ({"minimum": "many"}, "no number"),
    ({"type": "magic"}, "That cannot be"),
)


async def test_what_is_wrong_with_a_field_is_said(admin: Browser):
    unsaid = []
    for wrong, sentence in WRONG:
        answer = await admin.press(f"{FIELDS}/new", f"{FIELDS}/new", **(FIELD | wrong))
        if answer.status_code != 422 or sentence not in answer.text:
            unsaid.append((wrong, answer.status_code))
    assert unsaid == []


async def test_a_category_is_added_and_taken_out_of_use_but_never_deleted(furnished: Office, admin: Browser):
    told = {f"{place}.{code}": "Cofre" for place in ("name", "description") for code in ("pt-BR", "es", "en")}
    told |= {"id": "vault", "parent": "it", "queue": "it-desk", "priority": "low", "examples.pt-BR": "abrir o cofre"}
    assert (
        "needs examples"
        in (await admin.press("/catalogue/new", "/catalogue/new", **(told | {"examples.pt-BR": ""}))).text
    )
    await admin.press("/catalogue/new", "/catalogue/new", **told)
    assert "vault" in [one.id for one in await read(furnished, catalogue_of)]
    await admin.press("/catalogue/vault", "/catalogue/vault", toggle="1")
    assert "vault" not in [one.id for one in await read(furnished, catalogue_of)]
    assert "Not in use" in (await admin.get("/desk/catalogue/vault")).text
    below = await admin.press("/catalogue/it", "/catalogue/it", **(told | {"parent": "vault", "queue": ""}))
    assert "cannot be below itself" in below.text


async def test_the_catalogue_goes_out_and_comes_in_as_the_same_file(furnished: Office, admin: Browser):
    before = await read(furnished, catalogue_of)
    out = (await admin.get("/desk/catalogue/export")).content
    assert read_catalogue(out, await read(furnished, rules_of)) == before
    shorter = out.replace(b"Senha e acesso", b"Senhas").split(b"- id: travel")[0]
    answer = await upload(admin, "/catalogue/file", "/catalogue/file", shorter, "catalogue.yaml")
    assert "Contra" not in answer.headers.get("location", "")
    assert await read(furnished, catalogue_of) == before
    await admin.press("/catalogue/file", "/catalogue/file/take", staged=staged_in(answer.text))
    after = await read(furnished, catalogue_of)
    assert next(one for one in after if one.id == "access-password").name["pt-BR"] == "Senhas"
    broken = await upload(admin, "/catalogue/file", "/catalogue/file", b"categories: [{", "x.yaml")
    assert broken.status_code == 422
    assert "not YAML" in broken.text


HEADER = "id;name;email;language;location;department;vip\n"


async def test_a_list_of_employees_is_looked_at_before_it_is_taken(furnished: Office, admin: Browser):
    known = await read(furnished, lambda s: [(row.id, row.name, row.email) for row in s.query(EmployeeRow)])
    rows = [f"{one};{name};{email};pt-BR;;;" for one, name, email in known if one != "E1008"]
    rows += ["N1;Conceição Peña;nova@ipe.example;es;Recife;RH;sim", "N2;Sem Mail;;;;;", "N3;Zé;nova@ipe.example;;;;"]
    answer = await upload(admin, "/employees/list", "/employees/list", (HEADER + "\n".join(rows)).encode("latin-1"))
    for words in ("Conceição Peña", "Windows-1252", "email is empty", "It is there twice", "Wesley Pacheco Luz"):
        assert words in answer.text
    assert await read(furnished, lambda s: s.get(EmployeeRow, "N1")) is None
    taken = await admin.press("/employees/list", "/employees/list/take", staged=staged_in(answer.text))
    assert taken.status_code == 303
    facts = await read(furnished, lambda s: (s.get(EmployeeRow, "N1").vip, s.get(EmployeeRow, "E1008").active))
    assert facts == (True, False)
    again = await admin.press("/employees/list", "/employees/list/take", staged=staged_in(answer.text))
    assert again.headers["location"] == "/desk/employees/list"


async def test_a_sudden_loss_must_be_typed(furnished: Office, admin: Browser):
    answer = await upload(admin, "/employees/list", "/employees/list", (HEADER + "E1001;M;m@ipe.example;;;;").encode())
    assert "looks like a part of a list" in answer.text
    staged = staged_in(answer.text)
    refused = await admin.press("/employees/list", "/employees/list/take", staged=staged, loss="3")
    assert refused.status_code == 422
    active = await read(furnished, lambda s: s.query(EmployeeRow).where(EmployeeRow.active).count())
    assert active == 14
    await admin.press("/employees/list", "/employees/list/take", staged=staged, loss="13")
    assert await read(furnished, lambda s: s.query(EmployeeRow).where(EmployeeRow.active).count()) == 1


async def test_what_is_no_list_of_employees_is_refused(furnished: Office, admin: Browser):
    for content in (b"", b"\x00\x01\x02", b"PK\x03\x04zip", b"a,b\n1,2\n", "nada".encode("utf-16")):
        answer = await upload(admin, "/employees/list", "/employees/list", content)
        assert answer.status_code == 422
    assert await read(furnished, lambda s: s.query(EmployeeRow).count()) == 15


async def test_a_file_is_taken_within_the_hour_by_who_brought_it_only(furnished: Office, admin: Browser):
    answer = await upload(admin, "/employees/list", "/employees/list", (HEADER + "E1001;M;m@ipe.example;;;;").encode())
    for change in ({"at": furnished.clock() - timedelta(hours=1)}, {"at": furnished.clock(), "staff_id": 99}):
        await furnished.house.database.write(lambda s, change=change: s.execute(update(StagedFile).values(change)))
        taken = await admin.press("/employees/list", "/employees/list/take", staged=staged_in(answer.text), loss="13")
        assert taken.headers["location"] == "/desk/employees/list"


async def test_an_export_holds_no_formula_and_comes_in_again(furnished: Office, admin: Browser):
    def rename(session: Session) -> None:
        session.get_one(EmployeeRow, "E1001").name = '=HYPERLINK("http://evil.example")'

    await furnished.house.database.write(rename)
    out = (await admin.get("/desk/employees/export")).content
    assert b"E1001,\"'=HYPERLINK" in out
    answer = await upload(admin, "/employees/list", "/employees/list", out)
    assert "15</b><span>Unchanged" in answer.text


async def test_an_employee_is_changed_and_signed_out(furnished: Office, admin: Browser):
    await admin.press("/employees/one/E1001", "/employees/one/E1001", language="es", vip="on", active="on")
    employee = await read(furnished, lambda s: employee_by_id(s, "E1001"))
    assert (employee.language, employee.vip, employee.active) == ("es", True, True)
    await admin.press("/employees/one/E1001", "/employees/one/E1001", language="es")
    assert not (await read(furnished, lambda s: employee_by_id(s, "E1001"))).active
    assert await read(furnished, lambda s: s.query(RequestRow).count()) == 3
    assert (await admin.get("/desk/employees?only=inactive&q=MARIANA")).text.count("mariana.vilela") == 1
