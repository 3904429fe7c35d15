"""Procrastinate's own tables in PostgreSQL: installed once, brought up with the library's migrations afterwards.

Which version they are of is kept as a comment on the jobs table.
"""

from importlib import resources
from importlib.metadata import version

from packaging.version import Version
from procrastinate.schema import SchemaManager
from sqlalchemy import Connection, Engine, inspect, text

JOBS = "procrastinate_jobs"
LOCK = 8_021_955_170  # of the advisory lock under which one process installs


def install(engine: Engine) -> None:
    """Create or upgrade the queue's tables; nothing is done twice."""
    wanted = Version(version("procrastinate"))
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        found = installed(connection)
        if found == wanted:
            return
        if found is None:
            _run(connection, SchemaManager.get_schema())
        else:
            for script in _migrations(found, wanted):
                _run(connection, script)
        connection.execute(text(f"COMMENT ON TABLE {JOBS} IS '{wanted}'"))


def installed(connection: Connection) -> Version | None:
    """The version whose tables are there; None without tables."""
    if not inspect(connection).has_table(JOBS):
        return None
    comment = inspect(connection).get_table_comment(JOBS)["text"]
    return Version(comment or "0")


def _migrations(after: Version, upto: Version) -> list[str]:
    """The library's scripts between two versions, in their order; their names begin with the version they belong to."""
    scripts = sorted(
        (file for file in resources.files("procrastinate.sql.migrations").iterdir() if file.name.endswith(".sql")),
        key=lambda file: file.name,
    )
    return [script.read_text("utf-8") for script in scripts if after < Version(script.name.partition("_")[0]) <= upto]


def _run(connection: Connection, script: str) -> None:
    """As it is: many statements at once, and no % of theirs is a parameter."""
    cursor = connection.connection.cursor()
    try:
        cursor.execute(script)
    finally:
        cursor.close()
