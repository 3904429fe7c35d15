"""What must never be in converted Markdown, read by a parser that takes everything."""

import unicodedata

from markdown_it import MarkdownIt


def dangers(markdown: str) -> list[str]:
    parser = MarkdownIt("commonmark", {"html": True}).enable("table")
    parser.validateLink = lambda url: True
    found = [char for char in markdown if unicodedata.category(char) in {"Cc", "Cf"} and char not in "\n\t"]
    for token in parser.parse(markdown):
        for part in [token, *(token.children or [])]:
            if part.type in {"html_block", "html_inline", "image"}:
                found.append(part.content)
            if part.type == "link_open" and not str(part.attrs["href"]).startswith(
                ("http://", "https://", "mailto:", "tel:")
            ):
                found.append(str(part.attrs["href"]))
    return found
