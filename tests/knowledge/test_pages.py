"""Web pages as sources: only from hosts on the list, only what changed, and never a bomb."""

import gzip
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.knowledge.sources import network, pages, sitemap
from app.knowledge.sources.network import AllowList, NotFetchedError
from app.knowledge.sources.pages import open_pages
from app.knowledge.sources.sitemap import parsed, unpacked
from app.knowledge.sources.terms import Options, Terms
from tests.knowledge.web import Site, serving
from tests.tools.knowledge_source_contract import KnowledgeSourceContract, listed
from tools.knowledge_source import Document, KnowledgeSource, SourceUnavailableError, Unreadable

LOCAL = ("127.0.0.1",)


def terms(location: str, kind: str = "urls", **options) -> Terms:
    options = {"private_hosts": LOCAL, **options}
    return Terms(name="web", kind=kind, location=location, options=Options(**options))


async def read(told: Terms, known: dict[str, str] | None = None):
    async with open_pages(told) as source:
        return await listed(source, known)


class Opened:
    """A source that opens and closes its connections around each listing."""

    revision = ""

    def __init__(self, told: Terms):
        self.told = told

    async def documents(self, known):
        async with open_pages(self.told) as source:
            async for one in source.documents(known):
                yield one


class WebPlace:
    def __init__(self, site: Site, kind: str):
        self.site, self.kind, self.names = site, kind, []
        self.site.sitemap("/sitemap.xml")

    def put(self, name: str, content: bytes) -> str:
        path = f"/{name}"
        self.site.pages[path] = content
        self.site.types[path] = "text/markdown; charset=utf-8"
        self.names = [*dict.fromkeys([*self.names, path])]
        self.site.sitemap("/sitemap.xml", *self.names)
        return self.site.url(path)

    def drop(self, name: str) -> None:
        del self.site.pages[f"/{name}"]
        if self.kind == "sitemap":
            self.names.remove(f"/{name}")
            self.site.sitemap("/sitemap.xml", *self.names)

    def go_away(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.site.address = f"http://127.0.0.1:{probe.getsockname()[1]}"

    def open(self) -> KnowledgeSource:
        where = self.site.url("/sitemap.xml") if self.kind == "sitemap" else "\n".join(map(self.site.url, self.names))
        return Opened(terms(where, self.kind))


@pytest.fixture
def site():
    with serving() as site:
        yield site


class TestPages(KnowledgeSourceContract):
    @pytest.fixture(params=["urls", "sitemap"])
    def place(self, request, site):
        return WebPlace(site, request.param)


async def test_a_page_that_has_not_changed_is_not_loaded_again(site):
    site.pages |= {"/a": b"<p>a", "/b": b"<p>b", "/c": b"<p>c"}
    site.headers |= {"/b": {"Last-Modified": "Mon, 23 Nov 2026 10:00:00 GMT"}, "/c": {}}
    told = terms("\n".join(map(site.url, site.pages)))
    first = await read(told)
    assert [one.stamp.partition(" ")[0] for one in first.values()] == ["etag", "modified", ""]
    site.loaded.clear()
    await read(told, {ref: one.stamp for ref, one in first.items() if one.stamp})
    assert sorted(site.loaded) == ["/b", "/c"]  # this server knows no If-Modified-Since
    assert site.told["User-Agent"].startswith("Recado-knowledge/")


async def test_the_kind_is_what_the_server_says_and_unknown_kinds_are_refused(site):
    site.pages |= {"/a": b"x", "/b.md": b"x", "/c": b"x", "/d.pdf": b"x"}
    site.types |= {"/b.md": "text/plain", "/c": "image/png", "/d.pdf": "application/octet-stream"}
    found = list((await read(terms("\n".join(map(site.url, site.pages))))).values())
    assert [getattr(one, "suffix", None) for one in found] == [".html", ".md", None, ".pdf"]
    assert "image/png" in found[2].reason


async def test_a_page_that_is_gone_is_told_so_and_one_that_fails_is_not(site):
    site.pages["/a"] = b"x"
    site.statuses |= {"/gone": 410, "/broken": 500, "/secret": 403}
    found = await read(terms("\n".join(map(site.url, ("/a", "/gone", "/broken", "/secret", "/never")))))
    gone = {ref.removeprefix(site.address): one.gone for ref, one in found.items() if isinstance(one, Unreadable)}
    assert gone == {"/gone": True, "/broken": False, "/secret": False, "/never": True}


async def test_a_redirect_is_followed_on_the_list_only(site):
    site.pages["/new"] = b"there"
    site.redirects |= {
        "/old": "/new",
        "/off": "https://evil.example/x",
        "/meta": "http://169.254.169.254/latest",
        "/file": "file:///etc/passwd",
        "/loop": "/loop",
    }
    found = await read(terms("\n".join(map(site.url, site.redirects))))
    told = {ref.removeprefix(site.address): one for ref, one in found.items()}
    assert told["/old"].content == b"there"
    assert told["/old"].ref.endswith("/old")
    assert "evil.example is not on" in told["/off"].reason
    assert "169.254.169.254 is not on" in told["/meta"].reason
    assert "is not on" in told["/file"].reason
    assert "redirects" in told["/loop"].reason


async def test_a_page_too_large_is_refused_whether_announced_or_not(site, monkeypatch):
    monkeypatch.setattr(network.Fetcher.fetch, "__kwdefaults__", {"limit": 1000})
    site.pages |= {"/announced": b"x" * 1001, "/silent": b"x" * 200_000, "/just": b"x" * 1000}
    site.headers["/silent"] = {"Content-Length": ""}
    found = await read(terms("\n".join(map(site.url, site.pages))))
    assert [isinstance(one, Document) for one in found.values()] == [False, False, True]
    assert all("larger than 1,000" in one.reason for one in list(found.values())[:2])


async def test_a_packed_answer_is_refused(site):
    site.pages["/zip"] = gzip.compress(b"x" * 1000)
    site.headers["/zip"] = {"Content-Encoding": "gzip"}
    site.pages["/a"] = b"x"
    found = await read(terms(f"{site.url('/zip')} {site.url('/a')}"))
    assert "packed" in found[site.url("/zip")].reason


REFUSED = [
    ("https://other.example/a", "not on the source's list"),
    ("http://kb.example/a", "not https"),
    ("https://kb.example:8443/a", "not https"),
    ("https://ana:secret@kb.example/a", "user or password"),
    ("https://kb.example@evil.example/a", "not on the source's list"),
    ("https://kb.example.evil.example/", "not on the source's list"),
    ("ftp://kb.example/a", "not https"),
    ("file:///etc/passwd", "not on the source's list"),
    ("https://[::1/", "cannot be read"),
    ("https://kb.example:99999/", "cannot be read"),
    ("javascript:alert(1)", "not on the source's list"),
    ("http://intranet.example/a", "not https"),  # private, but not this very machine
]


@pytest.mark.parametrize(("url", "why"), REFUSED)
def test_an_address_off_the_list_is_refused_before_anybody_is_asked(url, why):
    allowed = AllowList(frozenset({"kb.example"}), frozenset({"intranet.example"}))
    with pytest.raises(NotFetchedError, match=why):
        allowed.check(url)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "192.168.0.9", "::1", "fd00::1"])
async def test_a_host_with_a_private_address_is_refused_unless_it_may_have_one(monkeypatch, address):
    async def answers(_loop, _host, port, **_):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr("asyncio.base_events.BaseEventLoop.getaddrinfo", answers)
    public, private = AllowList(frozenset({"kb.example"})), AllowList(frozenset(), frozenset({"kb.example"}))
    url = "https://kb.example/a"
    with pytest.raises(NotFetchedError, match="private address"):
        await public.resolve(public.check(url))
    assert await private.resolve(private.check(url)) == address


async def test_a_name_that_changes_its_address_after_it_was_looked_at_leads_nowhere_else(site, monkeypatch):
    site.pages["/a"] = b"x"
    answers = iter(["127.0.0.1"])  # a second lookup has no answer

    async def answer(_loop, _host, port, **_):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    monkeypatch.setattr("asyncio.base_events.BaseEventLoop.getaddrinfo", answer)
    port = site.address.rpartition(":")[2]
    url = f"http://localhost:{port}/a"
    found = await read(terms(url, private_hosts=("localhost",)))
    assert found[url].content == b"x"
    assert site.told["Host"] == f"localhost:{port}"


async def test_a_sitemap_leads_through_its_index_and_gzip_to_every_page_once(site):
    site.sitemap("/index.xml", "/one.xml", "/two.xml.gz", "/one.xml", kind="sitemapindex")
    site.sitemap("/one.xml", "/a", "/b")
    site.sitemap("/two.xml.gz", "/b", "/c#part")
    site.pages["/two.xml.gz"] = gzip.compress(site.pages["/two.xml.gz"])
    site.pages |= {"/a": b"a", "/b": b"b", "/c": b"c"}
    found = await read(terms(site.url("/index.xml"), "sitemap"))
    assert list(found) == [site.url("/a"), site.url("/b"), site.url("/c")]
    assert site.asked.count("/one.xml") == 1


async def test_pages_of_a_sitemap_off_the_list_are_named_and_not_asked(site):
    site.pages["/map.xml"] = (
        f"<urlset><url><loc>https://other.example/x</loc></url><url><loc>{site.url('/a')}</loc></url></urlset>".encode()
    )
    site.pages["/a"] = b"a"
    found = await read(terms(site.url("/map.xml"), "sitemap"))
    assert "not on the source's list" in found["https://other.example/x"].reason
    assert isinstance(found[site.url("/a")], Document)


BOMB = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><urlset>&b;</urlset>"""
OUTSIDE = b"""<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><urlset><url><loc>&f;</loc></url></urlset>"""


@pytest.mark.parametrize(
    "xml",
    [BOMB, OUTSIDE, b"", b"<urlset>", b"\x00\xff", b"<html></html>x", b'<?xml version="1.0" encoding="nope"?><a/>'],
)
def test_xml_that_is_a_bomb_or_none_is_a_sentence(xml):
    with pytest.raises(SourceUnavailableError, match="not the XML"):
        parsed("https://kb.example/map.xml", xml)


async def test_what_is_no_sitemap_is_a_sentence(site):
    site.pages["/map.xml"] = b"<html></html>"
    with pytest.raises(SourceUnavailableError, match="is no sitemap"):
        await read(terms(site.url("/map.xml"), "sitemap"))
    with pytest.raises(SourceUnavailableError, match="could not be loaded: the server answered 404"):
        await read(terms(site.url("/none.xml"), "sitemap"))


def test_a_gzip_bomb_is_refused_without_being_unpacked(monkeypatch):
    monkeypatch.setattr(sitemap, "LARGEST", 10_000)
    with pytest.raises(SourceUnavailableError, match="unpacks to more"):
        unpacked("x", gzip.compress(b"x" * 10_001))
    assert len(unpacked("x", gzip.compress(b"x" * 10_000))) == 10_000
    with pytest.raises(SourceUnavailableError, match="cut off"):
        unpacked("x", gzip.compress(b"abc")[:-4])
    with pytest.raises(SourceUnavailableError, match="damaged"):
        unpacked("x", b"\x1f\x8b" + b"\x00" * 30)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_sitemap_or_a_sentence(content):
    told = "x "
    try:
        parsed("x", unpacked("x", content))
    except SourceUnavailableError as error:
        told = str(error)
    assert told.startswith("x ")


async def test_too_many_pages_or_sitemaps_are_refused_and_not_cut_off(site, monkeypatch):
    monkeypatch.setattr(sitemap, "MOST_PAGES", 2)
    monkeypatch.setattr(pages, "MOST_PAGES", 2)
    monkeypatch.setattr(sitemap, "MOST_MAPS", 2)
    site.sitemap("/map.xml", "/a", "/b", "/c")
    with pytest.raises(SourceUnavailableError, match="more than 2 pages"):
        await read(terms(site.url("/map.xml"), "sitemap"))
    site.sitemap("/index.xml", "/x.xml", "/y.xml", kind="sitemapindex")
    site.sitemap("/x.xml")
    site.sitemap("/y.xml")
    with pytest.raises(SourceUnavailableError, match="more than 2 others"):
        await read(terms(site.url("/index.xml"), "sitemap"))
    with pytest.raises(SourceUnavailableError, match="More than 2 pages"):
        await read(terms("\n".join(map(site.url, ("/a", "/b", "/c")))))


async def test_an_index_in_an_index_is_no_sitemap(site):
    site.sitemap("/index.xml", "/again.xml", kind="sitemapindex")
    site.sitemap("/again.xml", "/index.xml", kind="sitemapindex")
    with pytest.raises(SourceUnavailableError, match="is no sitemap"):
        await read(terms(site.url("/index.xml"), "sitemap"))
