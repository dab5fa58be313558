"""The stamp of what is public, as other connections write."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

from sqlalchemy import column, select, table, text

from gatherings.db.stamps import Stamps, _Server
from gatherings.events.queries import PUBLIC_STAMP, public_stamp
from tests.factories import make_community


def test_the_stamp_follows_every_commit_and_nothing_else(engine, session):
    stamps = Stamps(engine, PUBLIC_STAMP)
    first = stamps.read()
    assert first == stamps.read() == public_stamp(session)
    make_community(session)
    session.commit()
    second = stamps.read()
    assert second == public_stamp(session)
    assert second != first
    session.execute(text("UPDATE communities SET version = version + 1"))
    session.rollback()
    assert stamps.read() == second


def test_a_database_that_cannot_be_asked_gives_none(engine, session):
    stamps = Stamps(engine, select(column("nothing")).select_from(table("nowhere")))
    assert stamps.read() is None


def test_a_crowd_takes_only_a_few_connections_of_a_server():
    opened = []

    def connect(*words, **values):
        opened.append(threading.get_ident())
        time.sleep(0.005)  # long enough for the rest of the crowd to come
        return SimpleNamespace(execute=lambda *words, **values: SimpleNamespace(fetchone=lambda: (1,)))

    dialect = SimpleNamespace(
        loaded_dbapi=SimpleNamespace(Error=RuntimeError), create_connect_args=lambda url: ((), {}), connect=connect
    )
    engine: Any = SimpleNamespace(dialect=dialect, url=None)
    server = _Server(engine, "SELECT 1")
    with ThreadPoolExecutor(60) as crowd:
        assert list(crowd.map(lambda number: server.read(), range(60))) == [(1,)] * 60
    assert len(opened) <= 4
