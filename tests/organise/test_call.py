"""A call is written, published, closed and opened again on its screen; the minutes and both clocks stand beside it."""

from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.audit.models import LogEntry
from gatherings.calls.models import Call
from gatherings.communities.models import Community
from gatherings.events.models import Event
from tests.factories import make_event
from tests.organise.pressing import form_of, press
from tests.signing import make_role, sign_in
from tests.slotting import make_call, make_submission

pytestmark = pytest.mark.one_database("of the screen, not of SQL")


@pytest.fixture
def event(client: FlaskClient, session: Session) -> Event:
    event = make_event(session)
    sign_in(client, session, make_role(session, event.community, "organiser"))
    session.commit()
    return event


def call_of(session: Session, event: Event) -> Call:
    session.rollback()
    session.expire_all()
    return session.scalars(select(Call).where(Call.event_id == event.id)).one()


def test_a_call_is_written_published_closed_and_opened_again(
    client: FlaskClient, session: Session, event: Event
) -> None:
    path = f"/organise/events/{event.slug}/call"
    filled = form_of(client, path)
    assert (filled["slot_seconds"], filled["places"], filled["change_seconds"]) == ("3:00", "8", "30")
    typed = filled | {
        "opens_date": "2026-11-20", "opens_time": "09:00", "closes_date": "2026-12-10", "closes_time": "18:00",
        "slot_seconds": "2:30", "least_seconds": "1:00", "most_seconds": "3", "kept_minutes": "10",
        "intro": "For **everybody**.", "contact": "Zoë, zoe@example.org", "asks_slide": "must", "asks_links": "no",
    }  # fmt: skip
    for _twice in range(2):
        answer = press(client, path, typed)
        assert answer.status_code == 303, answer.text
    call = call_of(session, event)
    assert call.state == "draft"
    assert event.offers == ""
    assert (call.opens_at, call.closes_at) == (
        datetime(2026, 11, 20, 9, tzinfo=UTC), datetime(2026, 12, 10, 18, tzinfo=UTC),
    )  # fmt: skip
    assert (call.slot_seconds, call.least_seconds, call.most_seconds, call.kept_seconds) == (150, 60, 180, 600)
    assert (call.asks["slide"], call.asks["links"], call.asks["ask"]) == ("must", "no", "may")
    version = session.get_one(Community, event.community_id).version
    for _twice in range(2):
        assert press(client, f"{path}/publish").status_code == 303
    assert (call_of(session, event).state, event.offers) == ("published", "call")
    assert session.get_one(Community, event.community_id).version > version
    assert "The call is open" in client.get(path).text
    assert press(client, f"{path}/close").status_code == 303
    assert "The call has closed" in client.get(path).text
    answer = press(client, f"{path}/reopen", {"closes_date": "2026-11-01", "closes_time": "18:00"})
    assert answer.status_code == 422
    assert "This is in the past" in answer.text
    answer = press(client, f"{path}/reopen", {"closes_date": "2026-12-12", "closes_time": ""})
    assert answer.status_code == 422
    assert "Please choose the time" in answer.text
    assert press(client, f"{path}/reopen", {"closes_date": "2026-12-12", "closes_time": "18:00"}).status_code == 303
    assert call_of(session, event).closes_at == datetime(2026, 12, 12, 18, tzinfo=UTC)
    actions = session.scalars(select(LogEntry.action).order_by(LogEntry.id)).all()
    assert [one for one in actions if one.endswith("_call")] == [
        "write_call", "publish_call", "close_call", "reopen_call",
    ]  # fmt: skip
    slug = session.get_one(Community, event.community_id).slug
    assert "published the call for" in client.get(f"/organise/communities/{slug}/log").text


def test_gaps_folds_and_nonsense_are_refused_in_words_and_nothing_is_lost(
    client: FlaskClient, session: Session, event: Event
) -> None:
    path = f"/organise/events/{event.slug}/call"
    filled = form_of(client, path)
    for typed, said in (
        ({"opens_date": "2026-03-29", "opens_time": "01:30"}, "clocks in London go forward"),
        ({"opens_date": "2026-10-25", "opens_time": "01:30"}, "go back"),
        ({"closes_date": "2026-12-16"}, "before the gathering is over"),
        ({"opens_date": "2026-12-11", "closes_date": "2026-12-01"}, "should close after it opens"),
        ({"slot_seconds": "three"}, "minutes and seconds"),
        ({"slot_seconds": "9:99"}, "minutes and seconds"),
        ({"slot_seconds": "0:05"}, "from 0:30 to 1:00:00"),
        ({"most_seconds": "2:00"}, "The longest slot"),
        ({"least_seconds": "4:00"}, "The shortest slot"),
        ({"places": "0"}, "from 1 to 200"),
        ({"asks_needs": "must"}, "Please choose one of these"),
        ({"asks_slide": "<b>"}, "Please choose one of these"),
        ({"closes_date": ""}, "Please choose the day"),
    ):
        answer = press(client, path, filled | typed | {"contact": "李雷 <3"})
        assert (answer.status_code, said in answer.text) == (422, True), (typed, said)
        assert "李雷 &lt;3" in answer.text
    assert session.scalar(select(Call)) is None


def test_who_saves_second_sees_what_differs(client: FlaskClient, session: Session, event: Event) -> None:
    make_call(session, event)
    session.commit()
    path = f"/organise/events/{event.slug}/call"
    opened = form_of(client, path)
    assert press(client, path, opened | {"places": "6", "contact": "Bob"}).status_code == 303
    answer = press(client, path, opened | {"contact": "Nicki"})
    assert answer.status_code == 409
    assert "Bob" in answer.text
    assert "Nicki" in answer.text
    assert 'name="places" value="6"' in answer.text.replace('id="places" ', "")
    assert call_of(session, event).contact == "Bob"
    again = opened | {"places": "6", "contact": "Nicki", "edits": "1"}
    assert press(client, path, again).status_code == 303
    assert (call_of(session, event).contact, call_of(session, event).places) == ("Nicki", 6)


def test_fewer_places_than_accepted_is_told_and_another_change_counts_for_all(
    client: FlaskClient, session: Session, event: Event
) -> None:
    call = make_call(session, event)
    for number in range(3):
        make_submission(session, call, f"one{number}@example.org", state="accepted")
    session.commit()
    path = f"/organise/events/{event.slug}/call"
    assert press(client, path, form_of(client, path) | {"places": "2", "change_seconds": "60"}).status_code == 303
    saved = call_of(session, event)
    assert (saved.accepted, saved.accepted_seconds) == (3, 3 * 240)
    assert "3 slots are accepted already, and there are fewer places now" in client.get(path).text
    answer = press(client, f"{path}/unpublish")
    assert answer.status_code == 409
    assert "cannot be a draft again" in answer.text


def test_minutes_and_both_clocks_stand_beside_the_form(client: FlaskClient, session: Session, event: Event) -> None:
    client.set_cookie("zone", "Pacific/Auckland", domain="gatherings.test")
    beside = f"/organise/events/{event.slug}/call/beside?places=8&slot_seconds=3:00&change_seconds=30&kept_minutes="
    said = client.get(f"{beside}15&closes_date=2026-12-10&closes_time=18:00").text
    assert "27:30" in said
    assert "17:30" in said
    assert "They fit." in said
    assert "Friday 11 December, 07:00 in Auckland, your time" in said
    assert "18:00 in London" in said
    said = client.get(f"{beside}35").text
    assert "7 slots would fit" in said
    assert client.get(f"{beside}&places=x").status_code == 200
