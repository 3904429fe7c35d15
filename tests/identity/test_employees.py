"""Employees from a CSV: good ones taken, bad rows named, unreadable files refused whole."""

from pathlib import Path
from typing import Any

import pytest

from app.errors import ConfigurationError
from app.identity.employees import EmployeeReport, employee_by_email, employee_by_id, import_employees
from app.identity.models import EmployeeRow
from app.identity.sessions import current_session, start_session

HEADER = "id,name,email,language,timezone,location,department,groups,active,vip\n"
ANA = "E1,Ana Lima,ana@ipe.example,pt-BR,America/Sao_Paulo,SP,TI,ti;gestores,true,false\n"
BRUNO = "E2,Bruno Sá,bruno@ipe.example,es,America/Bogota,Bogotá,RH,,sim,não\n"


class Office:
    """Imports files into the company of `door`."""

    def __init__(self, door: Any, folder: Path) -> None:
        self.door, self.path = door, folder / "employees.csv"

    async def take(self, text: str | bytes) -> EmployeeReport:
        self.path.write_bytes(text.encode() if isinstance(text, str) else text)
        now = self.door.wall
        return await self.door.database.write(lambda s: import_employees(s, self.path, now=now))

    async def find(self, email: str) -> Any:
        return await self.door.database.read(lambda s: employee_by_email(s, email))


@pytest.fixture
def office(door: Any, tmp_path: Path) -> Office:
    return Office(door, tmp_path)


async def test_an_import_says_what_it_did_and_the_second_changes_nothing(office: Office) -> None:
    dora = "E4,Dora Paz,dora@ipe.example,en,America/New_York,Miami,Sales,,1,yes\n"
    report = await office.take(HEADER + ANA + dora)
    assert (report.added, report.changed, report.deactivated, report.rejected) == (["E4"], ["E1"], ["E2"], [])
    ana = await office.find("ANA@ipe.example")
    assert (ana.groups, ana.department, ana.vip) == (("ti", "gestores"), "TI", False)
    assert await office.find("bruno@ipe.example") is None
    again = await office.take(HEADER + ANA + dora)
    assert (again.added, again.changed, again.deactivated, again.unchanged) == ([], [], [], 2)


@pytest.mark.parametrize("change", [lambda t: "\ufeff" + t, lambda t: t.replace("\n", "\r\n"), str.rstrip])
async def test_bom_line_ends_and_a_missing_last_one_do_not_matter(office: Office, change: Any) -> None:
    assert not (await office.take(change(HEADER + ANA + BRUNO))).rejected


async def test_semicolons_separate_too(office: Office) -> None:
    report = await office.take("ID;Name ;E-Mail;EMAIL;groups\nE1;Ana;x;ana@ipe.example;ti|rh\n")
    assert (report.rejected, (await office.find("ana@ipe.example")).groups) == ([], ("ti", "rh"))


async def test_bad_rows_are_named_and_the_rest_is_taken(office: Office) -> None:
    rows = [
        ANA, "E5,No Mail,not an address,,,,,,,\n", "E6,Twice,Ana@ipe.example.,,,,,,,\n",
        "E1,Again,a2@ipe.example,,,,,,,\n",
        "E7,,e7@ipe.example,,,,,,,\n", "E8,Zone,e8@ipe.example,,Mars/Base,,,,,\n",
        "E9,Tongue,e9@ipe.example,fr,,,,,,\n",
        "E10,Flag,e10@ipe.example,,,,,,maybe,\n", "E2,Short\n", f"E11,{'x' * 300},e11@ipe.example,,,,,,,\n",
    ]  # fmt: skip
    report = await office.take(HEADER + "".join(rows))
    assert [(row.line, row.id) for row in report.rejected] == [
        (3, "E5"), (4, "E6"), (5, "E1"), (6, "E7"), (7, "E8"), (8, "E9"), (9, "E10"), (10, "E2"), (11, "E11"),
    ]  # fmt: skip
    assert report.rejected[1].reason == "the same e-mail is on line 2"
    assert report.deactivated == []  # a rejected row leaves its employee alone
    assert await office.find("bruno@ipe.example")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (HEADER.encode() + "E1,Ana Luís,ana@ipe.example,,,,,,,\n".encode("latin-1"), "not UTF-8 (line 2)"),
        (HEADER.encode("utf-16"), "not UTF-8"),
        (b"", "lacks the column id, name, email"),
        (b"id,name\nE1,Ana\n", "lacks the column email"),
        (b"id,name,email,name\n", "names a column twice"),
        (HEADER.encode(), "has no employee"),
        (HEADER.encode() + b"E1,Ana,nope,,,,,,,\n", "line 2: the e-mail is not an address"),
        (HEADER.encode() + b"E1,A\0na,ana@ipe.example,,,,,,,\n", "not a text file"),
        (HEADER.encode() + b'E1,"' + b"x" * 200_000 + b'",a@ipe.example,,,,,,,\n', "not CSV"),
    ],
)
async def test_a_file_that_is_no_list_is_refused_and_nothing_changes(office: Office, content: bytes, says: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        await office.take(content)
    assert says in str(refused.value)
    assert await office.find("ana@ipe.example")


async def test_a_missing_file_is_said(office: Office) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        await office.door.database.write(lambda s: import_employees(s, office.path))


async def test_two_employees_may_swap_addresses_and_a_leaver_gives_theirs_away(office: Office) -> None:
    swapped = ANA.replace("ana@", "bruno@") + BRUNO.replace("bruno@", "ana@")
    assert (await office.take(HEADER + swapped)).changed == ["E1", "E2"]
    assert (await office.find("ana@ipe.example")).id == "E2"
    heir = HEADER + ANA.replace("E1", "E20")
    assert (await office.take(heir)).added == ["E20"]
    assert (await office.find("ana@ipe.example")).id == "E20"


async def test_who_leaves_the_list_loses_the_session(office: Office) -> None:
    door = office.door
    now = door.wall
    await door.database.write(lambda s: start_session(s, "1", "E2", bound_to="BR.1", now=now) and None)
    await office.take(HEADER + ANA)
    ended = await door.database.read(lambda s: current_session(s, "1", "BR.1", now, door.settings))
    assert ended == (None, "disabled")


async def test_sql_and_html_in_names_are_only_letters(office: Office) -> None:
    name = "Robert'); DROP TABLE employee;-- <script>alert(1)</script>"
    await office.take(HEADER + f'E1,"{name}",ana@ipe.example,,,,,,,\n')
    assert (await office.find("ana@ipe.example")).name == name
    assert (await office.door.database.read(lambda s: employee_by_id(s, "E1"))).name == name


async def test_the_demo_company_is_taken_whole(office: Office) -> None:
    company = Path(__file__).parents[2] / "app" / "demo" / "company" / "employees.csv"
    report = await office.take(company.read_bytes())
    assert report.rejected == []


def test_what_a_list_has_no_column_for_stays_as_it_is(session, tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("id,name,email,language,department,vip\nE1,Ana,ana@ipe.example,es,RH,sim\n", encoding="utf8")
    import_employees(session, path)
    path.write_text("id,name,email\nE1,Ana Luz,ana@ipe.example\nE2,Bia,bia@ipe.example\n", encoding="utf8")
    import_employees(session, path)
    first, second = session.get_one(EmployeeRow, "E1"), session.get_one(EmployeeRow, "E2")
    assert (first.name, first.language, first.department, first.vip) == ("Ana Luz", "es", "RH", True)
    assert (second.language, second.groups, second.active) == ("pt-BR", [], True)
