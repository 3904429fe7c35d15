"""What an employee sends and what goes back, whatever the channel."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from tools.service_desk import Frozen

Kind = Literal[
    "text", "tap", "reaction", "image", "audio", "video", "document", "sticker", "location", "contacts",
    "order", "edit", "revoke", "system", "unsupported",
]  # fmt: skip


class Media(Frozen):
    """A file an employee sent; `id` is WhatsApp's, the bytes are fetched outside the turn."""

    id: str
    mime_type: str = ""
    name: str = ""
    sha256: str = ""
    voice: bool = False


class Incoming(Frozen):
    """One message of an employee; `text` is what they wrote, a caption, a tapped title, an emoji or a place's name."""

    id: str  # wamid
    kind: Kind
    text: str = ""
    payload: str = ""  # the id of the tapped button or list row
    quoted: str = ""  # wamid of the message it answers or reacts to
    media: Media | None = None
    detail: str = ""  # what could not be shown: "poll", "edit", "user_changed_number", …
    at: datetime


class Choice(Frozen):
    """A button or a list row. Limits are the channel's; the app shortens what is too long."""

    id: str
    title: str
    description: str = ""


class Text(Frozen):
    """Plain words; WhatsApp's *bold* and _italic_ allowed."""

    kind: Literal["text"] = "text"
    body: str
    quote: str = ""  # wamid to answer to


class Buttons(Frozen):
    """A question with one to three buttons."""

    kind: Literal["buttons"] = "buttons"
    body: str
    choices: tuple[Choice, ...] = Field(min_length=1, max_length=3)
    footer: str = ""


class Menu(Frozen):
    """A question with a list of one to ten rows."""

    kind: Literal["menu"] = "menu"
    body: str
    button: str
    choices: tuple[Choice, ...] = Field(min_length=1, max_length=10)
    footer: str = ""


class Link(Frozen):
    """Words with one button that opens a page."""

    kind: Literal["link"] = "link"
    body: str
    label: str
    url: str


Reply = Annotated[Text | Buttons | Menu | Link, Field(discriminator="kind")]
