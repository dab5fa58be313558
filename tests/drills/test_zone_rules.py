"""New zone rules move future gatherings, once (bar B17)."""

from collections import Counter
from datetime import timedelta
from importlib import resources
from pathlib import Path

import pytest
from sqlalchemy import select

from gatherings.events.models import Event
from gatherings.invites.models import Invite
from gatherings.mail.models import OutboxMail
from tests.drills.books import books_of
from tests.drills.crowd import crowd
from tests.drills.houses import House
from tests.drills.running import run_all


@pytest.fixture
def rules_of_tomorrow(tmp_path: Path) -> Path:
    """A zoneinfo folder in which London keeps the clock of Paris; all else is as in the pinned tzdata."""
    folder = tmp_path / "zoneinfo"
    paris = resources.files("tzdata.zoneinfo").joinpath("Europe", "Paris").read_bytes()
    (folder / "Europe").mkdir(parents=True)
    (folder / "Europe" / "London").write_bytes(paris)
    return folder


def facts(house: House, event: Event) -> tuple[object, ...]:
    return tuple(
        house.ask(
            select(Event.starts_local, Event.zone, Event.starts_at, Event.ends_at, Event.revision).where(
                Event.id == event.id
            )
        )[0]
    )


def sequences(house: House) -> set[int]:
    return {number for (number,) in house.ask(select(Invite.sequence))}


def test_changed_rule_moves_the_instant_keeps_the_wall_clock_and_tells_each_once(houses, size, rules_of_tomorrow):
    house = houses("sqlite")
    moved, still = house.event(), house.event(zone="Pacific/Auckland")
    people = [f"zone{number}@example.org" for number in range(size(100, 6))]
    for event in (moved, still):
        visits = run_all(crowd(house.port, f"/events/{event.slug}", people, 6))
        assert Counter(visit.told for visit in visits) == {"place": len(people)}
    house.wait_for_mail()
    before, others = facts(house, moved), facts(house, still)
    assert sequences(house) == {0}

    listed = house.command("retime", "--zoneinfo", str(rules_of_tomorrow))
    assert listed.returncode == 0, listed.stderr
    assert (moved.slug in listed.stdout, still.slug in listed.stdout) == (True, False)
    assert facts(house, moved) == before

    for _ in range(2):  # the second time there is nothing left to move
        applied = house.command("retime", "--zoneinfo", str(rules_of_tomorrow), "--apply")
        assert applied.returncode == 0, applied.stderr
    hour = timedelta(hours=1)
    local, zone, starts, ends, revision = before
    assert facts(house, moved) == (local, zone, starts - hour, ends - hour, revision + 1)  # type: ignore[operator]
    assert facts(house, still) == others

    updated = select(OutboxMail.recipient).where(OutboxMail.kind == "changed")
    assert house.receiver.wait(lambda: len(house.ask(updated)) >= len(people), 20)
    house.wait_for_mail()
    assert sorted(recipient for (recipient,) in house.ask(updated)) == sorted(people)
    told = [got for got in house.receiver.messages if b"SEQUENCE:1" in _calendar(got.message)]
    assert sorted(got.recipient for got in told) == sorted(people)
    assert sequences(house) == {0, 1}
    assert books_of(house, moved).confirmed == set(people)


def _calendar(message) -> bytes:
    parts = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    return b"".join(part.get_payload(decode=True) for part in parts)
