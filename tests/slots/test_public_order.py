"""The public running order: who speaks when, to the second, on two clocks; and its feed."""

from datetime import datetime, timedelta
from typing import Any

import icalendar
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from gatherings.calls.actions.choosing import decide as decide_on
from gatherings.calls.actions.choosing import withdraw
from gatherings.calls.models import Call, Submission
from gatherings.events.actions import touch_communities
from gatherings.events.models import Event, OldSlug
from gatherings.slots.actions.ordering import By, give_slot
from gatherings.slots.models import Item, RunningOrder
from tests.factories import NOW, SITE, make_community, make_event
from tests.pages.counting import counted
from tests.slotting import make_call, make_co_presenter, make_item, make_order, make_submission

NAMES = ("Maureen", "Göran", "李雷", "محمد")


def programme(session: Session, *, published: bool = True, **values: Any) -> tuple[Event, RunningOrder]:
    """An opening of five minutes, four slots of 180 s with 30 s between, a buffer, a closing; 18:00 in London."""
    event = make_event(session, values.pop("community", None), slug=values.pop("slug", "advent"), **values)
    call = make_call(session, event)
    order = make_order(session, event, published_at=NOW if published else None, host_name="Nicki")
    make_item(session, order, 1, kind="opening", seconds=300, title="Welcome", notes="the secret note")
    for number, name in enumerate(NAMES):
        submission = make_submission(
            session, call, f"p{number}@example.org", state="accepted", told="accepted", name=name,
            title=f"Talk {number} <b>", links=["https://www.example.org/tea"] if number == 0 else [],
            about="What I do.", needs="the secret need", script="the secret script", ask="the ask",
        )  # fmt: skip
        make_item(session, order, 2 + number, submission=submission)
    make_item(session, order, 7, kind="buffer", seconds=120)
    make_item(session, order, 8, kind="closing", seconds=60)
    session.commit()
    return event, order


def the_submission(item: Item) -> Submission:
    assert item.submission is not None
    return item.submission


def slots_of(session: Session, order: RunningOrder) -> list[Item]:
    return list(
        session.scalars(
            select(Item)
            .where(Item.order_id == order.id, Item.kind == "slot")
            .order_by(Item.position)
            .options(joinedload(Item.submission))
        )
    )


def changed(session: Session, event: Event) -> None:
    """What every action does that changes something public."""
    touch_communities(session, [event.id])
    session.commit()


def entries(data: bytes) -> list[Any]:
    return list(icalendar.Calendar.from_ical(data).walk("VEVENT"))


def test_it_shows_starts_to_the_second_in_the_readers_zone_first(client: FlaskClient, session: Session, now) -> None:
    programme(session)
    page = client.get("/events/advent/running-order").text
    for at in ("18:00:00", "18:05:00", "18:08:30", "18:12:00", "18:15:30", "18:20:30"):
        assert f'">{at}</time>' in page
    assert "Tuesday 15 December" in page
    assert "on the clock of the hosts, in London" in page
    assert "GMT" not in page.replace("html", "")
    for text in (
        "Talk 0 &lt;b&gt;",
        "Göran",
        "李雷",
        'dir="auto">محمد',
        ">example.org/tea</a>",
        "Closing",
        "Welcome",
        "What I do.",
    ):
        assert text in page
    for secret in ("the secret", "example.org/p0", "@example.org", "meet.example.org", "buffer", "order-buffer"):
        assert secret not in page
    there = client.get("/events/advent/running-order?zone=Pacific/Auckland").text
    assert there.index(">07:05:00</time>") < there.index("18:05:00 in London")
    assert "Wednesday 16 December" in there
    assert "Tuesday 15 December in London" in there
    # Across midnight there are two days.
    rio = client.get("/events/advent/running-order?zone=Asia/Karachi").text  # 23:00
    assert rio.count('class="order-day"') == 1
    tokyo = client.get("/events/advent/running-order?zone=Asia/Kathmandu").text  # 23:45
    assert tokyo.count('class="order-day"') == 2
    assert ">00:00:30</time>" in tokyo
    piece = client.get("/events/advent/running-order?zone=Asia/Tokyo", headers={"HX-Request": "true"}).text
    assert "<html" not in piece
    assert ">03:05:00</time>" in piece


def test_what_is_not_to_be_seen_is_not_there(client: FlaskClient, session: Session, now) -> None:
    event, order = programme(session, published=False)
    for path in ("/events/advent/running-order", "/events/advent/running-order.ics"):
        assert client.get(path).status_code == 404
    order.published_at = NOW
    items = slots_of(session, order)
    the_submission(items[0]).state = "withdrawn"
    the_submission(items[1]).told = ""  # the letter that tells them is not out
    changed(session, event)
    page = client.get("/events/advent/running-order").text
    assert "Talk 0" not in page
    assert "Maureen" not in page
    assert ">18:05:00</time>" not in page
    assert "Talk 1" not in page
    assert "Göran" not in page
    assert "A slot that is not told yet" in page
    assert "18:12:00" in page  # nobody else's minute has moved
    event.status = "draft"
    changed(session, event)
    assert client.get("/events/advent/running-order").status_code == 404
    for slug in ("nowhere", "x" * 81, "a%00b", ".."):
        assert client.get(f"/events/{slug}/running-order").status_code == 404
        assert client.get(f"/events/{slug}/running-order.ics").status_code == 404


def test_before_during_after_and_called_off(client: FlaskClient, session: Session, clock_at) -> None:
    event, order = programme(session)
    slots_of(session, order)[0].recording_url = "https://video.example.org/1"
    session.commit()
    path = "/events/advent/running-order"
    with clock_at(event.starts_at - timedelta(minutes=10)):
        page = client.get(path).text
        assert "Begins in 10 minutes" in page
        assert "/events/advent/live" not in page
        assert "video.example.org" not in page
    with clock_at(event.starts_at):
        assert 'href="/events/advent/live"' in client.get(path).text
    with clock_at(event.ends_at):
        page = client.get(path).text
        assert "is over" in page
        assert "/events/advent/live" not in page
        assert "https://video.example.org/1" in page
        assert "Add to my calendar" not in page
    event.status, event.cancelled_at = "cancelled", NOW
    changed(session, event)
    with clock_at(NOW):
        page = client.get(path).text
        assert "cancelled by its hosts" in page
        assert "EventCancelled" in page
        assert {str(one["STATUS"]) for one in entries(client.get(f"{path}.ics").data)} == {"CANCELLED"}
    with clock_at(NOW + timedelta(weeks=6)):
        assert entries(client.get(f"{path}.ics").data) == []


def test_the_feed_has_one_entry_a_slot_and_nothing_of_anybody(client: FlaskClient, session: Session, clock_at) -> None:
    event, order = programme(session)
    path = "/events/advent/running-order.ics"
    with clock_at(NOW):
        first = client.get(path)
    found = entries(first.data)
    assert [str(one["SUMMARY"]) for one in found] == [f"Talk {number} <b>" for number in range(4)]
    starts = [one.decoded("DTSTART") for one in found]
    assert [f"{at:%H:%M:%S %Z}" for at in starts] == [f"18:{at} GMT" for at in ("05:00", "08:30", "12:00", "15:30")]
    assert starts[0].tzinfo is not None
    assert {(one.decoded("DTEND") - one.decoded("DTSTART")).seconds for one in found} == {180}
    uids = [str(one["UID"]) for one in found]
    assert len(set(uids)) == 4
    for secret in (b"Maureen", b"secret", b"@example.org:", b"mailto", b"meet.example", b"ATTENDEE", b"ORGANIZER"):
        assert secret not in first.data
    assert b"/events/advent/running-order" in first.data.replace(b"\r\n ", b"")
    assert first.content_type == "text/calendar; charset=utf-8"
    assert "noindex" in first.headers["X-Robots-Tag"]
    with clock_at(NOW + timedelta(hours=2)):
        again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
    # A change of the order: the same UIDs, a higher SEQUENCE; a slot that was withdrawn is said to be cancelled.
    sequence = int(found[0]["SEQUENCE"])
    order.edits += 1
    order.changed_at = NOW + timedelta(minutes=1)
    items = slots_of(session, order)
    the_submission(items[0]).state = "withdrawn"
    items[1].seconds += 60
    changed(session, event)
    with clock_at(NOW + timedelta(hours=3)):
        found = entries(client.get(path, headers={"If-None-Match": first.headers["ETag"]}).data)
    assert {str(one["UID"]) for one in found} == set(uids)
    assert all(int(one["SEQUENCE"]) > sequence for one in found)
    told = {str(one["UID"]): one for one in found}
    assert str(told[uids[0]]["STATUS"]) == "CANCELLED"
    assert "Talk 0" not in str(told[uids[0]]["SUMMARY"])
    assert f"{told[uids[2]].decoded('DTSTART'):%H:%M:%S}" == "18:13:00"


def test_an_old_address_leads_on_and_a_gathering_by_link_is_kept_from_searches(
    client: FlaskClient, session: Session, now
) -> None:
    event, _order = programme(session, listing="link")
    session.add(OldSlug(kind="event", slug="old-advent", object_id=event.id))
    session.commit()
    for end in ("running-order", "running-order.ics"):
        found = client.get(f"/events/old-advent/{end}")
        assert (found.status_code, found.location) == (301, f"/events/advent/{end}")
    found = client.get("/events/advent/running-order")
    assert "noindex" in found.headers["X-Robots-Tag"]
    assert "ld+json" not in found.text


def test_an_order_with_nothing_in_it_says_so(client: FlaskClient, session: Session, now) -> None:
    event = make_event(session, slug="advent")
    make_order(session, event, published_at=NOW)
    assert "nothing in the running order yet" in client.get("/events/advent/running-order").text
    assert entries(client.get("/events/advent/running-order.ics").data) == []


@pytest.mark.one_database("queries are counted")
def test_it_asks_little_of_the_database_and_is_kept(client: FlaskClient, session: Session, engine, now) -> None:
    programme(session)
    client.get("/events/advent/running-order")
    with counted(engine) as asked:
        client.get("/events/advent/running-order?zone=Asia/Tokyo")
    assert len(asked) <= 8, asked
    with counted(engine) as asked:
        assert client.get("/events/advent/running-order?zone=Asia/Tokyo").status_code == 200
    assert len(asked) <= 2, asked


def test_co_presenters_and_guests_of_the_hosts_have_their_names_there(
    client: FlaskClient, session: Session, now
) -> None:
    event = make_event(session, make_community(session), slug="advent", starts_local=datetime(2026, 12, 15, 18, 0))
    submission = make_submission(session, make_call(session, event), state="accepted", told="accepted")
    make_co_presenter(session, submission, "co@example.org", "Ada Second")
    order = make_order(session, event, [submission], published_at=NOW)
    make_item(
        session, order, 2, title="A guest's three minutes", speakers="A guest", recording_url="javascript:alert(1)"
    )
    page = client.get("/events/advent/running-order").text
    assert "Maureen Example, Ada Second" in page
    assert "A guest&#39;s three minutes" in page
    assert "javascript:" not in page


def test_whatever_becomes_of_a_slot_its_sequence_never_falls(client: FlaskClient, session: Session, clock_at) -> None:
    event, order = programme(session)
    item = slots_of(session, order)[0]
    key, number, call = the_submission(item).public_id, item.submission_id, the_submission(item).call_id
    uid, seen = f"slot-{item.public_id}@", list[tuple[str, int]]()

    def look(minute: int) -> None:
        changed(session, event)
        with clock_at(NOW + timedelta(minutes=minute, seconds=1)):
            found = entries(client.get("/events/advent/running-order.ics").data)
        (mine,) = (one for one in found if str(one["UID"]).startswith(uid))
        seen.append((str(mine["STATUS"]), int(mine["SEQUENCE"])))

    def decide(state: str, minute: int) -> None:
        event_id = event.id
        session.commit()
        decide_on(session, event_id, [key], state, by="nicki", now=at(minute))

    def at(minute: int) -> datetime:
        return NOW + timedelta(minutes=minute)

    look(0)
    decide("declined", 1)  # by a letter of its own, without a change of the order
    look(1)
    decide("accepted", 2)
    look(2)
    assert number is not None
    withdraw(session, number, now=at(3), site=SITE)
    look(3)
    one = make_submission(
        session, session.get_one(Call, call), "next@example.org", state="accepted", told="accepted", decided_at=at(1)
    )
    session.commit()
    give_slot(session, event.id, item.public_id, one.public_id, by=By("nicki", SITE), now=at(4))
    look(4)
    assert [status for status, _ in seen] == ["CONFIRMED", "CANCELLED", "CONFIRMED", "CANCELLED", "CONFIRMED"]
    numbers = [number for _, number in seen]
    assert numbers == sorted(set(numbers))
