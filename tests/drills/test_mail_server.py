"""A mail server on a bad day, while people register through the form (bars B4, B5, B6)."""

import time
from collections import Counter

import pytest
from sqlalchemy import select, update

from gatherings.cli.checking import stuck_work
from gatherings.mail.models import OutboxMail
from tests.drills.books import books_of, mails_to
from tests.drills.conftest import Size
from tests.drills.crowd import crowd, share
from tests.drills.houses import House
from tests.drills.running import run_all


def come(house: House, path: str, prefix: str, people: int, size: Size) -> set[str]:
    """Let people register; fails when one of them was not told so within two seconds."""
    addresses = [f"{prefix}{number}@example.org" for number in range(people)]
    visits = run_all(crowd(house.port, path, addresses, 4))
    assert Counter(visit.told for visit in visits) == {"place": people}
    assert share((visit.seconds for visit in visits), 1.0) <= size.within(2)
    return set(addresses)


def go_bad(house: House, how: str) -> None:
    if how == "refuses":
        house.receiver.stop()
    elif how == "says 451":
        house.receiver.answer_all = "451 4.3.0 later, please"
    else:
        house.receiver.hanging = True


def get_well(house: House, how: str) -> None:
    house.receiver.answer_all, house.receiver.hanging = None, False
    if how == "refuses":
        house.receiver.start()


@pytest.mark.parametrize("how", ["refuses", "says 451", "hangs"])
def test_mail_waits_for_its_server_and_goes_out_once(houses, size, how):
    house = houses("sqlite")
    path = f"/events/{house.event(capacity_online=None).slug}"
    ends = time.monotonic() + size(60, 4)
    go_bad(house, how)
    addresses = come(house, path, "before", size(40, 8), size)
    time.sleep(1)
    house.server.kill()
    house.server.start()
    addresses |= come(house, path, "after", size(40, 8), size)
    time.sleep(max(0.0, ends - time.monotonic()))
    assert house.receiver.messages == []
    get_well(house, how)
    if not size.full:
        house.a_minute_passes()  # the killed worker's leases, and the pause of a mail that was put off
    assert house.receiver.wait(lambda: {got.recipient for got in house.receiver.messages} == addresses, 120)
    house.wait_for_mail(120)
    assert mails_to(house, addresses) == dict.fromkeys(addresses, 1)


def test_dropped_line_is_tried_again_with_the_same_mail_and_a_poison_mail_fails_alone(houses, size):
    house = houses("sqlite")
    event = house.event(capacity_online=None)
    path = f"/events/{event.slug}"
    house.receiver.drop_for = {"drop0@example.org"}
    house.receiver.answers = {"poison0@example.org": "550 5.1.1 no such person here"}
    good = come(house, path, "good", 5, size)
    come(house, path, "drop", 1, size)
    come(house, path, "poison", 1, size)
    come(house, path, "broken", 1, size)
    good |= come(house, path, "later", 5, size)
    assert house.receiver.wait(lambda: len(house.receiver.dropped) == 1 and set(mails_to(house, good)) == good, 20)
    house.receiver.drop_for = set()
    lost = select(OutboxMail.id).where(OutboxMail.recipient == "drop0@example.org", OutboxMail.lease_until.is_(None))
    assert house.receiver.wait(lambda: len(house.ask(lost.where(OutboxMail.last_error.is_not(None)))) == 1, 20)
    if size.full:
        assert house.receiver.wait(lambda: house.mail_waits() == 0, 150)
    else:
        house.a_minute_passes()
        house.wait_for_mail(20)
    dropped = house.receiver.dropped[0]
    again = [got for got in house.receiver.messages if got.recipient == dropped.recipient]
    assert [got.data for got in again] == [dropped.data]
    assert again[0].message["Message-ID"]
    assert mails_to(house, good) == dict.fromkeys(good, 1)
    failed = house.ask(select(OutboxMail.recipient, OutboxMail.last_error).where(OutboxMail.state == "failed"))
    assert [recipient for recipient, _ in failed] == ["poison0@example.org"]
    with house.session() as session, house.app.app_context():
        assert [words for words in stuck_work(session) if "5.1.1 no such person here" in words]
    assert books_of(house, event).taken == 13


def test_mail_that_cannot_be_composed_fails_alone_after_its_tries(houses, size):
    house = houses("sqlite")
    event = house.event(capacity_online=None)
    house.receiver.hanging = True
    come(house, f"/events/{event.slug}", "broken", 1, size)
    with house.writing() as session:
        session.execute(update(OutboxMail).values(facts={}, mime=None, subject=None, tries=19, lease_until=None))
    house.receiver.hanging = False
    house.a_minute_passes()
    good = come(house, f"/events/{event.slug}", "good", 3, size)
    house.wait_for_mail(30)
    assert mails_to(house, good) == dict.fromkeys(good, 1)
    states = dict(house.ask(select(OutboxMail.recipient, OutboxMail.state)))
    assert states.pop("broken0@example.org") == "failed"
    assert set(states.values()) == {"sent"}
