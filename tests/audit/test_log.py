"""The log that nobody edits: the database itself refuses."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from gatherings.audit.actions import log
from gatherings.audit.models import LogEntry


def test_a_line_says_who_did_what_to_what_and_when(session, now):
    log(session, actor="load", action="change", about="event:abc", now=now, fields=["title"], count=2)
    session.commit()
    session.expire_all()
    [line] = session.scalars(select(LogEntry)).all()
    assert (line.at, line.actor, line.action, line.about) == (now, "load", "change", "event:abc")
    assert line.details == {"fields": ["title"], "count": 2}


def test_a_line_goes_with_the_transaction_of_what_it_tells(session, now):
    log(session, actor="load", action="change", about="event:abc", now=now)
    session.flush()
    session.rollback()
    assert session.scalars(select(LogEntry)).all() == []


@pytest.mark.parametrize(
    "statement",
    ["UPDATE log_entries SET action = 'nothing'", "UPDATE log_entries SET id = id", "DELETE FROM log_entries",
     "DELETE FROM log_entries WHERE actor = 'load'"],
)  # fmt: skip
def test_what_stands_there_stands_there(session, now, statement):
    log(session, actor="load", action="change", about="event:abc", now=now)
    session.commit()
    with pytest.raises(DBAPIError):
        session.execute(text(statement))
    session.rollback()
    assert session.scalars(select(LogEntry.action)).all() == ["change"]


def test_the_model_cannot_be_edited_or_deleted_either(session, now):
    log(session, actor="load", action="change", about="event:abc", now=now)
    session.commit()
    for spoil in (lambda line: setattr(line, "action", "nothing"), session.delete):
        spoil(session.scalars(select(LogEntry)).one())
        with pytest.raises(DBAPIError):
            session.commit()
        session.rollback()
    assert session.scalars(select(LogEntry.action)).all() == ["change"]
