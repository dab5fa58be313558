"""The stamp of what is public, as other connections write."""

from sqlalchemy import column, select, table, text

from gatherings.db.stamps import Stamps
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
