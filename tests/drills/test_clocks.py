"""Clocks that differ (bar B14): a machine ten minutes off goes by the database's clock, and nobody notices."""

import asyncio
import time
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from gatherings.core.clock import utc_now
from gatherings.events.models import Event
from gatherings.jobs.models import Job
from gatherings.mail.models import OutboxMail
from tests import parts
from tests.drills.client import Visitor
from tests.drills.crowd import crowd
from tests.drills.houses import House
from tests.drills.running import run_all

pytestmark = [pytest.mark.needs("postgres", "faketime")]


def off_by(minutes: int) -> dict[str, str]:
    """Give the environment of a process whose machine's clock is so many minutes off; durations stay true."""
    library = parts.need("faketime")
    return {"LD_PRELOAD": library, "FAKETIME": f"{minutes:+d}m", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


def test_worker_with_a_wrong_clock_works_at_the_right_time(houses, size):
    for minutes in (10, -10) if size.full else (10,):
        _worker_off_by(minutes, houses("postgres"))


def _worker_off_by(minutes: int, house: House) -> None:
    # Its own worker goes away without a word, and only the one with the wrong clock is left.
    house.server.kill()
    house.server.command.append("--no-worker")
    house.server.start()
    event = house.event(capacity_online=2)
    later = house.fill(event, 1, "later")[0]
    with house.writing() as session:  # due in a minute: neither at once nor in eleven
        session.execute(
            update(OutboxMail)
            .where(OutboxMail.recipient == later)
            .values(state="queued", due_at=utc_now() + timedelta(seconds=60))
        )
    with house.another_worker(**off_by(minutes)):
        visits = run_all(crowd(house.port, f"/events/{event.slug}", ["soon@example.org", "wait@example.org"], 1))
        assert [visit.status for visit in visits] == [200, 200]
        assert house.receiver.wait(lambda: len(house.receiver.messages) >= 2, 25)
        time.sleep(3)
        assert {message.recipient for message in house.receiver.messages} == {"soon@example.org", "wait@example.org"}
        sent = house.ask(select(func.max(OutboxMail.sent_at)))[0][0]
        periodic = house.ask(select(func.max(Job.created_at)))[0][0]
        for stamp in (sent, periodic):
            assert abs(stamp - utc_now()) < timedelta(minutes=1)
    assert "going by that" in (house.folder / "worker.log").read_text()


def test_server_with_a_wrong_clock_opens_and_closes_on_time(houses, size):
    for minutes in (10, -10) if size.full else (-10,):
        _server_off_by(minutes, houses("postgres", **off_by(minutes)))


def _server_off_by(minutes: int, house: House) -> None:
    now = utc_now()
    closed = house.event(registration_closes_at=now - timedelta(minutes=3))
    early = house.event(registration_opens_at=now + timedelta(minutes=3))
    open_ = house.event(
        registration_opens_at=now - timedelta(minutes=3), registration_closes_at=now + timedelta(minutes=3)
    )

    async def look(event: Event) -> str:
        async with Visitor(house.port) as visitor:
            return (await visitor.get(f"/events/{event.slug}")).text

    async def run() -> list[str]:
        return list(await asyncio.gather(look(closed), look(early), look(open_)))

    pages = run_all(run())
    assert ["has closed" in page for page in pages] == [True, False, False]
    assert ["not open yet" in page for page in pages] == [False, True, False]
    (visit,) = run_all(crowd(house.port, f"/events/{open_.slug}", ["ada@example.org"], 1))
    assert visit.status == 200
    house.wait_for_mail(25)
    (stamp,) = house.ask(select(func.max(OutboxMail.created_at)))[0]
    assert abs(stamp - utc_now()) < timedelta(minutes=1)
