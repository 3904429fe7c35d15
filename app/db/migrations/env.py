"""Runs migrations on the engine that `app.db.schema` hands in."""

from alembic import context

from app.db.schema import metadata

LOCK = 8_021_955_169  # PostgreSQL: of several processes that migrate at once, one does and the others find it done

engine = context.config.attributes["engine"]
with engine.connect() as connection:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET lock_timeout = 0")
        connection.exec_driver_sql("SET statement_timeout = 0")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
    context.configure(connection=connection, target_metadata=metadata(), render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
