"""The base class that all models share.

A plain DeclarativeBase, so that models need not import Flask; `Annotated` aliases stand in for a
`type_annotation_map`, which breaks Flask-SQLAlchemy 3.1 (issue 1361).
"""

from datetime import datetime
from typing import Annotated

from sqlalchemy import MetaData, String, text
from sqlalchemy.orm import DeclarativeBase, mapped_column

from gatherings.db.types import UtcDateTime, WallClock


class Base(DeclarativeBase):
    """Every model's base; the naming convention lets migrations name each constraint."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


Pk = Annotated[int, mapped_column(primary_key=True)]
PublicId = Annotated[str, mapped_column(String(22), unique=True)]
UtcTime = Annotated[datetime, mapped_column(UtcDateTime())]
LocalTime = Annotated[datetime, mapped_column(WallClock())]
Zone = Annotated[str, mapped_column(String(64))]
Slug = Annotated[str, mapped_column(String(80))]
Line = Annotated[str, mapped_column(String(300))]
Counter = Annotated[int, mapped_column(default=0, server_default=text("0"))]
