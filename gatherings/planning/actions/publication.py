"""Draft, published, cancelled: what organisers do with an event's state, each told in words before it happens."""

from datetime import datetime

from sqlalchemy.orm import Session

from gatherings.accounts.models import Person
from gatherings.config import Site
from gatherings.core.errors import Conflict
from gatherings.core.words import say
from gatherings.events.actions import change_event
from gatherings.events.models import Event
from gatherings.invites.actions import store_blocks
from gatherings.planning.actions.events import note
from gatherings.planning.queries.events import count_told, editable
from gatherings.planning.rules.telling import SILENT

_PEOPLE = say(
    "People are registered for this, so it cannot be a draft again. Cancel it instead: then they are told, and it "
    "leaves their calendars."
)
_BY_RULE = say(
    "This is a date of a series, and calendars know it by the series' rule. Cancel it instead: then they know that too."
)
_CANCELLED = say("This gathering is cancelled. Publish it again if it takes place after all.")
_DRAFT = say("This is a draft that nobody sees yet. There is nothing to cancel.")


def publish(session: Session, event_id: int, *, by: int, site: Site, now: datetime) -> str:
    """Let everybody see an event; one that was cancelled takes place again, and its people are told. Gives its slug."""
    return _set(session, event_id, "published", "publish", by=by, site=site, now=now)


def unpublish(session: Session, event_id: int, *, by: int, site: Site, now: datetime) -> str:
    """Make a published event a draft again; raises Conflict where people are registered."""
    event = editable(session, event_id, lock=True)
    if event.status == "cancelled":
        raise Conflict(_CANCELLED)
    if event.series_rule_id is not None:
        raise Conflict(_BY_RULE)
    if count_told(session, event_id):
        raise Conflict(_PEOPLE)
    return _set(session, event_id, "draft", "unpublish", by=by, site=site, now=now)


def cancel_event(session: Session, event_id: int, *, by: int, site: Site, now: datetime) -> str:
    """Call an event off: those registered are told once, and calendars get a CANCEL."""
    if editable(session, event_id, lock=True).status == "draft":
        raise Conflict(_DRAFT)
    return _set(session, event_id, "cancelled", "cancel_event", by=by, site=site, now=now)


def _set(session: Session, event_id: int, status: str, action: str, *, by: int, site: Site, now: datetime) -> str:
    event: Event = editable(session, event_id, lock=True)
    if event.status == status:
        return event.slug  # pressed twice
    people = count_told(session, event_id) if event.status != "draft" else 0
    change_event(session, event, {"status": status}, now=now, delay=site.change_delay, silent=SILENT)
    event.edits += 1
    session.flush()
    store_blocks(session, base_url=site.base_url, event_ids=[event.id])
    note(session, event, action, session.get_one(Person, by), now, people=people)
    return event.slug
