"""The books after a drill: who holds a place, who waits, which mail went out."""

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import select

from gatherings.accounts.models import Person
from gatherings.cli.checking import wrong_counts
from gatherings.db.places import Places
from gatherings.events.models import Event
from gatherings.registration.models import Registration
from tests.drills.crowd import Visit
from tests.drills.houses import House


@dataclass(frozen=True)
class Books:
    """Of one event: who is confirmed, the numbers of those who wait, and what the pool counts."""

    confirmed: set[str]
    waiting: dict[str, int]
    taken: int


def books_of(house: House, event: Event) -> Books:
    """Read an event's books; fails when any count of the whole database is wrong."""
    with house.session() as session:
        assert list(wrong_counts(session)) == []
        pool_id = event.online_id or event.room_id
        rows = session.execute(
            select(Person.address, Registration.state, Registration.queue_number)
            .join(Person, Person.id == Registration.person_id)
            .where(Registration.event_id == event.id, Registration.state.in_(("confirmed", "waitlisted")))
        ).all()
        taken = session.scalars(select(Places.taken).where(Places.id == pool_id)).one()
    assert len({address for address, _, _ in rows}) == len(rows)
    confirmed = {address for address, state, _ in rows if state == "confirmed"}
    waiting = {address: number for address, state, number in rows if state == "waitlisted" and number is not None}
    assert len(confirmed) == taken
    return Books(confirmed, waiting, taken)


def overtaken(visits: list[Visit], books: Books) -> list[tuple[str, str]]:
    """Name those who pressed after somebody else was answered and yet stand before them."""
    ranked = sorted(
        (books.waiting.get(visit.address, 0), visit.pressed, visit.ended, visit.address) for visit in visits
    )
    found = []
    latest, who = 0.0, ""  # the latest press among all who stand before
    at = 0
    while at < len(ranked):
        group = [row for row in ranked[at:] if row[0] == ranked[at][0]] if ranked[at][0] == 0 else [ranked[at]]
        found += [(who, address) for _, _, ended, address in group if latest > ended]
        for _, pressed, _, address in group:
            if pressed > latest:
                latest, who = pressed, address
        at += len(group)
    return found


def mails_to(house: House, addresses: set[str]) -> Counter[str]:
    """Count the mails that the receiver has taken for these addresses."""
    return Counter(got.recipient for got in list(house.receiver.messages) if got.recipient in addresses)
