"""INSERT past the session's bookkeeping: ON CONFLICT, which SQLAlchemy spells by dialect, and rows at once."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Table, insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from gatherings.db.base import Base


def insert_into(dialect: str, table: Any) -> Any:
    """Begin an INSERT that knows ON CONFLICT, for a dialect by name ("postgresql", "sqlite")."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def insert_once(session: Session, model: type[Base], values: Mapping[str, Any], unique: Sequence[str]) -> bool:
    """Insert a row unless there is one with the same values in the `unique` columns; tell whether it was new."""
    table = cast(Table, model.__table__)
    made = insert_into(session.get_bind().dialect.name, table).values(**values)
    made = made.on_conflict_do_nothing(index_elements=unique).returning(table.columns.id)
    return session.execute(made).scalar_one_or_none() is not None


def insert_row(session: Session, made: Base) -> None:
    """Insert an object's row now and give the object its id; the object stays outside the session.

    For what is written once and not looked up again in its transaction: a session's bookkeeping costs more than the
    statement. Relationships are not followed; what is not set gets its column's default.
    """
    table = cast(Table, made.__table__)
    values = {name: value for name, value in vars(made).items() if name in table.columns}
    made.id = session.execute(_inserting(table), values).scalar_one()  # type: ignore[attr-defined]  # of every table


@lru_cache
def _inserting(table: Table) -> Any:
    """Make the statement once: building it costs more than running it."""
    return insert(table).returning(table.columns.id)
