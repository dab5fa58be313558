"""INSERT … ON CONFLICT, which SQLAlchemy spells by dialect."""

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from gatherings.db.base import Base


def insert(session: Session, model: type[Base]) -> Any:
    """Begin an INSERT into a model's table that knows ON CONFLICT, for the session's dialect."""
    dialect = session.get_bind().dialect.name
    return postgresql.insert(model) if dialect == "postgresql" else sqlite.insert(model)
