"""A web page to Markdown: its main content, without what moves, asks, frames or decorates."""

import re
import warnings
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag, UnusualUsageWarning
from bs4.dammit import EncodingDetector
from bs4.element import NavigableString, PreformattedString
from markitdown.converters import HtmlConverter

from retrieval.conversion.refusal import TOO_DEEP, RefusedError
from retrieval.conversion.tidying import disarm

DEEPEST_LAYOUT = 300  # levels: page builders pile up boxes; flattening more takes long
DEEPEST = 60  # levels of nesting that mean something; pages stay below 20
SCHEMES = frozenset({"http", "https", "mailto", "tel"})
_LONGEST_ADDRESS = 2_000  # characters, as browsers and proxies take them
_DROPPED = [
    "script", "style", "noscript", "template", "iframe", "frame", "frameset", "object", "embed", "applet",
    "svg", "math",
    "canvas", "audio", "video", "map", "head", "nav", "dialog", "menu", "input", "select", "textarea", "button",
    "datalist", "output", "progress", "meter", "link", "meta", "base", "xml", "noembed", "noframes", "plaintext",
]  # fmt: skip
_ROLES = frozenset({"navigation", "banner", "contentinfo", "search", "complementary", "dialog", "menu", "menubar"})
_AROUND = ["header", "footer", "aside"]  # outside the main content they are boilerplate, inside they may be notes
_BOILERPLATE = re.compile(
    r"(?:^|[\s_-])(?:nav|navbar|navigation|menu|sidebar|breadcrumbs?|cookies?|banner|advert|share|social|pagination|"
    r"skip-?link|site-?footer|page-?footer|site-?header|page-?header)(?:$|[\s_-])",
    re.IGNORECASE,
)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_BLOCKS = [
    "address", "article", "aside", "blockquote", "center", "dd", "details", "div", "dl", "dt", "fieldset", "figcaption",
    "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "ol", "p", "pre",
    "section", "summary", "table", "ul",
]  # fmt: skip
_WRAPPERS = [
    "html", "body", "main", "article", "section", "div", "center", "form", "fieldset", "header", "footer", "aside",
    "details", "figure", "address", "hgroup", "search",
]  # fmt: skip
_PLAIN = [
    "span", "font", "label", "legend", "small", "big", "abbr", "acronym", "cite", "dfn", "time", "mark", "u", "ins",
    "bdi", "bdo", "data", "picture", "source", "nobr", "tt", "wbr", "slot", "ruby",
]  # fmt: skip
_INLINE = [
    "a", "b", "i", "em", "strong", "code", "kbd", "samp", "var", "br", "s", "strike", "del", "sub", "sup", "q", "img",
    "title", "html", "body", "hgroup", "thead", "tbody", "tfoot", "tr", "td", "th", "caption", "col",
    "colgroup", "rp", "rt",
]  # fmt: skip
KNOWN_TAGS = frozenset([*_DROPPED, *_AROUND, *_BLOCKS, *_WRAPPERS, *_PLAIN, *_INLINE])
_FILE_NAME = re.compile(
    r"[\w-]{0,60}\.(?:png|jpe?g|gif|webp|svg|bmp)|(?:imagem?|image|img|picture|foto)[\s_-]?\d*", re.IGNORECASE
)
_SPECIAL = re.compile(r"""[\s<>\\"'`()\[\]]""")  # what ends an address in Markdown
_LANGUAGE = re.compile(r"language-([\w+-]{1,20})")
_CODE = frozenset({"pre", "code", "kbd", "samp"})
_OPTIONS: dict[str, Any] = {
    "bullets": "-", "escape_underscores": False, "escape_asterisks": False, "table_infer_header": True, "strict": True,
}  # fmt: skip


def page_encoding(content: bytes) -> str | None:
    """The encoding that a page says it has."""
    return EncodingDetector.find_declared_encoding(content, is_html=True)


def read_page(html: str) -> tuple[str, str]:
    """What its window is called, "" if nothing, and the main content as Markdown; raises RefusedError."""
    soup = _parse(html)
    named = _words(soup.title) if soup.title else ""
    return named, to_markdown(_main_content(soup))


def read_fragment(html: str) -> str:
    """HTML that is all content to Markdown; raises RefusedError."""
    return to_markdown(_parse(html))


def to_markdown(root: Tag) -> str:
    """A tree to Markdown, made harmless on the way; the tree is used up."""
    for drop in [*root.find_all(_DROPPED), *root.find_all(string=lambda text: isinstance(text, PreformattedString))]:
        drop.extract()
    _describe_pictures(root)
    _check_links(root)
    _flatten(root)
    _check_depth(root, DEEPEST)
    root.smooth()
    _disarm_prose(root)
    markdown: str = (
        HtmlConverter().convert_string(str(root), code_language_callback=_code_language, **_OPTIONS).markdown
    )
    return markdown


def _code_language(block: Tag) -> str:
    """As Markdown's renderers write it: `<code class="language-python">`."""
    code = block.find("code")
    named = _LANGUAGE.search(" ".join(code.get_attribute_list("class"))) if isinstance(code, Tag) else None
    return named[1] if named else ""


def _parse(html: str) -> BeautifulSoup:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnusualUsageWarning)  # "looks like XML", "looks like an address"
        soup = BeautifulSoup(html, "html.parser")
    _check_depth(soup, DEEPEST_LAYOUT)
    return soup


def _main_content(soup: BeautifulSoup) -> Tag:
    """`<main>`, else the only `<article>`, else the body without what stands around it."""
    for tag in [*soup.find_all(_is_hidden), *soup.find_all(["nav"])]:
        tag.extract()
    mains = soup.find_all(["main"]) or soup.find_all(role="main") or soup.find_all("article")
    if len(mains) == 1 and _words(mains[0]):
        return mains[0]
    body = soup.body or soup
    whole = len(_words(body))
    for tag in [*body.find_all(_AROUND), *body.find_all(_is_boilerplate)]:
        if not tag.find(["main", "h1"]) and len(_words(tag)) < whole / 2:
            tag.extract()
    return body


def _is_hidden(tag: Tag) -> bool:
    if tag.name in {"html", "body"}:
        return False
    return (
        tag.has_attr("hidden")
        or str(tag.get("aria-hidden", "")).lower() == "true"
        or str(tag.get("role", "")).lower() in _ROLES
        or _HIDDEN.search(str(tag.get("style", ""))) is not None
    )


def _is_boilerplate(tag: Tag) -> bool:
    if tag.name not in {"div", "ul", "section", "p", "table"}:
        return False
    names = [*tag.get_attribute_list("class"), *tag.get_attribute_list("id")]
    return any(_BOILERPLATE.search(name) for name in names if name)


def _describe_pictures(root: Tag) -> None:
    """A picture's words stay, the picture does not: nothing is fetched and nobody could see it in a chat."""
    for picture in root.find_all("img"):
        alt = " ".join(str(picture.get("alt", "")).split())
        picture.replace_with("" if _FILE_NAME.fullmatch(alt) else alt)


def _check_links(root: Tag) -> None:
    for link in root.find_all("a"):
        address = safe_address(str(link.get("href", "")))
        link.attrs = {"href": address} if address else {}
        if not address or link.find(_BLOCKS):
            link.unwrap()


def safe_address(address: str) -> str:
    """The address if a link may lead there, else "": an absolute web, mail or phone address, nothing unseen in it."""
    quoted = _SPECIAL.sub(lambda char: f"%{ord(char[0]):02X}", address.strip())
    if len(quoted) > _LONGEST_ADDRESS or not quoted.isprintable():
        return ""
    try:
        parts = urlsplit(quoted)
    except ValueError:
        return ""
    return quoted if parts.scheme.lower() in SCHEMES and (parts.netloc or parts.path) else ""


def _flatten(root: Tag) -> None:
    """Layout goes: wrappers become paragraphs or nothing, tables that only arrange become their content."""
    for tag in root.find_all(_PLAIN):
        tag.unwrap()
    for table in root.find_all("table"):
        if _arranges(table):
            for part in [*_own_cells(table), table]:
                part.name = "div"
    for wrapper in root.find_all(_WRAPPERS):
        if wrapper is root:
            continue
        if wrapper.find(_BLOCKS):
            wrapper.insert_before("\n")
            wrapper.insert_after("\n")
            wrapper.unwrap()
        else:
            wrapper.name = "p"
            wrapper.attrs = {}


def _arranges(table: Tag) -> bool:
    """Whether a table is layout: it holds a table, headings, or no row of two cells."""
    if table.find(["table", "h1", "h2", "h3", "h4"]):
        return True
    return all(len(row.find_all(["td", "th"])) < 2 for row in table.find_all("tr"))


def _own_cells(table: Tag) -> list[Tag]:
    parts = table.find_all(["thead", "tbody", "tfoot", "tr", "td", "th", "caption"])
    return [part for part in parts if part.find_parent("table") is table]


def _check_depth(root: Tag, deepest: int) -> None:
    open_tags: list[tuple[Iterator[Any], int]] = [(iter(root.children), 1)]
    while open_tags:
        children, depth = open_tags[-1]
        child = next(children, None)
        if child is None:
            open_tags.pop()
        elif isinstance(child, Tag):
            if depth > deepest:
                raise RefusedError(TOO_DEEP)
            open_tags.append((iter(child.children), depth + 1))


def _disarm_prose(root: Tag) -> None:
    for text in root.find_all(string=True):
        parents = {parent.name for parent in text.parents}
        if "pre" in parents:
            _replace(text, str(text).replace("```", "'''"))
        elif not parents & _CODE:
            plain = disarm(str(text))
            _replace(text, plain.replace("|", r"\|") if parents & {"td", "th"} else plain)


def _replace(text: NavigableString, plain: str) -> None:
    if plain != str(text):
        text.replace_with(plain)


def _words(tag: Tag) -> str:
    return " ".join(tag.get_text(" ").split())
