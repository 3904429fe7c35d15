"""The schema as a whole: every feature's tables, and the migrations that bring a database to it."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, MetaData

import app.db.models
import app.desk.models
import app.identity.models
import app.knowledge.models
from app.db.base import Base

FEATURES = (app.db.models, app.desk.models, app.identity.models, app.knowledge.models)


def metadata() -> MetaData:
    """All tables of all features."""
    return Base.metadata


def _config(engine: Engine) -> Config:
    config = Config()
    config.set_main_option("script_location", "app:db/migrations")
    config.attributes["engine"] = engine
    return config


def revisions(engine: Engine) -> tuple[str | None, str | None]:
    """The revision the database is at, and the newest one there is."""
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    return current, ScriptDirectory.from_config(_config(engine)).get_current_head()


def upgrade(engine: Engine) -> tuple[str | None, str | None]:
    """Bring the database to the newest revision; returns the revision before and after."""
    before, head = revisions(engine)
    if before != head:
        command.upgrade(_config(engine), "head")
    return before, head
