"""UPDATE and DELETE past the session's bookkeeping: how many rows they changed decides who was first."""

from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy import CursorResult, Executable
from sqlalchemy.orm import Session


def changed(session: Session, statement: Executable, values: Mapping[str, Any] | None = None) -> int:
    """Run an UPDATE or DELETE, perhaps with values for its parameters, and tell how many rows it changed.

    Objects that the session holds already do not follow: refresh the one that goes on being used.
    """
    result = session.execute(statement, values, execution_options={"synchronize_session": False})
    return cast("CursorResult[Any]", result).rowcount
