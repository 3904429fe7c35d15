"""How a moment is spelled, where the employee is."""

from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from retrieval.passage import Language

LOCALES: dict[Language, str] = {"pt-BR": "pt_BR", "es": "es", "en": "en"}
PATTERNS: dict[Language, str] = {
    "pt-BR": "EEE, d/MM 'às' HH:mm", "es": "EEE d/MM 'a las' HH:mm", "en": "EEE, d MMM 'at' HH:mm",
}  # fmt: skip


def spelled(at: datetime, language: Language, timezone: str) -> str:
    """Spell a moment as people say it: "sex., 27/11 às 18:00"."""
    return format_datetime(at.astimezone(ZoneInfo(timezone)), PATTERNS[language], locale=LOCALES[language])
