"""INSERT … ON CONFLICT, which SQLAlchemy spells by dialect."""

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from gatherings.db.base import Base


def insert(session: Session, model: type[Base]) -> Any:
    """Begin an INSERT into a model's table that knows ON CONFLICT, for the session's dialect."""
    return insert_into(session.get_bind().dialect.name, model)


def insert_into(dialect: str, table: Any) -> Any:
    """Begin an INSERT that knows ON CONFLICT, for a dialect by name ("postgresql", "sqlite")."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
