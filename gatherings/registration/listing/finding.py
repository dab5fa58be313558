"""What a filter means to the database. Zones become countries and hours here, of the event's own few dozen zones."""

import json
from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, Text, and_, cast, exists, false, func, not_, or_, select
from sqlalchemy.orm import Session, aliased

from gatherings.accounts.models import Person
from gatherings.accounts.rules import InvalidAddress, normalise_address
from gatherings.core import zones
from gatherings.core.folding import fold
from gatherings.core.hours import doing
from gatherings.core.zone_table import place_of
from gatherings.events.models import Event
from gatherings.mail.models import OutboxMail
from gatherings.mail.queries import unsettled
from gatherings.questions.models import Question
from gatherings.registration.listing.filter import Filter
from gatherings.registration.listing.ticketed import has_ticket, is_paid
from gatherings.registration.models import Answer, Registration
from gatherings.registration.rules import HOLDING, LIVE

MOST_WORDS = 8
# Few mails fail: from them to what they are about, and not the other way.
_WITH_FAILED_MAIL = select(func.substr(OutboxMail.about, len("registration:") + 1)).where(
    OutboxMail.state == "failed", OutboxMail.about.startswith("registration:"), unsettled()
)
_NOTHING = ("null", "[]", '""')  # an answer that was taken back, as JSON


def conditions(
    session: Session, event: Event, filter: Filter, known: Collection[str] | None = None
) -> list[ColumnElement[bool]]:
    """Give the conditions on Registration. Who was erased is never found.

    By country or hour it takes one query more, unless the event's zones are `known` already.
    """
    found: list[ColumnElement[bool]] = [Registration.event_id == event.id, Registration.erased_at.is_(None)]
    found += _of_state(filter.state)
    found += [_has_word(word, filter.names_only) for word in filter.words.split()[:MOST_WORDS]]
    if filter.side:
        found.append(func.coalesce(Registration.places_id, Registration.waits_for_id) == event.pool_at(filter.side))
    if filter.question and not filter.names_only:
        found.append(_answered(filter.question, filter.answer))
    if filter.zone:
        found.append(Registration.zone == filter.zone)
    if filter.country or filter.hours or filter.hour:
        found.append(_on_clocks(event, filter, zones_of(session, event) if known is None else known))
    if filter.first:
        before = came_before(event)
        found.append(before if filter.first == "no" else not_(before))
    if filter.came:
        found.append(
            Registration.attended_at.is_not(None) if filter.came == "yes" else Registration.attended_at.is_(None)
        )
    if filter.made_by:
        found.append(Registration.made_by == filter.made_by)
    if filter.ticket:
        found.append(has_ticket(filter.ticket))
    if filter.paid and not filter.names_only:
        found.append(is_paid(filter.paid == "yes"))
    if filter.mail and not filter.names_only:
        found.append(Registration.public_id.in_(_WITH_FAILED_MAIL))
    return found


def count(session: Session, event: Event, filter: Filter, known: Collection[str] | None = None) -> int:
    """Count what a filter finds; `known` as for `conditions`."""
    return session.scalars(select(func.count(Registration.id)).where(*conditions(session, event, filter, known))).one()


def ids(session: Session, event: Event, filter: Filter) -> list[int]:
    """List the ids of what a filter finds, first registered first."""
    found = select(Registration.id).where(*conditions(session, event, filter)).order_by(Registration.id)
    return list(session.scalars(found))


def public_ids(session: Session, event: Event, filter: Filter) -> list[str]:
    """List the public ids of what a filter finds, first registered first."""
    found = select(Registration.public_id).where(*conditions(session, event, filter)).order_by(Registration.id)
    return list(session.scalars(found))


def zones_of(session: Session, event: Event) -> Sequence[str]:
    """List the zones from which people registered for an event."""
    found = select(Registration.zone).where(Registration.event_id == event.id, Registration.erased_at.is_(None))
    return session.scalars(found.distinct()).all()


def came_before(event: Event) -> ColumnElement[bool]:
    """Give the condition that somebody was at an earlier gathering of the same community."""
    other, earlier = aliased(Registration), aliased(Event)
    return exists().where(
        other.person_id == Registration.person_id,
        other.event_id == earlier.id,
        other.state.in_(HOLDING),
        earlier.community_id == event.community_id,
        earlier.status == "published",
        earlier.starts_at < event.starts_at,
    )


def _of_state(state: str) -> list[ColumnElement[bool]]:
    if state == "all":
        return []
    if state == "waiting":
        return [Registration.waits_for_id.is_not(None)]
    if state == "pending":
        return [Registration.state.in_(("pending", "offered"))]
    return [Registration.state == state] if state else [Registration.state.in_(LIVE)]


def _has_word(word: str, names_only: bool) -> ColumnElement[bool]:
    """Find a word in the name, or (for who may see it) in the address; `autoescape`: % and _ are letters (C16)."""
    places: list[ColumnElement[bool]] = [false()]
    if folded := fold(word):
        places.append(Registration.name_folded.contains(folded, autoescape=True))
    if not names_only:
        whose = Person.key.contains(_address_part(word), autoescape=True)
        places.append(exists().where(Person.id == Registration.person_id, whose))
    return or_(*places)


def _address_part(word: str) -> str:
    if not word.isascii():  # a domain with letters of its own is kept as punycode
        try:
            return normalise_address(word).key
        except InvalidAddress:
            pass
    return word.lower()


def _answered(question: str, answer: str) -> ColumnElement[bool]:
    """Find an answer of one's own, or of one's "every month". Choices are kept as {"key": …}, others as they are."""
    text = cast(Answer.value, Text)
    given = [
        Answer.question_id == select(Question.id).where(Question.public_id == question).scalar_subquery(),
        or_(
            Answer.registration_id == Registration.id,
            Answer.series_registration_id == Registration.series_registration_id,
        ),
    ]
    if answer in ("any", "none"):
        some = exists().where(*given, text.not_in(_NOTHING))
        return some if answer == "any" else not_(some)
    key = json.dumps(answer)
    plain = {"yes": "true", "no": "false"}.get(answer, key)
    return exists().where(and_(*given), or_(text.contains(f'"key": {key}', autoescape=True), text.in_((key, plain))))


def _on_clocks(event: Event, filter: Filter, zones_found: Collection[str]) -> ColumnElement[bool]:
    """Find those on whose clocks it begins at such an hour, in such a country; whole days begin at no hour."""

    def fits(zone: str) -> bool:
        if filter.country and place_of(zone).country != filter.country:
            return False
        local = zones.to_local(event.starts_at, zone)
        by_hour = (not filter.hours or doing(local) == filter.hours) and filter.hour in ("", str(local.hour))
        return by_hour and not (event.all_day and (filter.hours or filter.hour))

    wanted = [zone for zone in zones_found if fits(zone)]
    return Registration.zone.in_(wanted) if wanted else false()
