"""A worker that is killed amid several hundred cancellations: the next goes on, nobody is told twice."""

import os
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from gatherings.core.clock import utc_now
from gatherings.db import transact
from gatherings.mail.models import OutboxMail
from gatherings.registration.actions import bulk
from gatherings.registration.actions.bulk import Ticked
from gatherings.registration.listing import Filter
from gatherings.registration.models import BulkChange, Registration
from tests.databases import make_app
from tests.drills.books import books_of
from tests.drills.houses import House, plain_environ
from tests.mail.receiver import Receiver
from tests.servers import Server
from tests.signing import make_role


def _house(houses: Any, kind: str, folder: Path) -> House:
    """Give an installation without a server: the database, and whatever is run on it."""
    url = houses.database(kind)
    app = make_app(folder / "instance", url)
    server = Server("", 0, [], plain_environ(folder / "instance", url), folder / "server.log")
    return House(folder, url, Receiver(), server, app)


def _cancelled(house: House) -> int:
    return int(house.ask(select(func.count(Registration.id)).where(Registration.state == "cancelled"))[0][0])


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_killed_worker_is_followed_by_one_that_does_nobody_twice(houses, size, kind, tmp_path):
    house = _house(houses, kind, tmp_path)
    event, people = house.event(), size(500, 130)
    house.fill(event, people, "bulk")
    with house.writing() as session:
        me = make_role(session, event.community, "organiser")
    now = utc_now()
    with house.app.app_context():
        ticked = Ticked(everybody=True, filter=Filter(), seen=people)
        change = transact(bulk.ask, event.id, "cancel", ticked, person_id=me.id, actor=me.public_id, now=now)
        transact(bulk.do_now, event.id, change, now=now)
    kills = 0
    for _round in range(size(3, 1)):
        so_far = _cancelled(house)
        with house.another_worker() as worker:
            assert house.receiver.wait(lambda: _cancelled(house) > so_far, 60)  # noqa: B023  # called at once
            if _cancelled(house) < people:
                os.kill(worker.pid, signal.SIGKILL)
                worker.wait(10)
                kills += 1
        house.a_minute_passes()
        if _cancelled(house) == people:
            break
    with house.another_worker():
        assert house.receiver.wait(
            lambda: house.ask(select(BulkChange.state).where(BulkChange.public_id == change)) == [("done",)], 90
        )
    assert kills > 0
    outcome = house.ask(select(BulkChange.outcome).where(BulkChange.public_id == change))[0][0]
    assert (outcome["done"], outcome["left"]) == (people, {})
    mails = Counter(about for (about,) in house.ask(select(OutboxMail.about).where(OutboxMail.kind == "cancelled")))
    assert len(mails) == people
    assert set(mails.values()) == {1}
    assert books_of(house, event).confirmed == set()
