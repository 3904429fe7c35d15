"""After the 24 hours: one approved template asks the employee to write; their answer lets out what was held."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from app.db.models import Conversation, InboxMessage, OutboxEntry
from app.outbox import REOPENING, Slot, put
from app.settings import Settings
from app.whatsapp.outbound import template
from prompts.texts import Language, known_language

WITHOUT_NAME: dict[Language, str] = {"pt-BR": "colega", "es": "colega", "en": "colleague"}


@dataclass(frozen=True, slots=True)
class Knock:
    """The template: its name at Meta, its language for each of ours, and how many words its body takes.

    The first word is the employee's name as WhatsApp tells it, the second the company's.
    """

    name: str
    languages: Mapping[Language, str] = field(default_factory=dict)
    parameters: int = 0
    company: str = ""
    default_language: Language = "pt-BR"

    @classmethod
    def of(cls, settings: Settings) -> "Knock | None":
        """The one configured, if any."""
        whatsapp, company = settings.whatsapp, settings.company
        if not whatsapp.reopen_template:
            return None
        return cls(
            name=whatsapp.reopen_template,
            languages=whatsapp.reopen_languages,
            parameters=whatsapp.reopen_parameters,
            company=company.name or company.assistant,
            default_language=company.default_language,
        )


def reopen(session: Session, conversation_id: int, knock: Knock, now: datetime) -> bool:
    """Put the template into the outbox when something is held, once for each closed window; True when it was.

    A window is known by the last message of the employee's before it closed. A template that is refused stays refused.
    """
    mine = (OutboxEntry.conversation_id == conversation_id,)
    if not session.scalar(select(exists().where(*mine, OutboxEntry.state == "held"))):
        return False
    heard = select(func.max(InboxMessage.seq)).where(InboxMessage.conversation_id == conversation_id)
    window = session.scalar(heard) or 0
    if session.scalar(select(exists().where(*mine, OutboxEntry.version == REOPENING, OutboxEntry.part == window))):
        return False
    contact = session.get_one(Conversation, conversation_id)
    language = known_language(contact.language or knock.default_language)
    words = (contact.profile_name.strip() or WITHOUT_NAME[language], knock.company)[: knock.parameters]
    body = template(knock.name, knock.languages.get(language, language.replace("-", "_")), words)
    put(session, Slot(conversation_id, REOPENING, window), "message", body, now=now)
    return True
