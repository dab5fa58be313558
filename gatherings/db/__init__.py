"""The database: base class of models, types, sessions and the guarded taking of places."""

from gatherings.db.base import Base, Pk, UtcTime
from gatherings.db.changing import changed
from gatherings.db.session import current_session, db, transact, unit_of_work

__all__ = ["Base", "Pk", "UtcTime", "changed", "current_session", "db", "transact", "unit_of_work"]
