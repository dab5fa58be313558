"""Three minutes for the demo: a call with ten who offer something, eight chosen and in order, and doors in front of it.

The groups are those of the session of 2022; addresses are of example.org. Everything is made by the actions that the
screens use, so the demo's mailbox holds what presenters would get.
"""

from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.accounts.models import Person
from gatherings.accounts.rules import normalise_address
from gatherings.calls.actions.answering import confirm, send_letters, words_of
from gatherings.calls.actions.call import publish_call, save_call
from gatherings.calls.actions.choosing import decide
from gatherings.calls.actions.submitting import submit
from gatherings.calls.models import Call, Submission
from gatherings.calls.queries.choosing import list_to_tell
from gatherings.calls.rules.answers import mark_of
from gatherings.calls.rules.call import ASKS
from gatherings.calls.rules.submitting import Offer
from gatherings.config import Site
from gatherings.core import zones
from gatherings.core.tokens import new_public_id
from gatherings.db import transact
from gatherings.doors.actions import calendars as doors
from gatherings.doors.actions.contents import Content, fill, stamp_of
from gatherings.doors.queries import find_of_event
from gatherings.events.models import Event
from gatherings.slots.actions import ordering, publishing

_SLUG = "advent-calendar"
_OPEN_DOORS = 5  # that many days ago the first one opened

# Name, zone, title, what they do, what they ask.
_OFFERS = (
    ("Maureen and Mathieu", "America/New_York", "What Matters To You?", "One question, asked of patients and of "
     "colleagues in more than 50 countries.", "Ask one person this week, and write down what they said."),
    ("Sheila", "America/Chicago", "The Patient Revolution", "A community that works on the conditions for careful and "
     "kind care.", "Tell us where care felt careful."),
    ("Bob and Nicki", "Pacific/Auckland", "Conversations for Kindness", "An hour a month, and a wish for a second one "
     "at a kinder hour for the south.", "Bring somebody from the Southern Hemisphere."),
    ("Chris", "Europe/London", "Civility Saves Lives", "What behaviour does to a team, and why culture cannot stand in "
     "for capacity.", "Thank somebody whose work nobody sees."),
    ("Brigid", "Europe/Dublin", "Spaces for Listening", "Eight people, three rounds, two minutes each, and nobody "
     "tries to solve you.", "Listen for two minutes without an answer."),
    ("Shane and Rowan", "Europe/London", "Kaleidoscope Health and Care", "A company whose first requirement of "
     "everybody is that they are kind.", "Put kindness into one job advertisement."),
    ("Cath", "Australia/Melbourne", "Gathering of Kindness", "A week in which the arts open conversations that health "
     "care needs.", "Play one song on the ward."),
    ("Göran", "Europe/Stockholm", "Microsystem Festival", "Twenty years of all teach, all learn.",
     "Come to Jönköping and bring a question."),
    ("Aroha", "Pacific/Auckland", "A blanket for every bed", "Volunteers who knit for people in long-stay wards.",
     "Send one square."),
    ("Noor", "Asia/Kolkata", "Tea at three", "Ten minutes in which a whole department sits down together.",
     "Try it on one Thursday."),
)  # fmt: skip
_TEXTS = (
    ("A small thing to begin with", "Say good morning to the person who cleans your room, **by name**."),
    ("To write down", "What was the kindest thing that somebody did for you this month? Tell them."),
)


def fill_slots(app: Flask, site: Site, *, by: str, now: datetime) -> None:
    """Make the call, the submissions, the order and the doors, as the organiser with this address; one transaction."""
    with app.app_context():
        transact(_fill, by, site, now=now)


def _fill(session: Session, address: str, site: Site, *, now: datetime) -> None:
    event = session.scalars(select(Event).where(Event.slug == _SLUG, Event.starts_at > now)).one_or_none()
    person = session.scalars(select(Person).where(Person.key == normalise_address(address).key)).one_or_none()
    if event is None or person is None:
        return
    start = now - timedelta(days=10)
    _call(session, event, person, start)
    chosen = _offers(session, event, site, start)
    decide(session, event.id, [one.public_id for one in chosen[:8]], "accepted", by=person.public_id, now=start)
    _letters(session, event, person, site, now=start)
    for one in chosen[:6]:
        confirm(session, one.id, now=start)
    me = ordering.By(person.public_id, site)
    ordering.start_order(session, event.id, by=me, now=now)
    publishing.publish(session, event.id, by=me, now=now)
    _doors(session, event, person, now=now)


def _call(session: Session, event: Event, person: Person, start: datetime) -> None:
    closes = event.starts_local.replace(hour=18, minute=0) - timedelta(days=3)
    values = {
        "opens_local": zones.to_local(start, event.zone).replace(minute=0, second=0, microsecond=0),
        "closes_local": closes,
        "slot_seconds": 180, "least_seconds": 120, "most_seconds": 180, "places": 8, "change_seconds": 30,
        "kept_seconds": 1800, "words_a_minute": 130, "contact": "Leila, who keeps the time",
        "intro": "Eight groups have **three minutes each**. A group needs no slides and no experience, only something "
        "true.\n\nAnybody who makes health or care kinder, anywhere, may offer one.",
        **{f"asks_{name}": "may" for name in ASKS},
    }  # fmt: skip
    save_call(session, event.id, values, edits=None, by=person.id, now=start)
    publish_call(session, event.id, by=person.id, now=start)


def _offers(session: Session, event: Event, site: Site, now: datetime) -> list[Submission]:
    call_id = session.scalars(select(Call.id).where(Call.event_id == event.id)).one()
    for number, (name, zone, title, about, ask) in enumerate(_OFFERS):
        address = normalise_address(f"presenter{number}@example.org")
        offer = Offer(name, zone, title, 180, address, about=about, ask=ask)
        submit(session, call_id, new_public_id(), offer, {}, site, writer="", seen=0, now=now)
    sent = select(Submission).where(Submission.call_id == call_id, Submission.state == "submitted")
    return list(session.scalars(sent.order_by(Submission.id)))


def _letters(session: Session, event: Event, person: Person, site: Site, *, now: datetime) -> None:
    call = session.scalars(select(Call).where(Call.event_id == event.id)).one()
    shown = {one.public_id: mark_of(one, words_of(one, call, one.state)) for one in list_to_tell(session, call.id)}
    send_letters(session, event.id, shown, by=person.public_id, site=site, now=now)


def _doors(session: Session, event: Event, person: Person, *, now: datetime) -> None:
    by = doors.By(person.public_id, now)
    today = zones.to_local(now, event.zone).date()
    settings = doors.Settings(
        "Doors to kindness", "One small thing a day, from those who meet in December.",
        today - timedelta(days=_OPEN_DOORS - 1), event.zone, "calendar", 0,
    )  # fmt: skip
    doors.make(session, event.id, settings, by, from_order=True)
    count = 8 + len(_TEXTS)
    doors.change(session, event.id, doors.Settings(**{**vars(settings), "count": count}), by)
    for number, (title, body) in enumerate(_TEXTS, 9):
        calendar = find_of_event(session, event.id)
        assert calendar is not None
        seen = stamp_of(calendar.doors[number - 1])
        fill(session, event.id, number, Content("text", title, body), by, seen=seen)
    doors.publish(session, event.id, by)
