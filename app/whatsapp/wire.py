"""Webhook bodies as Meta writes them: every field optional, unknown ones kept, numbers taken for strings."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Wire(BaseModel):
    """A piece of JSON from Meta; `model_extra` has what these models do not know."""

    model_config = ConfigDict(extra="allow", frozen=True, coerce_numbers_to_str=True, populate_by_name=True)


class Profile(Wire):
    """What somebody calls themselves."""

    name: str = ""
    username: str = ""


class Contact(Wire):
    """Who wrote; `wa_id` may be absent, empty or hold a BSUID."""

    profile: Profile = Profile()
    wa_id: str = ""
    user_id: str = ""
    parent_user_id: str = ""
    identity_key_hash: str = ""


class ErrorData(Wire):
    """The longer words of an error."""

    details: str = ""


class Error(Wire):
    """Why Meta could not do something."""

    code: int = 0
    title: str = ""
    message: str = ""
    error_data: ErrorData = ErrorData()

    @property
    def details(self) -> str:
        """The most telling words there are."""
        return self.error_data.details or self.message or self.title


class Message(Wire):
    """What all inbound messages have; the part named like `type` is read by `incoming`."""

    id: str = Field(min_length=1, max_length=512)
    type: str = Field(default="unknown", max_length=64)
    sender: str = Field(default="", alias="from")
    from_user_id: str = ""
    from_parent_user_id: str = ""
    group_id: str = ""
    timestamp: Any = None
    context: Any = None
    referral: Any = None
    errors: Any = None


class Status(Wire):
    """What became of a message of ours."""

    id: str = Field(min_length=1, max_length=512)
    status: str
    timestamp: Any = None
    recipient_id: str = ""
    recipient_user_id: str = ""
    recipient_participant_id: str = ""
    biz_opaque_callback_data: str = ""
    errors: Any = None


class TextPart(Wire):
    """Words."""

    body: str


class MediaPart(Wire):
    """A file Meta keeps for 7 days."""

    id: str = Field(min_length=1, max_length=512)
    mime_type: str = ""
    sha256: str = ""
    caption: str = ""
    filename: str = ""
    voice: bool = False


class LocationPart(Wire):
    """A place."""

    latitude: float
    longitude: float
    name: str = ""
    address: str = ""


class ContactName(Wire):
    """A name on a shared card."""

    formatted_name: str = ""
    first_name: str = ""


class Card(Wire):
    """A shared contact card; proves nothing about who sent it."""

    name: ContactName = ContactName()


class Tap(Wire):
    """A tapped button or list row."""

    id: str = ""
    title: str = ""


class InteractivePart(Wire):
    """An answer to something we sent."""

    type: str = Field(default="interactive", max_length=64)
    button_reply: Tap | None = None
    list_reply: Tap | None = None


class ButtonPart(Wire):
    """A tapped quick reply of a template."""

    text: str = ""
    payload: str = ""


class ReactionPart(Wire):
    """An emoji on a message; none when it was taken back."""

    message_id: str
    emoji: str = ""


class OrderPart(Wire):
    """A shopping basket."""

    text: str = ""
    catalog_id: str = ""


class UnsupportedPart(Wire):
    """What Meta says about something it does not hand out."""

    type: str = Field(default="", max_length=64)


class EditPart(Wire):
    """New words for an old message."""

    original_message_id: str
    message: dict[str, Any] = {}


class RevokePart(Wire):
    """A message its sender deleted."""

    original_message_id: str


class SystemPart(Wire):
    """Somebody changed their number, their id or their phone."""

    type: str = Field(default="system", max_length=64)
    body: str = ""
    wa_id: str = ""
    new_wa_id: str = ""
    user_id: str = ""
    previous_user_id: str = ""
