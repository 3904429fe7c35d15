"""Only known links leave the house."""

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
