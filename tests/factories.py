"""Real rows for tests, made by the product's own actions. All values can be overridden; the caller commits."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from gatherings.accounts.actions import find_or_make_person
from gatherings.accounts.models import Person
from gatherings.accounts.rules import normalise_address
from gatherings.communities.models import Community, Member
from gatherings.config import Site
from gatherings.core.folding import fold
from gatherings.core.tokens import new_public_id
from gatherings.events.actions import create_event, make_dates
from gatherings.events.models import Event, Series, SeriesRule
from gatherings.invites.actions import store_blocks
from gatherings.questions.models import ConsentText, Question
from gatherings.registration.actions import register, register_series
from gatherings.registration.models import Registration, SeriesRegistration
from gatherings.registration.rules import Wanted
from tests.databases import BASE_URL

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)  # as the fixture `now`
SITE = Site(base_url=BASE_URL, domain="example.org")
HOST = "gatherings.test"
THIRD_THURSDAY = "FREQ=MONTHLY;BYDAY=3TH"
_numbers = count(1)


def make_community(session: Session, **values: Any) -> Community:
    """Make a community in London; `values` are columns."""
    number = next(_numbers)
    columns: dict[str, Any] = {
        "public_id": new_public_id(),
        "slug": f"community-{number}",
        "name": "Conversations for Kindness",
        "accent": "plum",
        "zone": "Europe/London",
        "sender": "Conversations for Kindness",
        "version": 1,
        "created_at": NOW,
    }
    community = Community(**(columns | values))
    session.add(community)
    session.flush()
    return community


def make_member(
    session: Session,
    community: Community,
    address: str = "ada@example.org",
    zone: str | None = "Pacific/Auckland",
    *,
    name: str = "Ada Example",
    **values: Any,
) -> Member:
    """Put somebody among the members of a community; `values` are columns."""
    person = find_or_make_person(session, normalise_address(address), now=NOW)
    columns: dict[str, Any] = {
        "public_id": new_public_id(),
        "community_id": community.id,
        "person_id": person.id,
        "name": name,
        "name_folded": fold(name)[:300],
        "zone": zone,
        "state": "active",
        "source": "form",
        "link_version": 1,
        "created_at": NOW,
    }
    member = Member(**(columns | values))
    session.add(member)
    session.flush()
    return member


def make_event(
    session: Session,
    community: Community | None = None,
    *,
    starts_local: datetime = datetime(2026, 12, 15, 18, 0),
    zone: str = "Europe/London",
    minutes: int = 60,
    mode: str = "online",
    capacity_room: int | None = None,
    capacity_online: int | None = None,
    now: datetime = NOW,
    **values: Any,
) -> Event:
    """Make a published event: Tuesday 15 December 2026, 18:00 London, an hour, online; `values` are columns.

    A capacity of None is unlimited. The calendar block is stored too.
    """
    community = community or make_community(session)
    number = next(_numbers)
    columns: dict[str, Any] = {
        "slug": f"event-{number}",
        "community_id": community.id,
        "title": "What matters to you",
        "summary": "An hour about kindness in health care.",
        "starts_local": starts_local,
        "ends_local": starts_local + timedelta(minutes=minutes),
        "zone": zone,
        "mode": mode,
        "capacity_room": capacity_room,
        "capacity_online": capacity_online,
        "join_url": "https://meet.example.org/the-secret-room" if mode != "in person" else None,
        "place_name": "The Old Library" if mode != "online" else None,
        "status": "published",
    }
    event = create_event(session, columns | values, host=HOST, now=now)
    store_blocks(session, base_url=BASE_URL, event_ids=[event.id])
    return event


def make_series(
    session: Session,
    community: Community | None = None,
    *,
    rule: str = THIRD_THURSDAY,
    starts_local: datetime = datetime(2026, 1, 15, 18, 0),
    zone: str = "Europe/London",
    minutes: int = 60,
    ahead: int = 3,
    now: datetime = NOW,
    **values: Any,
) -> Series:
    """Make a series with its coming dates (third Thursdays, 18:00 London; from `now` on); `values` are columns.

    The dates are read by `dates_of(session, series)`. Calendar blocks are stored too.
    """
    community = community or make_community(session)
    number = next(_numbers)
    columns: dict[str, Any] = {
        "public_id": new_public_id(),
        "slug": f"series-{number}",
        "community_id": community.id,
        "title": "Third Thursday",
        "summary": "Every third Thursday we talk for an hour.",
        "mode": "online",
        "join_url": "https://meet.example.org/every-month",
        "ahead": ahead,
        "revision": 0,
        "changed_at": now,
        "created_at": now,
    }
    series = Series(**(columns | values))
    series.rules = [
        SeriesRule(
            uid=f"series-{series.public_id}@{HOST}", rule=rule, starts_local=starts_local, zone=zone, minutes=minutes
        )
    ]
    session.add(series)
    session.flush()
    dates = make_dates(session, series, host=HOST, now=now)
    store_blocks(session, base_url=BASE_URL, event_ids=[date.id for date in dates], series_ids=[series.id])
    return series


def dates_of(session: Session, series: Series, *, now: datetime = NOW) -> list[Event]:
    """Give a series' made dates that are not over, soonest first: 17 December 2026, 21 January and 18 February 2027."""
    return list(
        session.scalars(
            select(Event).where(Event.series_id == series.id, Event.ends_at > now).order_by(Event.starts_at)
        )
    )


def make_question(session: Session, event: Event | Series, type: str = "text", **values: Any) -> Question:
    """Ask something at an event, or at a series for all its dates; `values` are columns."""
    number = next(_numbers)
    columns: dict[str, Any] = {
        "public_id": new_public_id(),
        "key": f"question-{number}",
        "position": number,
        "type": type,
        "label": f"Question {number}",
        "help": "",
        "required": False,
        "options": {},
        ("series_id" if isinstance(event, Series) else "event_id"): event.id,
    }
    question = Question(**(columns | values))
    session.add(question)
    session.flush()
    return question


def make_consent(session: Session, of: Event | Community, **values: Any) -> ConsentText:
    """Ask for a consent at an event, or at all events of a community; `values` are columns."""
    number = next(_numbers)
    columns: dict[str, Any] = {
        "key": f"consent-{number}",
        "position": number,
        "text": "You may write to me about other gatherings.",
        "version": 1,
        ("community_id" if isinstance(of, Community) else "event_id"): of.id,
    }
    consent = ConsentText(**(columns | values))
    session.add(consent)
    session.flush()
    return consent


def make_registration(
    session: Session,
    event: Event,
    *,
    address: str = "ada@example.org",
    name: str = "Ada Example",
    zone: str = "Pacific/Auckland",
    wish: str | None = None,
    now: datetime = NOW,
    **wanted: Any,
) -> Registration:
    """Register somebody through the action; `wanted` are further fields of registration.rules.Wanted.

    Comes with person, invite and event (community, series, rule) loaded, as the actions need it.
    """
    wished = _wanted(event, address=address, name=name, zone=zone, wish=wish, **wanted)
    outcome = register(session, event.id, wished, SITE, now=now)
    assert outcome.public_id is not None
    return get_registration(session, outcome.public_id)


def get_registration(session: Session, public_id: str) -> Registration:
    """Read a registration afresh with what the actions need."""
    session.flush()
    return session.scalars(
        select(Registration)
        .where(Registration.public_id == public_id)
        .options(
            joinedload(Registration.person),
            joinedload(Registration.invite),
            joinedload(Registration.event).options(
                joinedload(Event.community), joinedload(Event.series), joinedload(Event.series_rule)
            ),
        )
        .execution_options(populate_existing=True)
    ).one()


def make_series_registration(
    session: Session,
    event: Event,
    *,
    address: str = "ada@example.org",
    name: str = "Ada Example",
    zone: str = "Pacific/Auckland",
    wish: str | None = None,
    now: datetime = NOW,
    **wanted: Any,
) -> SeriesRegistration:
    """Register somebody for "every month" through the action; `event` is a date of the series."""
    wished = _wanted(event, address=address, name=name, zone=zone, wish=wish, **wanted)
    register_series(session, event.id, wished, SITE, now=now)
    session.flush()
    return session.scalars(
        select(SeriesRegistration)
        .join(Person, Person.id == SeriesRegistration.person_id)
        .where(SeriesRegistration.series_id == event.series_id, Person.key == wished.address.key)
        .options(
            joinedload(SeriesRegistration.person),
            joinedload(SeriesRegistration.invite),
            joinedload(SeriesRegistration.series).options(joinedload(Series.community), selectinload(Series.rules)),
        )
    ).one()


def _wanted(event: Event, *, address: str, wish: str | None, **values: Any) -> Wanted:
    if wish is None and event.mode == "hybrid":
        wish = "online"
    values.setdefault("code_agreed", True)
    return Wanted(address=normalise_address(address), wish=wish, **values)
