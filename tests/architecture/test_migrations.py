"""The migrations make exactly the tables that the models describe, and go both ways."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect

from gatherings.db.base import Base
from gatherings.db.session import db


def differences() -> list[object]:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": False})
        return list(compare_metadata(context, Base.metadata))


def tables() -> set[str]:
    return set(inspect(db.engine).get_table_names()) - {"alembic_version"}


def test_migrations_and_models_describe_the_same_tables(app):
    with app.app_context():
        assert tables() == set(Base.metadata.tables)
        assert differences() == []


def test_migrations_go_down_to_nothing_and_up_again(app):
    with app.app_context():
        downgrade(revision="base")
        db.engine.dispose()
        assert tables() == set()
        upgrade()
        db.engine.dispose()
        assert differences() == []
