"""An event's registrations as a table: which columns there are, and the rows, a few hundred at a time.

Rows are read by ascending id, 500 in each short reading transaction: however many there are and however slowly they
are taken, memory stays as it is, nobody who writes waits, and no connection is held in between.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Text, bindparam, cast, select
from sqlalchemy.orm import Session, aliased

from gatherings.accounts.models import Person
from gatherings.core import zones
from gatherings.core.csv_text import Cell
from gatherings.core.words import Sentence, say
from gatherings.core.zone_table import country_name, place_of
from gatherings.events.models import Event
from gatherings.questions.models import ConsentText, Question
from gatherings.questions.types import TYPES
from gatherings.registration.door_queries import earlier_arrivals
from gatherings.registration.door_rules import lasts_days
from gatherings.registration.export_columns import FIXED, STATES, TICKETS, Column
from gatherings.registration.listing import Filter, Held, conditions, sells, tickets_of
from gatherings.registration.listing.finding import came_before
from gatherings.registration.models import Answer, Consent, Registration

AT_ONCE = 500


def columns(session: Session, event: Event) -> list[Column]:
    """List the columns that an event's table can have: a question or consent is one, also if it is asked no more."""
    found = [*FIXED, *(TICKETS if sells(event) else ())]
    for question in _questions(session, event):
        found.append(Column(f"q_{question.public_id}", question.label, not question.retired, question=question))
    for text in _consents(session, event):
        found.append(
            Column(f"c_{text.id}", say("Agreed: %(what)s", what=text.text[:80]), not text.retired, consent=text.key)
        )
    return found


def _questions(session: Session, event: Event) -> Sequence[Question]:
    own = Question.event_id == event.id
    if event.series_rule_id is not None:
        own = own | (Question.series_id == event.series_id)
    return session.scalars(select(Question).where(own).order_by(Question.retired, Question.position, Question.id)).all()


def _consents(session: Session, event: Event) -> Sequence[ConsentText]:
    asked = (ConsentText.event_id == event.id) | (ConsentText.community_id == event.community_id)
    return session.scalars(select(ConsentText).where(asked).order_by(ConsentText.position, ConsentText.id)).all()


def headings(wanted: Sequence[Column], words: Callable[[Sentence | str], str]) -> list[str]:
    """Give the headings, no two alike: a question may be called as a column of ours."""
    found: list[str] = []
    for column in wanted:
        heading, number = words(column.heading), 2
        plain = heading
        while heading.casefold() in {one.casefold() for one in found}:
            heading, number = f"{plain} ({number})", number + 1
        found.append(heading)
    return found


def rows(
    reading: Callable[[], AbstractContextManager[Session]], event: Event, filter: Filter, wanted: Sequence[Column]
) -> Iterator[list[Cell]]:
    """Give the cells of what a filter finds; `reading` opens a session of one's own, for a moment."""
    with reading() as session:
        statement = _statement(event, conditions(session, event, filter))
        places = _places_in_line(session, event)
    zones_there = _Zones(event)
    last = 0
    while True:
        with reading() as session:
            part = _Part(session, event, statement, wanted, places, zones_there, last)
        yield from part.cells()
        if len(part.rows) < AT_ONCE:
            return
        last = part.rows[-1].id


def _statement(event: Event, found: Sequence[ColumnElement[bool]]) -> Any:
    """Make the statement that reads a part, once: those after the id `last`."""
    one, whose = Registration, aliased(Person)  # filters look into Person by themselves
    return (
        select(
            one.id, one.name, whose.address, one.zone, one.language, one.state, one.places_id, one.waits_for_id,
            one.series_registration_id, one.made_by, one.attended_at, one.created_at, one.confirmed_at,
            one.cancelled_at, (~came_before(event)).label("first_time"),
        )
        .join(whose, whose.id == one.person_id)
        .where(*found, one.id > bindparam("last"))
        .order_by(one.id)
        .limit(AT_ONCE)
    )  # fmt: skip


class _Zones:
    """What an export says of each zone, worked out once."""

    def __init__(self, event: Event) -> None:
        self._event = event
        self._known: dict[str, tuple[str, str, str]] = {}

    def __getitem__(self, zone: str) -> tuple[str, str, str]:
        """Give city, country, and when it begins there on the clock of the zone."""
        if zone not in self._known:
            begins = "" if self._event.all_day else f"{zones.to_local(self._event.starts_at, zone):%Y-%m-%d %H:%M}"
            self._known[zone] = (zones.city(zone), country_name(place_of(zone).country), begins)
        return self._known[zone]


def _places_in_line(session: Session, event: Event) -> dict[int, int]:
    """Give where those who wait stand, by registration, 1 being next."""
    waiting = session.execute(
        select(Registration.id, Registration.waits_for_id)
        .where(Registration.event_id == event.id, Registration.waits_for_id.is_not(None))
        .order_by(Registration.waits_for_id, Registration.queue_number)
    )
    found: dict[int, int] = {}
    counts: dict[int | None, int] = {}
    for registration_id, places_id in waiting:
        counts[places_id] = counts.get(places_id, 0) + 1
        found[registration_id] = counts[places_id]
    return found


def to_print(session: Session, event: Event, filter: Filter, *, most: int) -> list[tuple[str, str, str]]:
    """Give name, side and state of what a filter finds, by name."""
    found = (
        select(Registration.name, Registration.places_id, Registration.waits_for_id, Registration.state)
        .where(*conditions(session, event, filter))
        .order_by(Registration.name_folded, Registration.id)
        .limit(most)
    )
    return [
        (name, "room" if (places_id or waits_for_id) == event.room_id else "online", STATES.get(state, state))
        for name, places_id, waits_for_id, state in session.execute(found)
    ]


class _Part:
    """Some hundred rows with what belongs to them."""

    def __init__(
        self,
        session: Session,
        event: Event,
        statement: Any,
        wanted: Sequence[Column],
        places: Mapping[int, int],
        zones_there: _Zones,
        last: int,
    ) -> None:
        self.event, self.wanted, self.places, self.zones = event, wanted, places, zones_there
        self.rows = session.execute(statement, {"last": last}).all()
        self.ids = [row.id for row in self.rows]
        self.every = [row.series_registration_id for row in self.rows if row.series_registration_id is not None]
        self.answers = self._answers(session) if any(column.question for column in wanted) else {}
        self.consents = self._consents(session) if any(column.consent for column in wanted) else {}
        several = lasts_days(event) and any(column.key == "came" for column in wanted)
        self.earlier = earlier_arrivals(session, self.ids if several else ())
        self.tickets = tickets_of(session, self.ids if any(column in TICKETS for column in wanted) else ())

    def _answers(self, session: Session) -> dict[tuple[str, int, int], Any]:
        asked = [column.question.id for column in self.wanted if column.question is not None]
        given = cast(Answer.value, Text) != "null"
        found: dict[tuple[str, int, int], Any] = {}
        for name, ids in (("one", self.ids), ("every", self.every)):
            column = Answer.registration_id if name == "one" else Answer.series_registration_id
            if ids:
                statement = select(column, Answer.question_id, Answer.value)
                for owner, question_id, value in session.execute(
                    statement.where(column.in_(ids), Answer.question_id.in_(asked), given)
                ):
                    found[name, owner, question_id] = value
        return found

    def _consents(self, session: Session) -> dict[tuple[str, int | None, str], bool]:
        found: dict[tuple[str, int | None, str], bool] = {}
        for name, ids in (("one", self.ids), ("every", self.every)):
            column = Consent.registration_id if name == "one" else Consent.series_registration_id
            if ids:
                for owner, key in session.execute(
                    select(column, Consent.key).where(column.in_(ids), Consent.withdrawn_at.is_(None))
                ):
                    found[name, owner, key] = True
        return found

    def cells(self) -> Iterator[list[Cell]]:
        """Give the cells of each row."""
        for row in self.rows:
            yield [self._cell(column, row) for column in self.wanted]

    def _cell(self, column: Column, row: Any) -> Cell:
        if column.question is not None:
            return self._answer(column.question, row)
        if column.consent is not None:
            given = self.consents.get(("one", row.id, column.consent)) or self.consents.get(
                ("every", row.series_registration_id, column.consent)
            )
            return "yes" if given else ""
        return _CELLS[column.key](self, row)

    def _answer(self, question: Question, row: Any) -> Cell:
        value = self.answers.get(("one", row.id, question.id))
        if value is None:
            value = self.answers.get(("every", row.series_registration_id, question.id))
        kind = TYPES[question.type]
        try:
            return kind.export(kind.from_json(value))
        except ValueError:  # the question was of another type when it was answered
            return str(value)

    def side(self, places_id: int | None) -> str:
        """Name a side of the event by its pool."""
        return "" if places_id is None else "room" if places_id == self.event.room_id else "online"

    def ticket(self, row: Any, told: Callable[[Held], str]) -> str:
        """Say something of each ticket of a row, once."""
        return ", ".join(dict.fromkeys(told(one) for one in self.tickets.get(row.id, ())))

    def arrivals(self, row: Any) -> str:
        """Say when somebody came, on the clock of the event: each day, where there were several."""
        came = [*self.earlier.get(row.id, ()), *([row.attended_at] if row.attended_at else ())]
        return ", ".join(self.on_host_clock(at) for at in came)

    def on_host_clock(self, at: datetime | None) -> str:
        """Write an instant on the clock of the event."""
        return "" if at is None else f"{zones.to_local(at, self.event.zone):%Y-%m-%d %H:%M}"


def _utc(at: datetime | None) -> str:
    return "" if at is None else f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


_CELLS: Mapping[str, Callable[[_Part, Any], Cell]] = {
    "name": lambda part, row: row.name,
    "email": lambda part, row: row.address,
    "state": lambda part, row: STATES.get(row.state, row.state),
    "mode": lambda part, row: part.side(row.places_id) or part.side(row.waits_for_id),
    "waits": lambda part, row: part.side(row.waits_for_id),
    "waiting": lambda part, row: part.places.get(row.id),
    "zone": lambda part, row: row.zone,
    "city": lambda part, row: part.zones[row.zone][0],
    "country": lambda part, row: part.zones[row.zone][1],
    "their_time": lambda part, row: part.zones[row.zone][2],
    "first_time": lambda part, row: "yes" if row.first_time else "no",
    "came": lambda part, row: part.arrivals(row),
    "registered": lambda part, row: part.on_host_clock(row.created_at),
    "registered_utc": lambda part, row: _utc(row.created_at),
    "confirmed_utc": lambda part, row: _utc(row.confirmed_at),
    "cancelled_utc": lambda part, row: _utc(row.cancelled_at),
    "every": lambda part, row: "yes" if row.series_registration_id is not None else "no",
    "made_by": lambda part, row: row.made_by,
    "language": lambda part, row: row.language,
    "ticket": lambda part, row: part.ticket(row, lambda one: one.kind),
    "paid": lambda part, row: part.ticket(row, lambda one: "yes" if one.paid else "no"),
    "order": lambda part, row: part.ticket(row, lambda one: one.reference),
}
