"""A company out of its database into a folder for evaluations: catalogue, rules, articles, one made-up employee."""

import csv
import json
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.desk.catalogue import catalogue_of
from app.desk.models import OutageRow
from app.desk.rules import rules_of
from app.knowledge.articles import all_articles
from app.settings import CompanySettings
from eval.strangers import DOMAIN
from tools.service_desk import Employee

PERSON = "alex"
WA_ID, BSUID = "5511955550100", "BR.1000000000000100"


def write_company(session: Session, folder: Path, settings: CompanySettings, employee: Employee) -> None:
    """Write the folder. `employee` is made up, with the groups, place and language of the real one."""
    folder.mkdir(parents=True, exist_ok=True)
    categories = [category.model_dump(mode="json") for category in catalogue_of(session)]
    _write(folder / "catalogue.yaml", {"categories": categories})
    _write(folder / "desk.yaml", rules_of(session).model_dump(mode="json", by_alias=True))
    outages = [
        outage.spec | {"ended_at": outage.ended_at.isoformat() if outage.ended_at else None}
        for outage in session.scalars(select(OutageRow))
    ]
    _write(folder / "outages.yaml", {"outages": outages})
    _write(folder / "company.yaml", _about(settings))
    _write(folder / "people.yaml", {"people": [_person(employee)]})
    _write_employees(folder / "employees.csv", employee)
    _write_articles(session, folder / "articles")


def _about(settings: CompanySettings) -> dict[str, Any]:
    urls = dict.fromkeys(("pt-BR", "es", "en"), settings.privacy_url)
    return {
        "name": settings.name,
        "assistant": settings.assistant,
        "default_language": settings.default_language,
        "mail_domain": DOMAIN,
        "privacy_notice": {"version": settings.privacy_version, "url": urls},
        "link_hosts": list(settings.link_hosts),
    }


def _person(employee: Employee) -> dict[str, Any]:
    about = {"id": PERSON, "name": employee.name.split()[0], "wa_id": WA_ID, "bsuid": BSUID}
    return about | {"email": employee.email, "language": employee.language, "about": "made up"}


def _write_employees(file: Path, employee: Employee) -> None:
    columns = ("id", "name", "email", "language", "timezone", "location", "department", "groups", "active", "vip")
    row = {name: getattr(employee, name) for name in columns} | {"groups": ";".join(employee.groups)}
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, columns)
        writer.writeheader()
        writer.writerow({name: str(value).lower() if isinstance(value, bool) else value for name, value in row.items()})


def _write_articles(session: Session, folder: Path) -> None:
    for number, article in enumerate(all_articles(session)):
        front = {
            "id": article.id, "title": article.title, "language": article.language, "url": article.url,
            "audience": list(article.audience), "keywords": list(article.keywords),
        }  # fmt: skip
        file = folder / article.language / f"{number:05d}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        head = yaml.safe_dump(front, allow_unicode=True, sort_keys=False)
        file.write_text(f"---\n{head}---\n\n{article.body}\n", "utf-8")


def _write(file: Path, content: dict[str, Any]) -> None:
    plain = json.loads(json.dumps(content, default=str))
    file.write_text(yaml.safe_dump(plain, allow_unicode=True, sort_keys=False, width=110), "utf-8")
