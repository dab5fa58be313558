"""Two organisers at once: both links stand, one call is written, the accepted are counted with the new change."""

from collections.abc import Callable
from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.calls.actions import call as actions
from gatherings.calls.actions.call import Overtaken, Saved, values_of
from gatherings.calls.actions.choosing import decide
from gatherings.calls.models import Call
from gatherings.db import transact
from gatherings.events.models import Event
from gatherings.events.offering import set_offer
from tests.factories import NOW, make_event
from tests.races import at_once
from tests.signing import make_role
from tests.slotting import make_call, make_submission


def doing(app: Flask, action: Callable[..., Any], *args: Any, **named: Any) -> Callable[[], Any]:
    """Make a press: one transaction, in a thread of its own."""

    def press() -> Any:
        with app.app_context():
            return transact(action, *args, **named)

    return press


def test_two_who_publish_different_things_at_once_both_have_their_link(app: Flask, session: Session) -> None:
    event = make_event(session)
    make_call(session, event, state="draft")
    event.offers = ""
    by = make_role(session, event.community, "organiser").id
    presses = [doing(app, actions.publish_call, event.id, by=by, now=NOW)]
    presses += [doing(app, set_offer, event.id, word, True) for word in ("order", "doors")]
    assert at_once(app, presses) == [None] * 3
    session.expire_all()
    assert session.scalars(select(Event.offers)).one() == "call order doors"


def test_of_two_who_write_a_call_at_once_one_does_and_nothing_is_overwritten(app: Flask, session: Session) -> None:
    event, other = make_event(session), make_event(session)
    by = make_role(session, event.community, "organiser").id
    values = values_of(make_call(session, other))
    presses = [
        doing(app, actions.save_call, event.id, {**values, "places": n}, edits=None, by=by, now=NOW) for n in (5, 6)
    ]
    found = sorted(at_once(app, presses), key=lambda one: isinstance(one, Overtaken))
    assert found[0] == Saved(made=True)
    assert isinstance(found[1], Overtaken)
    assert session.scalars(select(Call.places).where(Call.event_id == event.id)).one() == found[1].present["places"]


def test_a_longer_change_and_acceptances_at_once_count_right(app: Flask, session: Session) -> None:
    event = make_event(session)
    call = make_call(session, event)
    keys = [make_submission(session, call, f"p{number}@example.org").public_id for number in range(4)]
    person = make_role(session, event.community, "organiser")
    values = values_of(call) | {"change_seconds": 60}
    presses = [doing(app, actions.save_call, event.id, values, edits=0, by=person.id, now=NOW)]
    presses += [doing(app, decide, event.id, [key], "accepted", by=person.public_id, now=NOW) for key in keys]
    at_once(app, presses)
    session.expire_all()
    found = session.scalars(select(Call)).one()
    assert (found.change_seconds, found.accepted, found.accepted_seconds) == (60, 4, 4 * 240)
