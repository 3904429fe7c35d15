"""What Meta told us besides messages is kept raw for a while; finding in it what is about one contact."""

import json
import re
from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.db.models import Conversation, Notice

WAMID = re.compile(r"wamid\.[A-Za-z0-9+/=_-]+")
PIECE = 500  # rows looked at together


def forget_raw(session: Session, contact: Conversation, wamids: Sequence[str]) -> None:
    """Delete the notices that name this contact or one of these messages."""
    names, known = [name for name in (contact.wa_id, contact.bsuid) if name], set(wamids)
    rows = session.execute(select(Notice.id, Notice.key, Notice.body).execution_options(yield_per=PIECE))
    mine = [row.id for row in rows if _is_about(f"{row.key} {json.dumps(row.body, ensure_ascii=False)}", names, known)]
    session.execute(delete(Notice).where(Notice.id.in_(mine)))


def _is_about(text: str, names: Sequence[str], wamids: set[str]) -> bool:
    return any(name in text for name in names) or not wamids.isdisjoint(WAMID.findall(text))
