"""What a listing changes: worked out, exact, and on the safe side."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.knowledge.difference import Difference, Failed, Found, Read, Shelved, compare
from retrieval.articles import Entry, fingerprint, text_fingerprint
from retrieval.passage import Article


def article(name: str, text: str = "", **more) -> Article:
    return Article(id=name, language="pt-BR", title="T", body=text or f"texto de {name}", **more)


def read(ref: str, name: str, text: str = "", **more) -> Read:
    return Read(ref, Entry(article(name, text, **more)), raw=f"{name}{text}")


def found(*reads: Read, same: tuple[str, ...] = (), failed: tuple[Failed, ...] = ()) -> Found:
    return Found(set(same), {one.ref: one for one in reads}, {one.ref: one for one in failed})


def shelved(one: Read, source: str = "rh") -> Shelved:
    return Shelved(source, one.ref, fingerprint(one.article), text_fingerprint(one.article), one.raw)


def shelf(*reads: Read, source: str = "rh") -> dict[str, Shelved]:
    return {one.article.key: shelved(one, source) for one in reads}


A, B, C = read("a.md", "a"), read("b.md", "b"), read("c.md", "c")


def told(difference: Difference) -> dict[str, list]:
    names = ("added", "changed", "removed", "unchanged", "moved", "renamed", "duplicates", "failed")
    return {name: value for name in names if (value := getattr(difference, name))}


def test_what_is_new_different_gone_and_the_same_is_told_apart():
    changed = read("b.md", "b", "outro texto")
    difference = compare("rh", shelf(A, B, C), found(changed, read("d.md", "d"), same=("a.md",)))
    assert told(difference) == {
        "added": ["d@pt-BR"], "changed": ["b@pt-BR"], "removed": ["c@pt-BR"], "unchanged": ["a@pt-BR"],
    }  # fmt: skip
    assert sorted(difference.write) == ["b@pt-BR", "d@pt-BR"]


def test_a_moved_file_is_the_same_article():
    difference = compare("rh", shelf(A), found(replace(A, ref="new/a.md")))
    assert told(difference) == {"moved": [("a.md", "new/a.md")], "unchanged": ["a@pt-BR"]}
    assert list(difference.write) == ["a@pt-BR"]


def test_a_renamed_id_is_neither_added_nor_removed():
    difference = compare("rh", shelf(A, B), found(read("a.md", "z", "texto de a"), same=("b.md",)))
    assert told(difference) == {"renamed": [("a@pt-BR", "z@pt-BR")], "unchanged": ["b@pt-BR"]}
    assert difference.gone == ["a@pt-BR"]


def test_the_same_text_under_another_id_waits_until_the_first_is_gone():
    twin = read("z.md", "z", "texto de a")
    assert told(compare("rh", shelf(A), found(twin, same=("a.md",)))) == {
        "unchanged": ["a@pt-BR"], "duplicates": [("z.md", "a@pt-BR")],
    }  # fmt: skip
    assert told(compare("rh", shelf(A), found(twin))) == {"renamed": [("a@pt-BR", "z@pt-BR")]}
    assert told(compare("rh", {}, found(A, twin)))["duplicates"] == [("z.md", "a@pt-BR")]
    assert told(compare("rh", shelf(A, source="ti"), found(twin))) == {"duplicates": [("z.md", "a@pt-BR")]}


def test_the_same_words_for_other_readers_are_no_twin():
    narrow = read("z.md", "z", "texto de a", audience=("rh",))
    assert told(compare("rh", shelf(A), found(narrow, same=("a.md",))))["added"] == ["z@pt-BR"]


def test_the_second_of_two_with_one_id_fails_and_who_had_it_keeps_it():
    other = replace(read("0.md", "a", "outro"), ref="0.md")
    difference = compare("rh", shelf(A), found(other, same=("a.md",)))
    assert told(difference) == {
        "unchanged": ["a@pt-BR"], "failed": [("0.md", "the id 'a' in pt-BR is taken by a.md")],
    }  # fmt: skip
    assert told(compare("rh", {}, found(other, A)))["failed"] == [("a.md", "the id 'a' in pt-BR is taken by 0.md")]


def test_an_id_of_another_source_is_not_taken_from_it():
    difference = compare("rh", shelf(A, source="ti"), found(A, B))
    assert told(difference) == {
        "added": ["b@pt-BR"], "failed": [("a.md", "the id 'a' in pt-BR is taken by a.md of the source ti")],
    }  # fmt: skip


def test_a_document_that_asks_for_a_taken_id_keeps_its_former_article():
    difference = compare("rh", shelf(A, B), found(read("b.md", "a", "outro"), same=("a.md",)))
    assert difference.removed == []
    assert [ref for ref, _ in difference.failed] == ["b.md"]
    assert difference.unchanged == ["a@pt-BR", "b@pt-BR"]


def test_an_unreadable_document_keeps_its_article_unless_it_is_gone():
    failed = (Failed("a.md", "broken"), Failed("b.md", "404", gone=True), Failed("new.md", "broken"))
    difference = compare("rh", shelf(A, B), found(failed=failed))
    assert told(difference) == {
        "removed": ["b@pt-BR"], "unchanged": ["a@pt-BR"],
        "failed": [("a.md", "broken"), ("b.md", "404"), ("new.md", "broken")],
    }  # fmt: skip


def many(count: int) -> list[Read]:
    return [read(f"{n:03}.md", f"n{n}") for n in range(count)]


@pytest.mark.parametrize(("had", "left", "held"), [(20, 9, True), (20, 10, False), (19, 0, False), (200, 0, True)])
def test_a_sudden_loss_of_more_than_half_is_held_back(had, left, held):
    every = many(had)
    listing = found(same=tuple(one.ref for one in every[:left]))
    difference = compare("rh", shelf(*every), listing)
    assert bool(difference.held) is held
    assert not compare("rh", shelf(*every), listing, force=True).held
    if held:
        assert "recado kb sync rh --force" in difference.held
        assert f"{had - left} of {had} articles are gone" in difference.held


def test_renamed_articles_are_no_loss():
    every = many(40)
    renamed = [read(one.ref, f"z{one.article.id}", one.article.body) for one in every]
    difference = compare("rh", shelf(*every), found(*renamed))
    assert (len(difference.renamed), difference.held, difference.removed) == (40, "", [])


names = st.sampled_from(["a", "b", "c", "d"])
refs = st.sampled_from(["1.md", "2.md", "3.md", "4.md", "5.md"])
reads = st.dictionaries(refs, st.tuples(names, st.sampled_from(["x", "y", "z", ""])), max_size=5)


def all_read(told: dict) -> Found:
    return found(*(read(ref, name, text) for ref, (name, text) in told.items()))


def applied(before: dict[str, Shelved], difference: Difference) -> dict[str, Shelved]:
    after = {key: row for key, row in before.items() if key not in difference.gone}
    return after | {key: shelved(one) for key, one in difference.write.items()}


@given(reads, reads, reads)
def test_any_two_listings_leave_an_exact_shelf_and_the_second_time_nothing_to_do(other, first, second):
    foreign = compare("ti", {}, all_read(other))
    shelf_ = {key: replace(shelved(one), source="ti") for key, one in foreign.write.items()}
    for listing in (first, second):
        before = shelf_
        difference = compare("rh", before, all_read(listing))
        shelf_ = applied(before, difference)
        mine = {row.ref for row in shelf_.values() if row.source == "rh"}
        trouble = {ref for ref, _ in difference.failed} | {ref for ref, _ in difference.duplicates}
        assert mine | trouble >= listing.keys(), "every document became an article or was named"
        assert mine <= listing.keys(), "no article without its document"
        kept = {ref for ref, _ in difference.failed}  # what stays as it was may meet what others became
        texts = [row.text for row in shelf_.values() if row.source != "rh" or row.ref not in kept]
        assert len(texts) == len(set(texts)), "no text twice"
        assert {key: row for key, row in shelf_.items() if row.source == "ti"} == {
            key: row for key, row in before.items() if row.source == "ti"
        }
        renamed = {new for _, new in difference.renamed}
        assert set(difference.added) | renamed == shelf_.keys() - before.keys()
        assert set(difference.gone) == before.keys() - shelf_.keys()
    again = compare("rh", shelf_, all_read(second))
    assert (again.added, again.removed, again.renamed, again.changed) == ([], [], [], [])
