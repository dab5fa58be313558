"""Applications for tickets: by their link, and as organisers decide on them."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from gatherings.core.errors import NotFound
from gatherings.core.tokens import PUBLIC_ID, Claim
from gatherings.events.models import Event
from gatherings.events.queries import WITH_ALL
from gatherings.tickets.models import Application, TicketKind

STATES = ("asked", "approved", "used", "declined", "withdrawn")
PAGE = 50


def get_application(session: Session, claim: Claim) -> Application:
    """Read an application by its link, with event, community, kind and person; raises NotFound for an old link."""
    found = session.scalars(
        select(Application)
        .join(Event, Event.id == Application.event_id)
        .where(
            Application.public_id == claim.public_id,
            Application.link_version == claim.version,
            Application.erased_at.is_(None),
            Event.status != "draft",
        )
        .options(
            joinedload(Application.event).options(*WITH_ALL),
            joinedload(Application.kind).joinedload(TicketKind.places),
            joinedload(Application.person),
        )
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound()
    return found


def get_of_event(session: Session, event_id: int, public_id: str, *, lock: bool = False) -> Application:
    """Read one application of an event, with kind and person; raises NotFound for another event's."""
    if not PUBLIC_ID.fullmatch(public_id):
        raise NotFound()
    statement = (
        select(Application)
        .where(Application.event_id == event_id, Application.public_id == public_id)
        .options(joinedload(Application.kind), joinedload(Application.person))
        .execution_options(populate_existing=True)
    )
    found = session.scalars(statement.with_for_update(of=Application) if lock else statement).one_or_none()
    if found is None:
        raise NotFound()
    return found


def count_states(session: Session, event_id: int) -> Mapping[str, int]:
    """Count an event's applications by state; a state without any is missing."""
    rows = session.execute(
        select(Application.state, func.count()).where(Application.event_id == event_id).group_by(Application.state)
    )
    return {row[0]: row[1] for row in rows}


def list_applications(session: Session, event_id: int, state: str, *, page: int = 1) -> tuple[list[Application], int]:
    """List applications in a state, the oldest first, a page of them; with how many there are. "" lists all."""
    wanted = [Application.event_id == event_id, *([Application.state == state] if state else [])]
    found = session.scalar(select(func.count(Application.id)).where(*wanted)) or 0
    rows = session.scalars(
        select(Application)
        .where(*wanted)
        .order_by(Application.id)
        .offset((page - 1) * PAGE)
        .limit(PAGE)
        .options(joinedload(Application.kind).joinedload(TicketKind.places), joinedload(Application.person))
    )
    return list(rows), found


def granted_of(session: Session, event_id: int, now: datetime) -> Mapping[int, int]:
    """Count for each kind (by id) the approved applications that wait to be used."""
    rows = session.execute(
        select(Application.kind_id, func.count())
        .where(
            Application.event_id == event_id,
            Application.state == "approved",
            func.coalesce(Application.until_at, now) >= now,
        )
        .group_by(Application.kind_id)
    )
    return {row[0]: row[1] for row in rows}
