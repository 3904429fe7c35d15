"""Which requests a list holds and in which order, on either store."""

from datetime import timedelta

import pytest

from app.desk import listing
from app.desk.acting import Agent, prioritise, set_status, take
from app.desk.listing import MINE, NOBODY, Scene, Wish
from app.desk.models import RequestRow
from app.desk.refusals import ActRefusedError
from app.desk.requests import comment_request
from app.desk.saved_views import ALWAYS, drop_view, save_view, views_of
from app.replying import newer_words
from app.staff.accounts import NewStaff, Password, add_staff
from tests.console.desk_scene import ask, furnish
from tests.tools.service_desk_contract import NOW

HOUR = timedelta(hours=1)


@pytest.fixture
def requests(session) -> list[int]:
    """Three of Mariana's, an hour apart, and two accounts of staff."""
    furnish(session, NOW)
    for name in ("rui", "bia"):
        add_staff(session, NewStaff(f"{name}@ipe.example", name.title(), ("agent",)), Password("x"), NOW)
    titles = ("Crachá não abre", "Cadeira quebrada", "Ar-condicionado")
    return [ask(session, NOW + place * HOUR, title) for place, title in enumerate(titles)]


def listed(session, wish: Wish, **more: object) -> list[int]:
    return [row.number for row in listing.list_requests(session, wish, Scene(1, NOW + 3 * HOUR), **more)]


def agent(hours: float = 3, staff_id: int = 1, name: str = "Rui") -> Agent:
    return Agent(staff_id, name, NOW + hours * HOUR)


@pytest.mark.parametrize("sort", listing.SORTS)
def test_page_after_page_shows_each_once_in_any_order(session, requests, sort):
    wish, seen, after = Wish(status="all", sort=sort), [], None
    whole = listed(session, wish)
    while rows := listing.list_requests(session, wish, Scene(1, NOW), after=after, limit=1):
        seen.append(rows[0].number)
        after = listing.read_key(listing.key_of(rows[0], sort))
    assert seen == whole
    assert sorted(seen) == requests


def test_what_is_urgent_or_due_comes_first(session, requests):
    prioritise(session, requests[2], "urgent", agent())
    assert listed(session, Wish(sort="priority"))[0] == requests[2]
    assert listed(session, Wish(sort="newest")) == requests[::-1]
    assert listed(session, Wish(sort="due"))[0] == requests[2]


def test_words_are_found_whatever_their_case_and_accents_and_numbers_too(session, requests):
    first = requests[:1]
    for words in ("CRACHA", "crachá abre", f"#{requests[0]}", str(requests[0]), "abre mariana"):
        assert listed(session, Wish(words=words)) == first, words
    for words in ("cracha cadeira", "#999", "%", "_"):
        assert listed(session, Wish(words=words)) == [], words


def test_whoever_sees_no_names_does_not_find_by_them(session, requests):
    blind = Scene(1, NOW, people=False)
    assert listing.list_requests(session, Wish(words="mariana"), blind) == []
    assert len(listing.list_requests(session, Wish(words="cracha"), blind)) == 1


def test_whose_it_is_and_whose_turn_it_is(session, requests):
    take(session, requests[0], agent())
    assert listed(session, Wish(assignee=MINE)) == [requests[0]]
    assert listed(session, Wish(assignee="2")) == []
    assert sorted(listed(session, Wish(assignee=NOBODY))) == requests[1:]
    assert len(listed(session, Wish(unanswered=True))) == 3
    set_status(session, requests[0], "waiting", agent())
    assert len(listed(session, Wish(unanswered=True))) == 2
    comment_request(session, "E1001", str(requests[0]), "já vi", reference="c", now=NOW + 4 * HOUR)
    assert len(listed(session, Wish(unanswered=True))) == 3
    assert [event.text for event in newer_words(session, requests[0], 0, "Rui")] == ["já vi"]


def test_a_clock_that_stands_still_is_never_late(session, requests):
    row = session.get(RequestRow, requests[0])
    late = Scene(1, row.resolution_due + HOUR)
    assert requests[0] in [one.number for one in listing.list_requests(session, Wish(due="overdue"), late)]
    set_status(session, requests[0], "waiting", agent())
    assert requests[0] not in [one.number for one in listing.list_requests(session, Wish(due="overdue"), late)]


def test_counts_and_changes_belong_to_the_choice(session, requests):
    before, scene = listing.latest_event(session), Scene(1, NOW)
    set_status(session, requests[1], "solved", agent())
    assert list(listing.changed_since(session, before)) == [requests[1]]
    assert listing.among(session, Wish(), scene, requests) == [requests[2], requests[0]]
    assert listing.count(session, Wish(), scene) == 2
    assert listing.count(session, Wish(status="ended"), scene) == 1
    assert all(listing.count(session, wish, scene) <= 3 for wish in ALWAYS.values())


def test_a_view_is_ones_own_until_it_is_shared(session, requests):
    kept = save_view(session, 1, " Prédio  caro ", Wish(queue="facilities"), shared=False, now=NOW)
    assert [view.name for view in views_of(session, 1)] == ["Prédio caro"]
    assert views_of(session, 2) == []
    assert save_view(session, 1, "Prédio caro", Wish(priority="high"), shared=True, now=NOW) == kept
    assert [(view.wish.priority, view.mine) for view in views_of(session, 2)] == [("high", False)]
    with pytest.raises(ActRefusedError, match="view_unknown"):
        drop_view(session, 2, kept, any_owner=False)
    drop_view(session, 2, kept, any_owner=True)
    assert views_of(session, 1) == []
