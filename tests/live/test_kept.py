"""What hundreds of screens ask for: read once a second, given to all, never without the server's time."""

import threading
import time
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Response
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy.exc import OperationalError

from gatherings.core.clock import utc_now
from gatherings.live import kept
from gatherings.live.actions import Press, press
from gatherings.live.queries import find_held
from tests.factories import make_event
from tests.races import at_once
from tests.slotting import make_call, make_order, make_submission


@pytest.fixture
def show(session, now):
    """Two slots, published."""
    event = make_event(session)
    call = make_call(session, event)
    sent = [make_submission(session, call, f"p{number}@example.org", title=f"Talk {number}") for number in (1, 2)]
    make_order(session, event, sent, published_at=now)
    session.commit()
    return event


def shown(slug: str, at: datetime) -> Any:
    return kept.shown(slug, at)


@contextmanager
def counted(engine):
    """Count the statements that the database is asked."""
    asked = []

    def note(connection, cursor, statement, *rest):
        asked.append(statement)

    sqlalchemy_event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        sqlalchemy_event.remove(engine, "before_cursor_execute", note)


def test_a_crowd_reads_the_database_once_a_second(app, engine, session, show):
    slug, looks = show.slug, []

    def look_for(seconds):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            with app.app_context():
                looks.append(shown(slug, utc_now()).event.slug)
            time.sleep(0.002)

    with app.app_context():
        shown(slug, utc_now())
    with counted(engine) as asked:
        began = time.monotonic()
        found = at_once(app, [lambda: look_for(2.5)] * 12)
        took = time.monotonic() - began
    assert [one for one in found if one is not None] == []
    assert len(looks) > 500
    assert len([statement for statement in asked if "runs" in statement]) <= took + 1
    assert len(asked) <= took + 1


def test_without_keeping_every_look_would_read(app, engine, session, show):
    """The counter-test: what is dropped after each look is read for each."""
    with app.app_context(), counted(engine) as asked:
        for _ in range(5):
            shown(show.slug, utc_now())
            kept.press_made(show.slug)
    assert len([statement for statement in asked if "runs" in statement]) == 5


def test_a_press_elsewhere_is_seen_within_a_second(app, session, show):
    at = show.starts_at
    with app.app_context():
        assert shown(show.slug, at).board.state == "waiting"
    press(session, show.id, Press("start", 0, by="Anna"), now=at)  # another process: nothing is dropped here
    session.commit()
    with app.app_context():
        assert shown(show.slug, at + timedelta(seconds=0.9)).board.state == "waiting"
        assert shown(show.slug, at + timedelta(seconds=1)).board.state == "running"


def test_who_comes_while_another_reads_takes_what_is_there(app, session, show, monkeypatch):
    gate, slow = threading.Event(), threading.Event()
    read = find_held

    def read_slowly(session, slug):
        if slow.is_set():
            gate.wait(5)
        return read(session, slug)

    monkeypatch.setattr(kept, "find_held", read_slowly)
    at = show.starts_at
    with app.app_context():
        first = shown(show.slug, at)

    def reader():
        with app.app_context():
            shown(show.slug, at + timedelta(seconds=1.5))

    slow.set()
    thread = threading.Thread(target=reader)
    thread.start()
    time.sleep(0.1)
    with app.app_context():
        assert shown(show.slug, at + timedelta(seconds=1.6)) is first
    gate.set()
    thread.join()
    with app.app_context():
        assert shown(show.slug, at + timedelta(seconds=1.7)) is not first


def test_while_the_database_is_away_the_last_board_stays_for_a_minute(app, session, show, monkeypatch):
    at = show.starts_at
    with app.app_context():
        first = shown(show.slug, at)

    def away(session, slug):
        raise OperationalError("SELECT", {}, Exception("connection refused"))

    monkeypatch.setattr(kept, "find_held", away)
    with app.app_context():
        assert shown(show.slug, at + timedelta(seconds=30)) is first
        with pytest.raises(OperationalError):
            shown(show.slug, at + timedelta(seconds=61))


def test_nothing_is_kept_of_addresses_that_do_not_exist(app, session, show):
    with app.app_context():
        for number in range(2 * kept._MOST):
            assert shown(f"nothing-{number}", show.starts_at) is None
        keeper = kept._keeper()
        assert len(keeper._known) <= kept._MOST
        assert len(keeper._locks) <= kept._MOST


def ask(app, known, screen, body, version=""):
    made = []

    def render():
        made.append(screen)
        return body

    with app.test_request_context(f"/?v={version}"):
        response: Response = kept.answer(known, screen, render)
    return response, len(made)


def test_an_answer_is_made_once_and_not_sent_to_whoever_has_it(app, session, show, clock_at):
    at = show.starts_at
    with app.app_context():
        known = shown(show.slug, at)
    with clock_at(at + timedelta(seconds=0.25)):
        first, made = ask(app, known, "audience", f"<p data-v='{kept.VERSION}'>")
        version = first.get_etag()[0]
        assert (first.status_code, made, first.get_data(as_text=True)) == (200, 1, f"<p data-v='{version}'>")
        again, made = ask(app, known, "audience", "", version)
        assert (again.status_code, made, again.get_data()) == (204, 0, b"")
        other, made = ask(app, known, "stage", "<p>", version)
        assert (other.status_code, made) == (200, 1)
        for response in (first, again, other):
            assert response.headers["Clock"] == f"{at.timestamp() + 0.25:.3f}"
            assert response.headers["Cache-Control"] == "no-store"
            assert "Set-Cookie" not in response.headers


def test_screens_stop_asking_a_minute_after_the_end(app, session, show, clock_at):
    at, turn = show.starts_at, 0
    for name, second in (("start", 0), ("end", 60)):
        turn = press(session, show.id, Press(name, turn), now=at + timedelta(seconds=second)).run.turn
    session.commit()
    with app.app_context():
        assert not shown(show.slug, at + timedelta(seconds=119)).over
        known = shown(show.slug, at + timedelta(seconds=120))
        assert known.over
    assert ask(app, known, "audience", "<p>")[0].status_code == 286


def test_what_nobody_ended_is_over_one_day(app, session, show):
    press(session, show.id, Press("start", 0), now=show.starts_at)
    session.commit()
    with app.app_context():
        assert not shown(show.slug, show.ends_at + timedelta(hours=2)).over
        assert shown(show.slug, show.ends_at + timedelta(hours=4)).over
