"""The call of an event follows what happens to the event: copied with it, timed again with its zone."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.calls.actions.call import time_call_again, time_calls_again
from gatherings.calls.models import Call
from gatherings.cli.checking import wrong_slots
from gatherings.core.tokens import new_public_id
from gatherings.events.models import Event
from gatherings.planning.actions.copying import copy_event, next_edition
from tests.factories import NOW, SITE, make_event
from tests.signing import make_role
from tests.slotting import make_call, make_item, make_order, make_submission


def test_a_copy_brings_the_call_along_as_a_draft_moved_by_as_many_days(session: Session) -> None:
    event = make_event(session)
    by = make_role(session, event.community, "organiser").id
    call = make_call(session, event, intro="For everybody", asks={"slide": "must"}, accepted=3, accepted_seconds=630)
    make_submission(session, call)
    session.commit()
    saved = copy_event(session, event.id, datetime(2027, 1, 19, 19, 0), key=new_public_id(), by=by, site=SITE, now=NOW)
    year = next_edition(
        session, event.id, datetime(2027, 12, 14).date(), below=False, speakers=False, key=new_public_id(), by=by,
        site=SITE, now=NOW,
    )  # fmt: skip
    for slug, days in ((saved.slug, 35), (year.slug, 364)):
        copied = session.scalars(select(Call).join(Event).where(Event.slug == slug)).one()
        assert copied.state == "draft"
        assert copied.accepted == copied.accepted_seconds == 0
        assert copied.closes_local == call.closes_local + timedelta(days=days)
        assert (copied.intro, copied.asks, copied.slot_seconds) == ("For everybody", {"slide": "must"}, 180)
        assert session.scalars(select(Event.offers).where(Event.slug == slug)).one() == ""


def test_a_call_closes_on_its_wall_clock_in_another_zone_too_and_the_past_stays(session: Session) -> None:
    event = make_event(session)
    call = make_call(session, event)
    opened = call.opens_at
    event.zone = "America/New_York"
    assert time_call_again(session, event, now=NOW)
    assert (call.opens_at, call.closes_at) == (opened, datetime(2026, 12, 10, 23, 0, tzinfo=UTC))
    assert time_calls_again(session, now=NOW) == 0
    event.zone = "Asia/Tokyo"
    session.flush()
    assert time_calls_again(session, now=NOW) == 1


def test_check_names_counts_that_differ_and_slots_of_another_event(session: Session) -> None:
    event, other = make_event(session), make_event(session)
    call = make_call(session, event)
    mine = make_submission(session, call, state="accepted")
    order = make_order(session, event, [mine])
    assert list(wrong_slots(session)) == []
    call.accepted_seconds -= 1
    theirs = make_submission(session, make_call(session, other), "bo@example.org", state="accepted")
    session.flush()
    assert [one.split(",")[0] for one in wrong_slots(session)] == [
        f"The call of {event.slug} counts 1 accepted with 209 s"
    ]
    call.accepted_seconds += 1
    make_item(session, order, 2, submission=theirs)
    assert list(wrong_slots(session)) == [
        f"1 slots in the running order of {event.slug} were offered to another gathering. Please report this."
    ]
