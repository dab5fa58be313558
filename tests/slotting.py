"""Calls, submissions and running orders for tests; the caller commits."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from gatherings.accounts.actions import find_or_make_person
from gatherings.accounts.rules import normalise_address
from gatherings.calls.models import Call, CoPresenter, Submission
from gatherings.core.tokens import new_public_id
from gatherings.core.zones import to_utc
from gatherings.events.models import Event
from gatherings.slots.models import Item, RunningOrder
from tests.factories import NOW


def make_call(session: Session, event: Event, **values: Any) -> Call:
    """Open a call from 1 November to 10 December 2026, 18:00 there: eight slots of 180 s, 30 s changes."""
    opens, closes = datetime(2026, 11, 1, 9, 0), datetime(2026, 12, 10, 18, 0)
    opens, closes = values.get("opens_local", opens), values.get("closes_local", closes)
    columns: dict[str, Any] = {
        "public_id": new_public_id(),
        "event_id": event.id,
        "state": "published",
        "opens_local": opens,
        "closes_local": closes,
        "opens_at": to_utc(opens, event.zone),
        "closes_at": to_utc(closes, event.zone),
        "created_at": NOW,
    }
    call = Call(**(columns | values))
    session.add(call)
    event.offers = " ".join(sorted({*event.offers.split(), "call"}))
    session.flush()
    return call


def make_submission(
    session: Session, call: Call, address: str = "maureen@example.org", *, state: str = "submitted", **values: Any
) -> Submission:
    """Send a submission of 180 s by somebody in Chicago; `state` accepted is counted on the call."""
    person = find_or_make_person(session, normalise_address(address), now=NOW)
    columns: dict[str, Any] = {
        "public_id": new_public_id(),
        "call_id": call.id,
        "person_id": person.id,
        "state": state,
        "name": "Maureen Example",
        "zone": "America/Chicago",
        "title": "What matters to you",
        "about": "One question instead of “what is the matter”.",
        "ask": "Ask it once tomorrow.",
        "seconds": 180,
        "created_at": NOW,
        "sent_at": NOW,
    }
    submission = Submission(**(columns | values))
    session.add(submission)
    if state == "accepted":
        call.accepted += 1
        call.accepted_seconds += submission.seconds + call.change_seconds
    session.flush()
    return submission


def make_co_presenter(session: Session, submission: Submission, address: str, name: str, **values: Any) -> CoPresenter:
    """Let somebody present together with whoever sent the submission."""
    person = find_or_make_person(session, normalise_address(address), now=NOW)
    columns = {"public_id": new_public_id(), "submission_id": submission.id, "person_id": person.id, "name": name}
    other = CoPresenter(**(columns | {"created_at": NOW} | values))
    session.add(other)
    session.flush()
    return other


def make_order(session: Session, event: Event, submissions: Sequence[Submission] = (), **values: Any) -> RunningOrder:
    """Put submissions in order, 30 s between them, from the event's start; not published unless said."""
    columns: dict[str, Any] = {
        "public_id": new_public_id(),
        "event_id": event.id,
        "changed_at": NOW,
        "created_at": NOW,
        "seen_revision": event.revision,
    }
    order = RunningOrder(**(columns | values))
    session.add(order)
    session.flush()
    for position, submission in enumerate(submissions, 1):
        make_item(session, order, position, submission=submission)
    event.offers = " ".join(sorted({*event.offers.split(), "order"}))
    session.flush()
    return order


def make_item(
    session: Session, order: RunningOrder, position: int, *, submission: Submission | None = None, **values: Any
) -> Item:
    """Put one thing into an order: a submission's slot, or whatever `values` say."""
    columns: dict[str, Any] = {
        "public_id": new_public_id(),
        "order_id": order.id,
        "position": position,
        "kind": "slot",
        "seconds": submission.seconds if submission is not None else 180,
        "submission_id": submission.id if submission is not None else None,
    }
    item = Item(**(columns | values))
    session.add(item)
    session.flush()
    return item
