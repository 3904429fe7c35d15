"""Settings of the desk, kept as documents."""

from sqlalchemy.orm import Session

from app.desk.models import DeskDocument


def store_document(session: Session, name: str, body: str) -> None:
    """Keep a setting of the desk; one that is unchanged is not written."""
    document = session.get(DeskDocument, name)
    if document is None:
        session.add(DeskDocument(name=name, body=body))
    elif document.body != body:
        document.body = body
