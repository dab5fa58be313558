"""An event's picture: one at a time, and none is kept that nobody shows."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gatherings.accounts.models import Person
from gatherings.communities.models import Picture
from gatherings.config import Site
from gatherings.core.pictures import Written
from gatherings.core.tokens import new_public_id
from gatherings.events.actions import change_event
from gatherings.events.models import Event
from gatherings.planning.actions.events import note
from gatherings.planning.actions.twins import share_with_twin
from gatherings.planning.queries.events import editable


def set_picture(
    session: Session, event_id: int, written: Written | None, alt: str, *, by: int, site: Site, now: datetime
) -> str:
    """Show a picture on an event's page (None: the one it has), said in words as `alt`; give the event's slug.

    Its other sitting shows the same.
    """
    event = editable(session, event_id, lock=True)
    before = event.picture_id
    values: dict[str, object] = {"picture_alt": alt}
    if written is not None:
        picture = Picture(
            public_id=new_public_id(),
            community_id=event.community_id,
            width=written.width,
            height=written.height,
            data=written.data,
            created_at=now,
        )
        session.add(picture)
        session.flush()
        values["picture_id"] = picture.id
    return _change(session, event, values, before, by=by, site=site, now=now)


def drop_picture(session: Session, event_id: int, *, by: int, site: Site, now: datetime) -> str:
    """Go back to the drawn cover; give the event's slug."""
    event = editable(session, event_id, lock=True)
    if event.picture_id is None:
        return event.slug
    values: dict[str, object] = {"picture_id": None, "picture_alt": ""}
    return _change(session, event, values, event.picture_id, by=by, site=site, now=now)


def _change(
    session: Session, event: Event, values: dict[str, object], before: int | None, *, by: int, site: Site, now: datetime
) -> str:
    change_event(session, event, values, now=now, delay=0)
    event.edits += 1
    session.flush()
    share_with_twin(session, event, site, now=now)
    if before is not None and before != event.picture_id:
        _forget(session, before)
    note(session, event, "picture", session.get_one(Person, by), now, has=event.picture_id is not None)
    return event.slug


def _forget(session: Session, picture_id: int) -> None:
    """Delete a picture unless another event (a copy, a date) shows it."""
    if not session.scalar(select(func.count()).select_from(Event).where(Event.picture_id == picture_id)):
        session.delete(session.get_one(Picture, picture_id))
        session.flush()
