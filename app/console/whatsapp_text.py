"""WhatsApp's *bold*, _italic_, ~struck~ and `code` as HTML, for pages that show what an employee reads."""

import re

from markupsafe import Markup, escape

TOKEN = re.compile(
    r"```(?P<block>.+?)```|`(?P<code>[^`\n]+)`|(?P<link>https?://[^\s<>\"]+)"
    r"|(?<!\w)(?P<sign>[*_~])(?=\S)(?P<words>[^\n]*?\S)(?P=sign)(?!\w)",
    re.DOTALL,
)
TAGS = {"*": "strong", "_": "em", "~": "s"}
DEEPEST = 4  # marks in marks


def whatsapp_html(text: str, depth: int = 0) -> Markup:
    """HTML of a message: everything in it is text but the marks; links are shown as such and lead nowhere."""
    out, at = Markup(), 0
    for found in TOKEN.finditer(text):
        out += escape(text[at : found.start()]) + _drawn(found, depth)
        at = found.end()
    return out + escape(text[at:])


def _drawn(found: "re.Match[str]", depth: int) -> Markup:
    if found["link"]:
        return Markup("<u>{}</u>").format(found["link"])
    if found["block"] or found["code"]:
        return Markup("<code>{}</code>").format((found["block"] or found["code"]).strip())
    words = found["words"]
    inner = whatsapp_html(words, depth + 1) if depth < DEEPEST else escape(words)
    return Markup("<{0}>{1}</{0}>").format(Markup(TAGS[found["sign"]]), inner)  # noqa: S704 -- a name of ours
