"""The slots of an event at a glance, and the one thing that comes next."""

from datetime import UTC, datetime

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from gatherings.calls.rules.call import CallState
from gatherings.slots.rules.next_step import Glance, next_step
from tests.factories import make_event
from tests.signing import make_role, sign_in
from tests.slotting import make_call, make_order, make_submission

OPEN, CLOSED = CallState.OPEN, CallState.CLOSED


def test_one_thing_comes_next() -> None:
    for glance, said, path in (
        (Glance(), "Write a call", "/call"),
        (Glance(CallState.DRAFT), "publish it", "/call"),
        (Glance(CallState.NOT_YET), "opens by itself", ""),
        (Glance(OPEN, {"submitted": 2}), "2 submissions wait", "/submissions"),
        (Glance(OPEN), "Share its address", "/call"),
        (Glance(CLOSED, {"accepted": 3}, untold=1), "its letter not sent", "/submissions/letters"),
        (
            Glance(CLOSED, {"reserve": 1, "accepted": 7}, room_for=1, unplaced=7),
            "somebody is on reserve",
            "/submissions",
        ),
        (Glance(CLOSED, {"accepted": 3}, unplaced=3), "Put 3 accepted slots", "/running-order"),
        (Glance(CLOSED, {"accepted": 3}, items=3, late=60), "longer than the gathering", "/running-order"),
        (Glance(CLOSED, {"accepted": 3}, items=3), "Publish the running order", "/running-order"),
        (Glance(CLOSED, items=3, published=True, silent=1), "has not answered", "/submissions?state=silent"),
        (Glance(CLOSED, items=3, published=True, soon=True), "begins soon", "/live"),
        (Glance(None, items=3, published=True), "Everything is ready", ""),
        (Glance(CLOSED, items=3, published=True, live="paused"), "live now", "/live"),
        (Glance(CLOSED, items=3, published=True, over=True), "really spoke", "/running-order"),
        (Glance(CLOSED, over=True), "is over", ""),
        (Glance(OPEN, {"submitted": 2}, cancelled=True), "cancelled", ""),
    ):
        step = next_step(glance)
        assert (said in str(step.words), step.path) == (True, path), (glance, step)


def test_the_glance_shows_counts_minutes_and_the_order(client: FlaskClient, session: Session) -> None:
    event = make_event(session)
    sign_in(client, session, make_role(session, event.community, "editor"))
    path = f"/organise/events/{event.slug}/slots"
    assert "Write a call" in client.get(path).text
    call = make_call(session, event, closes_local=datetime(2026, 11, 20, 9), kept_seconds=900)
    call.closes_at = datetime(2026, 11, 20, 9, tzinfo=UTC)
    sent = [
        make_submission(session, call, f"one{number}@example.org", state="accepted", told="accepted")
        for number in range(3)
    ]
    make_submission(session, call, "late@example.org", state="reserve", told="reserve")
    make_order(session, event, sent[:2])
    session.commit()
    text = client.get(path).text
    assert "somebody is on reserve" in text
    assert "/submissions" not in text.split("next-step")[2].split("glances")[0]
    for said in ("45:00", "10:00", "35:00", "18:00:00 to 18:06:30 in London", "One accepted slot is not in it yet."):
        assert said in text, said
    assert "3 accepted presenters have not answered yet" in text
