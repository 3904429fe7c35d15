"""Only known links leave the house."""

import re

import pytest

from graph.context import Company
from graph.links import article_link, host_of, only_known_links
from tests.graph.people_and_parts import VPN, passage

COMPANY = Company(name="Ipê", link_hosts=("intranet.ipe.example",))


@pytest.mark.parametrize(
    "text",
    [
        "veja https://evil.example/x", "veja [aqui](https://evil.example/x)", "veja www.evil.example",
        "veja evil.example/x", "veja HTTPS://EVIL.example", "veja https://kb.ipe.example@evil.example/",
        "veja [aqui](javascript:alert(1))", "ftp://evil.example/x", "https://evil.example/https://kb.ipe.example/",
    ],
)  # fmt: skip
def test_a_foreign_address_is_taken_out(text):
    kept = only_known_links(text, (VPN,), COMPANY)

    assert "evil" not in kept.casefold()
    assert "javascript" not in kept


@pytest.mark.parametrize(
    "text",
    ["veja evil.example", "evil.com.br.", "(evil.io)", "veja ev\u200bil.com", "éVIL.com", "whatsapp://evil.com/x",
     "evil\u2060.com", "veja www.evil.com", "sms.evil.co, agora", "mande para evil.app!"],
)  # fmt: skip
def test_no_phone_can_make_a_link_of_a_foreign_host(text):
    kept = only_known_links(text, (VPN,), COMPANY)

    assert not re.search(r"\w\.(example|com|io|co|app)\b", kept, re.IGNORECASE), kept
    assert "\u200b" not in kept


@pytest.mark.parametrize(
    "text",
    ["abra kb.ipe.example agora", "portal.intranet.ipe.example", "rode setup.exe", "para ana@evil.example", "v2.10.3",
     "edite config.ini.", "nome.sobrenome@empresa.com", "às 10h.Depois volte"],
)  # fmt: skip
def test_what_is_no_foreign_host_stays_as_it_is(text):
    assert only_known_links(text, (VPN,), COMPANY) == text


@pytest.mark.parametrize("url", ["https://kb.ipe.example/a", "https://intranet.ipe.example/b?c=1"])
def test_an_address_of_an_article_or_of_the_company_stays(url):
    assert url in only_known_links(f"veja {url} agora", (VPN,), COMPANY)


def test_a_page_of_the_web_is_linked_only_when_its_host_is_allowed():
    assert article_link(passage("w", "W", "t", url="https://web.example/1", trust="web"), COMPANY) == ""
    assert article_link(passage("w", "W", "t", url="https://intranet.ipe.example/1", trust="web"), COMPANY) != ""
    assert article_link(VPN, COMPANY) == VPN.url


@pytest.mark.parametrize("url", ["http://[", "javascript:x", "//", "http://a@b.example"])
def test_a_strange_address_has_no_host(url):
    assert host_of(url) == ""
