"""A letter to a thousand: queued in one transaction, each once through power cuts, one poison address alone (B6);
and five thousand mails about a change beside visitors who notice nothing (bar A8)."""

import asyncio
import time
from collections import Counter
from datetime import timedelta

from sqlalchemy import func, select, update

from gatherings.communities.actions.roles import By
from gatherings.communities.models import Community
from gatherings.core.clock import utc_now
from gatherings.core.tokens import new_public_id
from gatherings.events.actions import change_event
from gatherings.events.models import Event
from gatherings.letters.actions import Shown, audience_of, save_letter, send_letter
from gatherings.letters.queries import Scope, get_letter
from gatherings.letters.rules import Draft
from gatherings.mail.models import OutboxMail
from tests.drills.client import Visitor
from tests.drills.crowd import share
from tests.drills.houses import House
from tests.drills.running import run_all
from tests.signing import make_role

BODY = "Hello {name},\n\nit is **close**: {time}.\n\n- {join_link}\n- {manage_link}\n"


def send(house: House, event: Event, people: int) -> str:
    """Write to everybody at an event, as an organiser's press does; give what its mails are about."""
    public_id, now = new_public_id(), utc_now()
    scope = Scope(event.community_id, event.id)
    with house.writing() as session:
        by = By.of(make_role(session, session.get_one(Community, event.community_id), "organiser"))
        draft = Draft("Soon: {event}", BODY, "about", {})
        save_letter(session, scope, public_id, draft, author=by, edits=0, now=now)
        letter = get_letter(session, scope, public_id)
        count = audience_of(session, letter).reach(session).count
        sent = send_letter(session, scope, public_id, Shown(1, count), by=by, site=house.site, now=now)
    assert sent == count == people
    return f"letter:{public_id}"


def states(house: House, about: str) -> dict[str, int]:
    rows = select(OutboxMail.state, func.count()).where(OutboxMail.about == about).group_by(OutboxMail.state)
    return {row[0]: row[1] for row in house.ask(rows)}


def test_a_letter_to_many_reaches_each_once_however_often_the_power_goes(houses, size):
    people, kills = size(1000, 90), size(5, 2)
    house = houses("sqlite")
    event = house.event(capacity_online=None)
    addresses = set(house.fill(event, people, "reader"))
    about = send(house, event, people)
    for number in range(1, kills + 1):
        wanted = people * number // (kills + 1)
        assert house.receiver.wait(lambda least=wanted: len(house.receiver.messages) >= least, 120)
        house.server.kill()
        house.a_minute_passes()
        house.server.start()
    house.a_minute_passes()
    house.wait_for_mail(180)
    assert states(house, about) == {"sent": people}
    copies = Counter(got.recipient for got in house.receiver.messages)
    assert set(copies) == addresses
    assert sum(copies.values()) - people <= kills  # a mail that was taken when the power went, under the same id
    assert max(copies.values()) <= 2
    assert len({(got.message["Message-ID"], got.data) for got in house.receiver.messages}) == people


def test_one_poison_address_fails_alone_and_is_shown_with_the_servers_words(houses, size):
    people = size(200, 24)
    house = houses("sqlite")
    event = house.event(capacity_online=None)
    addresses = house.fill(event, people, "reader")
    house.receiver.answers = {addresses[3]: "550 5.1.1 no such person here"}
    house.receiver.hanging = True
    about = send(house, event, people)
    with house.writing() as session:  # what cannot be composed: a fault of ours in one row
        broken = update(OutboxMail).where(OutboxMail.about == about, OutboxMail.recipient == addresses[5])
        session.execute(broken.values(facts={"letter": "x" * 22}, mime=None, tries=19, lease_until=None))
    house.receiver.hanging = False
    house.a_minute_passes()
    house.wait_for_mail(120)
    failed = house.ask(
        select(OutboxMail.recipient, OutboxMail.last_error)
        .where(OutboxMail.about == about, OutboxMail.state == "failed")
        .order_by(OutboxMail.id)
    )
    assert [recipient for recipient, _words in failed] == [addresses[3], addresses[5]]
    assert "5.1.1 no such person here" in failed[0][1]
    assert states(house, about) == {"sent": people - 2, "failed": 2}


def test_five_thousand_change_mails_go_out_and_visitors_notice_nothing(houses, size):
    people, seconds = size(5000, 150), size(15, 2)
    house = houses("sqlite")
    event = house.event(capacity_online=None)
    house.fill(event, people, "guest")
    paths = ("/", f"/events/{event.slug}")

    async def look(until: float) -> list[float]:
        """Be a few visitors who look at pages, one every now and then; give how long each answer took."""
        took: list[float] = []

        async def stroll(number: int) -> None:
            async with Visitor(house.port) as visitor:
                while time.monotonic() < until:
                    answer = await visitor.get(paths[number % 2])
                    assert answer.status == 200
                    took.append(answer.seconds)
                    await asyncio.sleep(0.1)

        await asyncio.gather(*(stroll(number) for number in range(4)))
        return took

    run_all(look(time.monotonic() + 1))  # everything is warm
    idle = share(run_all(look(time.monotonic() + seconds)), 0.95)
    began, before = time.monotonic(), len(house.receiver.messages)
    with house.writing() as session:
        there = session.get_one(Event, event.id)
        moved = {
            "starts_local": there.starts_local + timedelta(hours=1),
            "ends_local": there.ends_local + timedelta(hours=1),
        }
        change_event(session, there, moved, now=utc_now(), delay=0)
    assert house.receiver.wait(lambda: len(house.receiver.messages) > before, 60)
    busy: list[float] = []
    while len(house.receiver.messages) < before + people:
        assert time.monotonic() < began + people / 20 + 60, f"{len(house.receiver.messages) - before} of {people}"
        busy += run_all(look(time.monotonic() + 1))
    took = time.monotonic() - began
    rate, loaded = people / took, share(busy, 0.95)
    print(
        f"A8: {people} in {took:.1f} s: {rate:.0f}/s; p95 idle {idle * 1000:.1f} ms, beside it {loaded * 1000:.1f} ms"
    )
    assert Counter(got.recipient for got in house.receiver.messages).most_common(1)[0][1] == 1
    if size.full:
        assert rate >= 20
        assert loaded <= max(2 * idle, 0.03)
