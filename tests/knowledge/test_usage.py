"""How articles do: never used, stale, contradicted, useful, and alike."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from sqlalchemy.orm import Session

from app.knowledge.articles import store_written
from app.knowledge.usage import contradicted, most_useful, near_duplicates, never_used, stale, uses, wilson
from retrieval.passage import Article
from tests.knowledge.records import asked

NOW = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
YEARS_AGO, MONTHS_AGO, RECENTLY = NOW - timedelta(days=800), NOW - timedelta(days=120), NOW - timedelta(days=5)


@pytest.fixture
def library(session: Session) -> Session:
    for name, changed_at in (("vpn", YEARS_AGO), ("wifi", MONTHS_AGO), ("new", RECENTLY), ("old", YEARS_AGO)):
        article = Article(id=name, language="pt-BR", title=name.upper(), body=f"Sobre {name}.")
        store_written(session, article, now=changed_at)
    return session


def shown(session: Session, article: str, *outcomes: str, times: int = 1) -> None:
    for number in range(times):
        asked(session, f"{article} {number}", *outcomes, at=RECENTLY, article_id=article)


def test_an_article_shown_to_nobody_is_named_once_it_is_no_longer_new(library):
    shown(library, "vpn", "answered")

    assert [use.article_id for use in never_used(library, NOW)] == ["old", "wifi"]
    assert [use.article_id for use in never_used(library, NOW, days=365)] == ["old"]


def test_an_old_article_is_stale_only_when_people_get_it(library):
    shown(library, "vpn", "answered", times=3)
    shown(library, "wifi", "offered")

    [use] = stale(library, NOW)
    assert (use.article_id, use.used, use.last_used_at) == ("vpn", 3, RECENTLY)


def test_votes_contradict_an_article_only_when_there_are_enough_of_them(library):
    shown(library, "vpn", "answered", "not_resolved", times=6)
    shown(library, "vpn", "answered", "resolved", times=2)
    shown(library, "wifi", "answered", "not_resolved", times=2)
    shown(library, "old", "offered", "not_resolved", times=9)  # nobody opened it
    shown(library, "new", "answered", "resolved", times=9)
    shown(library, "new", "answered", "not_resolved", times=1)

    [use] = contradicted(library, NOW)
    assert (use.article_id, use.resolved, use.not_resolved, use.share) == ("vpn", 2, 6, 0.75)
    assert 0.4 < use.low < 0.75 < use.high < 0.95
    assert [use.article_id for use in most_useful(library, NOW)] == ["new", "vpn"]


def test_every_article_is_there_once_whatever_its_languages(library):
    store_written(library, Article(id="vpn", language="es", title="VPN", body="x"), now=NOW)

    found = {use.article_id: use for use in uses(library, NOW)}
    assert set(found) == {"vpn", "wifi", "new", "old"}
    assert found["vpn"].languages == ("es", "pt-BR")
    assert found["vpn"].updated_at == NOW


def test_articles_that_say_nearly_the_same_are_pairs_and_translations_are_none(session):
    body = "Abra o aplicativo da VPN, escolha a filial e entre com o crachá virtual."
    for name, language, text in (
        ("vpn", "pt-BR", body),
        ("vpn-2", "pt-BR", f"{body} Depois feche."),
        ("vpn", "es", body),
        ("ferias", "pt-BR", "Peça no portal com 45 dias de antecedência."),
    ):
        store_written(session, Article(id=name, language=language, title="Usar a VPN", body=text), now=NOW)  # type: ignore[arg-type]
    store_written(
        session, Article(id="ferias", language="pt-BR", title="Pedir férias", body="Peça no portal."), now=NOW
    )

    [twins] = near_duplicates(session)
    assert {twins.one, twins.other} == {"vpn@pt-BR", "vpn-2@pt-BR"}


@given(st.integers(0, 200), st.integers(1, 200))
def test_wilsons_interval_is_the_known_one(hits, of):
    hits = min(hits, of)
    known = binomtest(hits, of).proportion_ci(method="wilson")

    assert wilson(hits, of) == pytest.approx((known.low, known.high), abs=1e-4)
