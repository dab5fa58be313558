"""Loading programmes into a fresh database, and looking at all of it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from gatherings import loading
from gatherings.db.base import Base
from gatherings.db.session import transact
from gatherings.events.models import Event
from gatherings.loading.actions import load
from gatherings.loading.reading import read, read_text
from gatherings.loading.report import Report
from gatherings.mail.models import OutboxMail
from gatherings.registration.actions.telling import list_due_changes, tell_change
from tests.factories import NOW, SITE

DEMO = Path(loading.__file__).parent / "programme.yaml"
LATER = NOW + timedelta(hours=1)
SMALL = """\
format: gatherings/1
communities:
  - slug: tea
    name: Tea and Talk
    accent: moss
    zone: Europe/London
    consents:
      - {key: news, text: Send me news.}
series:
  - slug: mondays
    community: tea
    title: First Monday
    rule: FREQ=MONTHLY;BYDAY=1MO
    starts: 2026-01-05 19:00
    minutes: 60
    zone: Europe/London
    mode: online
    places: {online: null}
    join: https://meet.example.org/mondays
    ahead: 4
    dates:
      - on: {next: 1}
        title: Tea from Darjeeling
events:
  - slug: summer-tea
    community: tea
    title: Summer tea
    summary: In the garden.
    starts: 2027-06-12 15:00
    minutes: 120
    zone: Europe/London
    mode: hybrid
    places: {room: 2, online: 100}
    place: {name: The garden, address: "1 Example Lane, London"}
    join: https://meet.example.org/summer-tea
    questions:
      - {key: cake, ask: "Will you bring cake?", type: yes_no}
      - {key: kind, ask: Which kind?, type: one_of, choices: [Apple, Plum]}
    consents:
      - {key: photo, text: I may be in photographs.}
  - slug: winter-tea
    community: tea
    title: Winter tea
    starts: {days: +21, then: SA, at: "15:00"}
    ends: {after_start: "0 days", at: "17:00"}
    zone: Europe/London
    mode: online
    registration: {opens: {days: +1, at: "09:00"}, closes: {after_start: "-1 days", at: "12:00"}}
"""


@pytest.fixture
def load_text(app: Flask) -> Callable[..., Report]:
    """Load a programme from text, in one transaction."""

    def run(text: str = SMALL, *, now: datetime = NOW) -> Report:
        with app.app_context():
            return transact(load, read_text(text), SITE, now)

    return run


@pytest.fixture
def load_demo(app: Flask) -> Callable[..., Report]:
    """Load the demo's programme, in one transaction."""

    def run(*, now: datetime = NOW) -> Report:
        with app.app_context():
            return transact(load, read(DEMO), SITE, now)

    return run


@pytest.fixture
def dump(engine: Engine) -> Callable[[], dict[str, list[Any]]]:
    """Give every row of every table."""

    def run() -> dict[str, list[Any]]:
        with engine.connect() as connection:
            return {
                table.name: sorted(repr(tuple(row)) for row in connection.execute(select(table)))
                for table in Base.metadata.sorted_tables
            }

    return run


@pytest.fixture
def event(session: Session) -> Callable[..., Event]:
    """Read an event as it stands now."""

    def run(slug: str = "summer-tea") -> Event:
        session.commit()
        session.expire_all()
        return session.scalars(select(Event).where(Event.slug == slug)).one()

    return run


@pytest.fixture
def tell(app: Flask, session: Session) -> Callable[..., list[tuple[str, str]]]:
    """Tell all gathered changes; give the mails that came of it, as kind and address."""

    def run(now: datetime = LATER + timedelta(minutes=10)) -> list[tuple[str, str]]:
        session.commit()
        old = set(session.scalars(select(OutboxMail.id)))
        session.commit()
        with app.app_context():
            for change_id in transact(list_due_changes, now):
                transact(tell_change, change_id, SITE, now=now)
        new = session.scalars(select(OutboxMail).where(OutboxMail.id.not_in(old)))
        return sorted((mail.kind, mail.recipient) for mail in new)

    return run


def dates(session: Session) -> list[Event]:
    """Give the dates that rules made, soonest first, as they stand now."""
    session.commit()
    session.expire_all()
    found = select(Event).where(Event.series_rule_id.is_not(None)).order_by(Event.starts_at)
    return list(session.scalars(found))
