"""Asking for a bursary, taking it back, and the organisers' decision."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from gatherings.accounts.actions import count_attempt, find_or_make_person, limit_attempts, was_tried
from gatherings.accounts.models import Person
from gatherings.audit.actions import log
from gatherings.config import Site
from gatherings.core.errors import Conflict, NotFound
from gatherings.core.tokens import Claim, new_public_id
from gatherings.core.words import say
from gatherings.events.models import Event
from gatherings.events.queries import WITH_ALL
from gatherings.events.rules import DOOR_WORDS, Door, door
from gatherings.tickets import application_facts
from gatherings.tickets.models import Application, Order, Sale, TicketKind
from gatherings.tickets.queries.applications import get_application, get_of_event
from gatherings.tickets.queries.kinds import find_kind
from gatherings.tickets.rules.applications import DECIDABLE, Asking
from gatherings.tickets.rules.windows import standing

_PAUSE = timedelta(minutes=10)  # between two mails that one's own press causes (domain.md 10)


def apply_for(
    session: Session,
    event_id: int,
    asking: Asking,
    site: Site,
    *,
    now: datetime,
    network: str | None = None,
    network_limit: int = 600,
) -> Application | None:
    """Ask for a ticket of a kind that is given on application; the mail has the link to one's own page.

    The same address again changes nothing and is told how it stands, not within ten minutes; who took theirs back asks
    anew. Gives None where a "this was not me" is to be respected. Raises NotFound, Conflict, TooMany.
    """
    event, kind = _open_kind(session, event_id, asking.kind, now)
    person = find_or_make_person(session, asking.address, now=now)
    if was_tried(session, "not-me", f"{person.id}:{event.id}", now=now):
        return None
    session.execute(select(Person.id).where(Person.id == person.id).with_for_update(key_share=True))  # pressed twice
    application = session.scalars(
        select(Application).where(Application.kind_id == kind.id, Application.person_id == person.id)
    ).one_or_none()
    new = application is None
    if application is None:
        application = Application(
            public_id=new_public_id(), event_id=event.id, kind_id=kind.id, person_id=person.id, link_version=0
        )
        session.add(application)
    anew = new or application.state == "withdrawn"
    if anew:
        application.name, application.zone, application.language = asking.name, asking.zone, asking.language
        application.about, application.answer, application.state = asking.about, "", "asked"
        application.until_at = application.decided_at = application.decided_by = application.order_id = None
        application.created_at, application.erased_at = now, None
        application.link_version += 1
        session.flush()
    if count_attempt(session, "application", f"{person.id}:{kind.id}", most=1, window=_PAUSE, now=now):
        application_facts.post(session, application, kind, event, person, site, now=now, again=not anew)
    if network is not None:
        limit_attempts(session, "register", network, most=network_limit, window=timedelta(minutes=10), now=now)
    return application


def _open_kind(session: Session, event_id: int, public_id: str, now: datetime) -> tuple[Event, TicketKind]:
    event = session.scalars(
        select(Event)
        .where(Event.id == event_id, Event.status != "draft")
        .options(*WITH_ALL)
        .execution_options(populate_existing=True)
    ).one_or_none()
    kind = find_kind(session, event_id, public_id)
    if event is None or kind is None or not kind.by_application or kind.hidden:
        raise NotFound()
    state = door(event, now)
    if state is not Door.OPEN:
        raise Conflict(DOOR_WORDS[state])
    sale = session.scalar(select(Sale.state).where(Sale.event_id == event_id))
    if sale != "on" or standing(kind, kind.places, now).state not in ("open", "full"):
        raise Conflict(say("One cannot ask for this ticket at the moment."))
    return event, kind


def withdraw(session: Session, claim: Claim, *, now: datetime) -> bool:
    """Take an application back, what was written in it too; False when there is nothing to take back."""
    application = get_application(session, claim)
    session.refresh(application, with_for_update={"of": Application})
    if application.state not in ("asked", "approved"):
        return False
    application.state, application.about, application.answer = "withdrawn", "", ""
    application.until_at = None
    application.decided_at = now
    return True


def approve(
    session: Session,
    event_id: int,
    public_id: str,
    site: Site,
    *,
    until_at: datetime,
    answer: str,
    person_id: int,
    actor: str,
    now: datetime,
) -> bool:
    """Grant an application: its link gives one ticket until then. False when it is granted like that already.

    Raises NotFound, and Conflict for what was used or taken back.
    """
    application, event = _to_decide(session, event_id, public_id, now)
    if application.state == "approved" and application.until_at == until_at and application.answer == answer:
        return False
    application.state, application.until_at, application.answer = "approved", until_at, answer
    _decided(session, application, event, site, person_id=person_id, actor=actor, now=now, action="approve_application")
    return True


def decline(
    session: Session,
    event_id: int,
    public_id: str,
    site: Site,
    *,
    answer: str,
    person_id: int,
    actor: str,
    now: datetime,
) -> bool:
    """Say no, with the organisers' own words; one that was granted and not used gives nothing any more."""
    application, event = _to_decide(session, event_id, public_id, now)
    if application.state == "declined" and application.answer == answer:
        return False
    application.state, application.until_at, application.answer = "declined", None, answer
    _decided(session, application, event, site, person_id=person_id, actor=actor, now=now, action="decline_application")
    return True


def _to_decide(session: Session, event_id: int, public_id: str, now: datetime) -> tuple[Application, Event]:
    application = get_of_event(session, event_id, public_id, lock=True)
    event = session.scalars(select(Event).where(Event.id == event_id).options(joinedload(Event.community))).one()
    if door(event, now) in (Door.OVER, Door.CANCELLED):
        raise Conflict(DOOR_WORDS[door(event, now)])
    if application.state not in DECIDABLE or application.erased_at is not None:
        raise Conflict(
            say("They have their ticket already.")
            if application.state == "used"
            else say("They have taken their application back.")
        )
    return application, event


def _decided(
    session: Session,
    application: Application,
    event: Event,
    site: Site,
    *,
    person_id: int,
    actor: str,
    now: datetime,
    action: str,
) -> None:
    application.decided_at, application.decided_by = now, person_id
    session.flush()
    log(
        session, actor=actor, action=action, about=f"event:{event.public_id}", community_id=event.community_id, now=now,
        application=application.public_id,
    )  # fmt: skip
    application_facts.post(session, application, application.kind, event, application.person, site, now=now)


def give_back_unused(session: Session, order: Order) -> None:
    """Let a bursary be used again whose order came to nothing: it expired, or was left before anything was valid."""
    for application in session.scalars(
        select(Application).where(Application.order_id == order.id, Application.state == "used")
    ):
        application.state, application.order_id = "approved", None
    session.flush()
