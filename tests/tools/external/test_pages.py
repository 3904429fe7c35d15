"""What of a stranger's page may be shown: its plain words, and an address on a domain that is allowed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.external.domains import plain as domains_of
from tools.external.domains import site_of, trouble_with
from tools.external.snippets import TEXT, plain

DOMAINS = ("superuser.com", "*.help.example", ".Docs.Example.", "bücher.example", "127.0.0.1", "com", "")


@pytest.mark.parametrize(("url", "host"), [
    ("https://superuser.com/q/1", "superuser.com"), ("https://meta.superuser.com:443/q", "meta.superuser.com"),
    ("https://SuperUser.com./q", "superuser.com"), ("https://help.example/a?b#c", "help.example"),
    ("https://docs.example/", "docs.example"), ("https://xn--bcher-kva.example/", "xn--bcher-kva.example"),
])  # fmt: skip
def test_a_page_on_an_allowed_domain_or_below_it_may_be_shown(url: str, host: str):
    assert site_of(url, DOMAINS) == host


@pytest.mark.parametrize("url", [
    "http://superuser.com/", "https://evilsuperuser.com/", "https://superuser.com.evil.example/", "//superuser.com/x",
    "https://superuser.com@evil.example/", "https://user:pw@superuser.com/", "https://@superuser.com/", "superuser.com",
    "https://superuser.com:8443/", "https://superuser.com:x/", "https://superuser.com\\@evil.example/", "javascript:x",
    "https://evil.example\\.superuser.com/", "https://evil.example/superuser.com", "https://evil.example#.superuser.com",
    "https://evil.example?.superuser.com", "https://\u0455uperuser.com/", "https://superuser\u3002com/", "https://superuser.com/\n",
    "https://super user.com/", "https://127.0.0.1/", "https://[::1]/", "https://example.com/", "https:///superuser.com",
    "https://evil.example%2f.superuser.com/", "https://super\tuser.com/", " https://superuser.com/", "https://",
    "https://superuser.com/" + "a" * 600, "", "data:text/html,https://superuser.com", "https://-x.superuser.com/",
])  # fmt: skip
def test_every_trick_with_an_address_is_refused(url: str):
    assert site_of(url, DOMAINS) == ""


def test_an_address_or_a_top_level_domain_on_the_list_allows_nothing():
    assert domains_of(("127.0.0.1", "com", "*", "", "a b.example", "superuser.com")) == ("superuser.com",)


@given(st.text(max_size=80))
def test_any_text_as_an_address_is_refused_or_on_the_list(text: str):
    host = site_of("https://" + text, DOMAINS)
    assert host == "" or host.endswith(("superuser.com", "help.example", "docs.example", "xn--bcher-kva.example"))


@pytest.mark.parametrize(("markup", "words"), [
    ("<p>Open <b>Settings</b> &amp; <i>Update</i></p>", "Open Settings & Update"),
    ("<ol><li>One</li><li>Two</li></ol>", "- One\n- Two"),
    ("a<script>steal()</script>b<style>c{}</style>", "ab"), ("<script>never closed", ""),
    ("x<!-- language: js -->y", "xy"), ("if a < b and c > d", "if a < b and c > d"),
    ("&lt;script&gt;x&lt;/script&gt;", "<script>x</script>"), ("\u202egnirts\u200b\x1b[31m\ufeff", "gnirts[31m"),
    ("<a href='https://evil.example'>click</a>", "click"), ("a\r\n\r\n\tb", "a\nb"), ("&#0;&#x202E;z", "\ufffdz"),
    ("Do this: 1. Open it. 2. Close it.", "Do this:\n1. Open it.\n2. Close it."),
    ("since 2019. 5 years", "since 2019. 5 years"),
    ("<img src=x onerror=alert(1)>", ""), ("<SCRIPT>x</SCRIPT >y", "y"), ("&amp;amp;", "&amp;"),
])  # fmt: skip
def test_the_words_of_a_page_are_what_a_reader_would_see(markup: str, words: str):
    assert plain(markup) == words


@given(st.text(max_size=400) | st.text("<>/!-ab &;#script", max_size=200))
def test_whatever_a_page_says_becomes_printable_text_of_limited_length(markup: str):
    words = plain(markup)

    assert len(words) <= TEXT
    assert all(c == "\n" or c.isprintable() or c.isspace() for c in words)


@pytest.mark.parametrize("markup", ["<a " * 7000, "<!--" * 5000, "<a b=" * 4000, "<script>" * 2500, "&#" * 9000])
def test_markup_made_to_cost_time_is_read_in_one_go(markup: str):
    assert len(plain(markup)) <= TEXT


@pytest.mark.parametrize("url", [
    "https://api.example.com", "http://127.0.0.1:8888", "http://localhost:8888/sub", "http://searx.lan:8080",
    "https://10.0.0.7", "https://[::1]:8443",
])  # fmt: skip
def test_a_source_may_be_public_over_https_on_this_machine_or_named(url: str):
    assert trouble_with(url, ("searx.lan", "10.0.0.7")) == ""


@pytest.mark.parametrize("url", [
    "http://api.example.com", "https://10.0.0.8", "https://169.254.169.254", "https://searx", "https://intra.local",
    "https://a@api.example.com", "https://api.example.com?x=1", "ftp://127.0.0.1", "https://", "not an address", "",
    "https://0x7f.1", "https://[::ffff:10.0.0.1]", "https://api.example.com:port", "https://192.168.1.1.",
])  # fmt: skip
def test_every_other_address_of_a_source_is_refused_with_a_reason(url: str):
    assert trouble_with(url, ("searx.lan",)) != ""
