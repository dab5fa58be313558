"""Alembic's environment: one transaction for each migration, on a connection of its own.

SQLite: batch mode recreates tables, and with foreign keys on that would delete children (ON DELETE CASCADE). The
pragma is ignored inside a transaction, so it is set before BEGIN, and the keys are checked before the commit.
"""

from alembic import context
from flask import current_app
from sqlalchemy import create_engine, pool
from sqlalchemy.engine import Connection

from gatherings.db.base import Base


def run_migrations() -> None:
    """Upgrade or downgrade the database of the app's settings."""
    url = current_app.config["SQLALCHEMY_DATABASE_URI"]
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            _migrate_sqlite(connection)
        else:
            _configure(connection)
            with context.begin_transaction():
                context.run_migrations()
    engine.dispose()


def _migrate_sqlite(connection: Connection) -> None:
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.isolation_level = None  # we say BEGIN and COMMIT ourselves
    for pragma in ("journal_mode=WAL", "busy_timeout=10000", "foreign_keys=OFF"):
        connection.exec_driver_sql(f"PRAGMA {pragma}")
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    _configure(connection)
    try:
        context.run_migrations()
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise RuntimeError(f"the migration breaks foreign keys: {broken[:5]}")
        connection.exec_driver_sql("COMMIT")
    except BaseException:
        connection.exec_driver_sql("ROLLBACK")
        raise


def _configure(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        compare_type=True,
        transaction_per_migration=connection.dialect.name != "sqlite",
        user_module_prefix="types.",
    )


if context.is_offline_mode():
    raise RuntimeError("migrations need the database; --sql is not offered")
run_migrations()
