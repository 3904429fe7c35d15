"""Markdown as WhatsApp shows it: bold headings, links written out, tables as lines, no pictures."""

import re

_FENCE = re.compile(r"^\s*(```|~~~)")
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s+(.*?)\s*#*\s*$")
_RULE = re.compile(r"^\s*([-*_])(?:\s*\1){2,}\s*$")
_TABLE_RULE = re.compile(r"^\s*\|?[\s:|-]*-{2,}[\s:|-]*\|?\s*$")
_BULLET = re.compile(r"^(\s*)[*+]\s+")
_IMAGE = re.compile(r"!\[[^\]]*\]\([^)]*\)")
_LINK = re.compile(r"\[([^\]]+)\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)")
_AUTOLINK = re.compile(r"<((?:https?://|mailto:)[^>\s]+)>")
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,200}>")
_BOLD = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1")
_ITALIC = re.compile(r"(?<![\w*])\*(?=[^\s*])([^*\n]+?)(?<=[^\s*])\*(?![\w*])")
_STRIKE = re.compile(r"~~(?=\S)(.+?)(?<=\S)~~")
_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+\-.!|>~])")
_BOLD_MARK = "\ue000"  # private use: keeps converted bold apart from Markdown's italic


def to_whatsapp(markdown: str) -> str:
    """The same words with WhatsApp's marks."""
    lines: list[str] = []
    fenced = False
    for line in markdown.splitlines():
        if _FENCE.match(line):
            fenced = not fenced
            lines.append("```")
        elif fenced:
            lines.append(line)
        elif (shown := _line(line)) is not None:
            lines.append(shown)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _line(line: str) -> str | None:
    """One line converted; None when nothing of it is to be shown."""
    if heading := _HEADING.match(line):
        return f"*{_inline(heading[1]).replace('*', '')}*"
    if _RULE.match(line) or ("|" in line and _TABLE_RULE.match(line)):
        return None
    shown = line
    if line.lstrip().startswith("|"):
        shown = " · ".join(cell.strip() for cell in line.strip().strip("|").split("|") if cell.strip())
    shown = _inline(_BULLET.sub(r"\1- ", shown)).rstrip()
    return None if line.strip() and not shown.strip(" -") else shown


def _inline(text: str) -> str:
    plain = _IMAGE.sub("", text)
    plain = _LINK.sub(lambda link: link[2] if link[1] == link[2] else f"{link[1]} ({link[2]})", plain)
    plain = _TAG.sub("", _AUTOLINK.sub(r"\1", plain))
    plain = _BOLD.sub(rf"{_BOLD_MARK}\2{_BOLD_MARK}", plain)
    plain = _ITALIC.sub(r"_\1_", plain)
    plain = _STRIKE.sub(r"~\1~", plain)
    return _ESCAPE.sub(r"\1", plain).replace(_BOLD_MARK, "*")
