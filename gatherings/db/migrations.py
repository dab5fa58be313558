"""Which migrations there are and which one the database has, without alembic: 100 ms and 10 MiB of every start."""

import re
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, inspect, text

if TYPE_CHECKING:
    from flask_migrate import Migrate

_REVISION = re.compile(r"^(revision|down_revision)\b[^=\n]*=(.*)$", re.MULTILINE)
_NAME = re.compile(r"[\"']([^\"']+)[\"']")


class Revisions(NamedTuple):
    """All revisions of a folder of migrations, and those that none comes after: one, in a sound folder."""

    known: frozenset[str]
    heads: tuple[str, ...]


@lru_cache(maxsize=8)
def revisions(folder: Path) -> Revisions:
    """Read the names that the migrations give themselves; the folder is the one with `versions` in it."""
    known: set[str] = set()
    followed: set[str] = set()
    for file in (folder / "versions").glob("*.py"):
        for field, value in _REVISION.findall(file.read_text(encoding="utf-8")):
            (known if field == "revision" else followed).update(_NAME.findall(value))
    return Revisions(frozenset(known), tuple(sorted(known - followed)))


def current_revision(connection: Connection) -> str | None:
    """Give the revision of a database; None for one that no migration has seen."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


class Migrations:
    """What Flask-Migrate looks for in `app.extensions["migrate"]`, made when somebody migrates."""

    def __init__(self, database: Any, folder: Path) -> None:
        self._database, self.directory = database, folder

    @cached_property
    def migrate(self) -> "Migrate":
        """Give Flask-Migrate's own object."""
        from flask_migrate import Migrate

        return Migrate(db=self._database, directory=str(self.directory), render_as_batch=True)
