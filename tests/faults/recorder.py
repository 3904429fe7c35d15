"""Records every operation as it crosses the wire, from the other side of it: WhatsApp's and the mail server's."""

from dataclasses import dataclass
from email import message_from_bytes
from typing import Any, Literal

from app.emulator.mailbox import Mailbox
from app.emulator.switchboard import Emulator
from graph.choices import read_tap

Kind = Literal["said", "acked", "confirmed", "delivered", "mailed"]


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that happened outside the service; its place in the record is when.

    Keys: a message's wamid (said, acked), a draft's nonce (confirmed), what rode along with a reply, as ob:7
    (delivered), a Message-ID (mailed).
    """

    kind: Kind
    who: str
    key: str


class Recorder:
    """Listens at the emulated WhatsApp and at the mail server for as long as they live."""

    def __init__(self, emulator: Emulator, mailbox: Mailbox) -> None:
        self.operations: list[Operation] = []
        self._emulator = emulator
        self._post, self._accept, self._keep = emulator.courier.post, emulator.accept, mailbox.keep
        emulator.courier.post, emulator.accept, mailbox.keep = self._say, self._deliver, self._mail  # type: ignore[method-assign]

    def keys(self, kind: Kind) -> list[str]:
        return [operation.key for operation in self.operations if operation.kind == kind]

    def note(self, kind: Kind, who: str, key: str) -> None:
        self.operations.append(Operation(kind, who, key))

    def _say(self, person_id: str, value: dict[str, Any]) -> Any:
        messages = value.get("messages", ())
        for message in messages:
            self.note("said", person_id, message["id"])
            tap = read_tap(_tapped(message))
            if tap.verb == "confirm":
                self.note("confirmed", person_id, tap.nonce)
        taken = self._post(person_id, value)
        taken.add_done_callback(lambda done: None if done.cancelled() else self._acked(person_id, messages))
        return taken

    def _acked(self, person_id: str, messages: Any) -> None:
        for message in messages:
            self.note("acked", person_id, message["id"])

    def _deliver(self, body: dict[str, Any]) -> Any:
        """A reply counts once it is on the phone: what Meta took and refused afterwards never was."""
        accepted = self._accept(body)
        if any(message is accepted.message for message in self._emulator.chat(accepted.person).messages):
            self.note("delivered", accepted.person.id, str(body.get("biz_opaque_callback_data", "")))
        return accepted

    def _mail(self, mail: Any) -> None:
        self._keep(mail)
        self.note("mailed", mail.recipients[0], str(message_from_bytes(mail.raw)["Message-ID"]))


def _tapped(message: dict[str, Any]) -> str:
    reply = message.get("interactive", {})
    return str((reply.get("button_reply") or reply.get("list_reply") or {}).get("id", ""))
