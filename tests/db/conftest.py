"""Tests that are about one database's own way."""

import pytest
from flask import Flask


@pytest.fixture
def only_sqlite(database_kind: str, app: Flask) -> Flask:
    if database_kind != "sqlite":
        pytest.skip("about SQLite's one write lock")
    return app


@pytest.fixture
def only_postgres(database_kind: str, app: Flask) -> Flask:
    if database_kind != "postgres":
        pytest.skip("about PostgreSQL's locks on rows")
    return app
