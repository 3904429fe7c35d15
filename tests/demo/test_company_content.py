import csv
import re
from datetime import date, time
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest
import yaml

from retrieval.articles import read_folder
from retrieval.passage import Article, Language
from tools.service_desk import Category, Employee, FieldType, Outage, Priority

COMPANY = Path("app/demo/company")
LANGUAGES: tuple[Language, ...] = get_args(Language)
ROW_TITLE = 24  # characters a WhatsApp list row holds
BUTTON_TITLE = 20  # characters a WhatsApp reply button holds
REAL_DOMAIN = re.compile(r"\b[\w-]+\.(?:com|net|org|br|co|ar|io|gov|info|edu)\b", re.IGNORECASE)
ADDRESS = re.compile(r"(?:https?://|@)([\w-]+(?:\.[\w-]+)+)")
FICTITIOUS_PHONE = re.compile(r"\+(?:55\d\d9?9555\d{4}|57300555\d{4}|54911555\d{5}|1305555\d{4})")
SENDS_TO_CATEGORY = re.compile(r"(?:chamado em|solicitud en|request under) \*\*([^*]+)\*\*")


def load(name: str) -> Any:
    return yaml.safe_load((COMPANY / name).read_text(encoding="utf8"))


@pytest.fixture(scope="module")
def articles() -> list[Article]:
    folder = read_folder(COMPANY / "articles")
    assert folder.failures == ()
    return list(folder.articles.values())


@pytest.fixture(scope="module")
def categories() -> list[Category]:
    return [Category.model_validate(category) for category in load("catalogue.yaml")["categories"]]


@pytest.fixture(scope="module")
def employees() -> list[Employee]:
    with (COMPANY / "employees.csv").open(encoding="utf8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        assert FICTITIOUS_PHONE.fullmatch(row.pop("phone")), row
    return [Employee.model_validate(row | {"groups": tuple(filter(None, row["groups"].split(";")))}) for row in rows]


def of_language(articles: list[Article], language: Language) -> dict[str, Article]:
    return {article.id: article for article in articles if article.language == language}


def test_there_are_enough_articles_in_each_language(articles: list[Article]) -> None:
    assert len(of_language(articles, "pt-BR")) >= 44
    assert len(of_language(articles, "es")) >= 28
    assert len(of_language(articles, "en")) >= 28


def test_every_file_lies_where_its_id_and_language_say() -> None:
    for name, article in read_folder(COMPANY / "articles").articles.items():
        assert name == f"{article.language}/{article.id}.md"
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", article.id)


def test_translations_stand_beside_an_article_in_portuguese_for_the_same_people(articles: list[Article]) -> None:
    portuguese = of_language(articles, "pt-BR")
    assert of_language(articles, "es").keys() == of_language(articles, "en").keys()
    for article in articles:
        assert article.audience == portuguese[article.id].audience, article.key
        assert article.url.endswith(f"/{article.id}")


def test_titles_are_unique_in_each_language(articles: list[Article]) -> None:
    for language in LANGUAGES:
        titles = [article.title.casefold() for article in of_language(articles, language).values()]
        assert len(set(titles)) == len(titles)


def test_bodies_are_neither_stubs_nor_novels(articles: list[Article]) -> None:
    lengths = {article.key: len(article.body.split()) for article in articles}
    assert {key: words for key, words in lengths.items() if not 120 <= words <= 400} == {}


def test_every_article_says_what_to_do_when_it_does_not_work(articles: list[Article]) -> None:
    headings = {"pt-BR": "## Se não funcionar", "es": "## Si no funciona", "en": "## If it does not work"}
    assert [article.key for article in articles if headings[article.language] not in article.body] == []
    assert [article.key for article in articles if len(article.keywords) < 5] == []


def test_a_few_articles_are_for_a_group_that_somebody_belongs_to(
    articles: list[Article], employees: list[Employee]
) -> None:
    private = [article for article in of_language(articles, "pt-BR").values() if article.audience]
    groups = {group for employee in employees for group in employee.groups}
    assert 3 <= len(private) <= 4
    assert all(set(article.audience) <= groups for article in private)


def test_articles_send_people_to_categories_that_exist(articles: list[Article], categories: list[Category]) -> None:
    names = {language: {category.name[language] for category in categories if category.queue} for language in LANGUAGES}
    for article in articles:
        assert set(SENDS_TO_CATEGORY.findall(article.body)) <= names[article.language], article.key


def test_no_file_names_a_real_domain() -> None:
    for file in sorted(COMPANY.rglob("*")):
        if file.is_file():
            text = file.read_text(encoding="utf8")
            assert REAL_DOMAIN.findall(text) == [], file
            assert [host for host in ADDRESS.findall(text) if not host.endswith(".example")] == [], file


def test_the_catalogue_is_a_tree_with_twelve_leaves(categories: list[Category]) -> None:
    leaves = [category for category in categories if category.queue]
    seen: set[str] = set()
    for category in categories:
        assert category.id not in seen
        assert not category.parent or category.parent in seen, "parents come before children"
        seen.add(category.id)
    assert len(leaves) == 12
    assert {category.parent for category in leaves} == {category.id for category in categories if not category.queue}


def test_everything_an_employee_reads_is_there_in_three_languages(categories: list[Category]) -> None:
    for category in categories:
        words = [category.name, category.description]
        for field in category.fields:
            words += [field.label, field.question, *(option.label for option in field.options)]
        assert all(set(each) == set(LANGUAGES) for each in words), category.id


def test_every_leaf_has_examples_and_none_belongs_to_two(categories: list[Category]) -> None:
    for language in LANGUAGES:
        examples = [text.casefold() for category in categories for text in category.examples.get(language, ())]
        assert len(set(examples)) == len(examples)
        assert all(len(category.examples[language]) >= 5 for category in categories if category.queue)


def test_examples_are_not_the_words_of_the_articles(categories: list[Category], articles: list[Article]) -> None:
    titles = {article.title.casefold() for article in articles}
    examples = {text.casefold() for category in categories for each in category.examples.values() for text in each}
    assert examples & titles == set()


def test_fields_cover_every_type_and_few_are_required(categories: list[Category]) -> None:
    assert {field.type for category in categories for field in category.fields} == set(get_args(FieldType))
    for category in categories:
        if category.queue:
            assert 2 <= len(category.fields) <= 4, category.id
            assert sum(field.required for field in category.fields) <= 3, category.id


def test_options_and_patterns_can_be_used(categories: list[Category]) -> None:
    for field in (field for category in categories for field in category.fields):
        re.compile(field.pattern)
        assert (field.type in {"choice", "multi_choice", "location"}) == bool(field.options), field.id
        assert len({option.id for option in field.options}) == len(field.options) <= 10
        spoken = [synonym for option in field.options for synonym in option.synonyms]
        assert len(set(spoken)) == len(spoken), field.id


def test_names_fit_on_whatsapp_rows_and_buttons(categories: list[Category]) -> None:
    for category in categories:
        assert all(len(name) <= ROW_TITLE for name in category.name.values()), category.id
        for field in category.fields:
            limit = BUTTON_TITLE if len(field.options) <= 3 else ROW_TITLE
            assert all(len(label) <= limit for option in field.options for label in option.label.values()), field.id


def test_the_desk_knows_every_queue_it_is_sent_to(categories: list[Category]) -> None:
    desk = load("desk.yaml")
    queues = {queue["id"]: queue for queue in desk["queues"]}
    named = {category.queue for category in categories if category.queue}
    named |= {rule["queue"] for rule in desk["routing"]} | set(desk["hand_off_queue"].values())
    assert named <= queues.keys()
    assert all(queue["calendar"] in desk["calendars"] for queue in queues.values())
    assert all(set(queue["name"]) == set(LANGUAGES) for queue in queues.values())


def test_calendars_have_real_hours_and_holidays_of_two_years() -> None:
    zones = set()
    for calendar in load("desk.yaml")["calendars"].values():
        zones.add(ZoneInfo(calendar["timezone"]).key)
        for opens, closes in (span for day in calendar["hours"].values() for span in day):
            end = time.max if closes == "24:00" else time.fromisoformat(closes)
            assert time.fromisoformat(opens) < end
        holidays: list[date] = calendar["holidays"]
        assert holidays == sorted(set(holidays))
        assert {day.year for day in holidays} in (set(), {2026, 2027})
    assert len(zones) >= 3


def test_promises_and_rules_speak_of_what_exists(categories: list[Category]) -> None:
    desk = load("desk.yaml")
    priorities = set(get_args(Priority))
    fields = {field.id for category in categories for field in category.fields}
    assert set(desk["promises"]) == priorities
    assert all(0 < each["first_response"] < each["resolution"] for each in desk["promises"].values())
    for rule in desk["priority_rules"]:
        assert ("raise" in rule) != ("at_least" in rule)
        assert {rule.get("at_least"), rule.get("never_above")} - {None} <= priorities
        assert rule["when"].get("field", "impact") in fields
    assert desk["reopen_days"] > 0


def test_the_employees_are_fifteen_and_of_every_kind(employees: list[Employee]) -> None:
    assert len(employees) == 15
    assert len({employee.email for employee in employees}) == len({employee.id for employee in employees}) == 15
    assert sum(not employee.active for employee in employees) == 1
    assert sum(employee.vip for employee in employees) == 1
    assert sum("gestores" in employee.groups for employee in employees) >= 3
    assert {employee.language for employee in employees} == set(LANGUAGES)
    assert len({ZoneInfo(employee.timezone).key for employee in employees}) >= 2
    offices = {office["name"]: office["timezone"] for office in load("company.yaml")["offices"]}
    assert all(offices[employee.location] == employee.timezone for employee in employees)


def test_one_outage_goes_on_and_one_has_ended(categories: list[Category]) -> None:
    ended = []
    for row in load("outages.yaml")["outages"]:
        ended.append(row.pop("ended_at") is not None)
        outage = Outage.model_validate(row)
        assert outage.since.tzinfo is not None
        assert set(outage.title) == set(outage.body) == set(LANGUAGES)
        assert set(outage.categories) <= {category.id for category in categories}
    assert sorted(ended) == [False, True]


def test_the_people_of_the_phone_page_show_every_kind_of_contact(employees: list[Employee]) -> None:
    people = load("people.yaml")["people"]
    known = {employee.email: employee for employee in employees if employee.active}
    strangers = [person for person in people if person["email"] not in known]
    assert len(strangers) == 1
    assert 6 <= len(people) <= 8
    assert any("wa_id" not in person and person["bsuid"] for person in people)
    assert any(re.fullmatch(r"55\d{10}", person.get("wa_id", "")) for person in people), "without the ninth digit"
    for person in people:
        assert person["messages"]
        assert FICTITIOUS_PHONE.fullmatch("+" + person["wa_id"]) if "wa_id" in person else person["bsuid"]


def test_the_company_file_names_a_notice_and_hosts_for_every_link(articles: list[Article]) -> None:
    company = load("company.yaml")
    hosts = set(company["link_hosts"])
    assert set(company["privacy_notice"]["url"]) == set(LANGUAGES)
    assert company["default_language"] in LANGUAGES
    links = [url for article in articles for url in (article.url, *re.findall(r"https://[\w./-]+", article.body))]
    assert {link.split("/")[2].rstrip(".") for link in links} <= hosts
