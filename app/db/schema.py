"""The schema as a whole: every feature's tables, and the migrations that bring a database to it."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine, MetaData, inspect, text

from app.errors import ConfigurationError

if TYPE_CHECKING:
    from alembic.config import Config

VERSIONS = Path(__file__).parent / "migrations" / "versions"


def metadata() -> MetaData:
    """All tables of all features."""
    import app.audit.models  # noqa: PLC0415 -- imported for their tables, which only migrations need all of
    import app.db.models  # noqa: PLC0415
    import app.desk.models  # noqa: PLC0415
    import app.identity.models  # noqa: PLC0415
    import app.knowledge.gap_models  # noqa: PLC0415
    import app.knowledge.models  # noqa: PLC0415
    import app.privacy.models  # noqa: PLC0415
    import app.rates  # noqa: PLC0415
    import app.staff.models  # noqa: PLC0415
    import app.thinking.models  # noqa: F401, PLC0415
    from app.db.base import Base  # noqa: PLC0415

    return Base.metadata


def revisions(engine: Engine) -> tuple[str | None, str]:
    """The revision the database is at, and the newest one there is: the first word of its file's name."""
    newest = max(path.name.partition("_")[0] for path in VERSIONS.glob("[0-9]*_*.py"))
    if not inspect(engine).has_table("alembic_version"):
        return None, newest
    with engine.connect() as connection:
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar(), newest


def upgrade(engine: Engine) -> tuple[str | None, str]:
    """Bring the database to the newest revision; returns the revision before and after. One process at a time."""
    before, newest = revisions(engine)
    if before != newest:
        from alembic import command  # noqa: PLC0415 -- a start with nothing to migrate does without

        command.upgrade(_config(engine), "head")
    if engine.dialect.name == "postgresql":
        from app.db.queue_schema import install  # noqa: PLC0415 -- the queue's tables, only there

        install(engine)
    return before, newest


def require_newest(engine: Engine) -> None:
    """Refuse a database that several processes share and that none of them may change on its own."""
    current, newest = revisions(engine)
    if current != newest:
        found = f"has schema {current}" if current else "is empty"
        raise ConfigurationError(f"The database {found}, this version needs {newest}: run `recado db upgrade`.")


def _config(engine: Engine) -> "Config":
    from alembic.config import Config  # noqa: PLC0415 -- as above

    config = Config()
    config.set_main_option("script_location", "app:db/migrations")
    config.attributes["engine"] = engine
    return config
