"""Offering a slot in a real browser: saved as one types, found again, sent by keyboard; axe; a phone; no script."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from gatherings.calls.models import Call, Submission
from gatherings.core.clock import utc_now
from gatherings.core.zones import to_local
from gatherings.events.models import Event
from tests.browser.kit import Visitor, faults
from tests.drills.houses import House
from tests.slotting import make_call, make_co_presenter, make_order, make_submission

pytestmark = pytest.mark.needs("browser")
Visit = Callable[..., Visitor]
LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenverleihung"


def call_of(house: House, **values: object) -> str:
    """Open a call on a gathering of its own until in nine days, and give the gathering's slug."""
    made = house.event()
    with house.writing() as session:
        event = session.get_one(Event, made.id)
        now = utc_now()
        moments = {
            "opens_local": to_local(now - timedelta(days=1), event.zone),
            "closes_local": to_local(now + timedelta(days=9), event.zone),
        }
        make_call(session, event, **(moments | {"least_seconds": 120, "contact": "Nicki"} | values))
        return event.slug


def submissions(house: House, slug: str) -> list[Submission]:
    with house.writing() as session:
        return list(
            session.scalars(
                select(Submission)
                .join(Submission.call)
                .join(Call.event)
                .where(Event.slug == slug)
                .order_by(Submission.id)
            )
        )


def test_typed_saved_lost_found_and_sent(house: House, visit: Visit) -> None:
    slug = call_of(house)
    phone = visit(house, timezone_id="Pacific/Auckland", viewport={"width": 360, "height": 740})
    page = phone.open(f"/events/{slug}/present")
    expect(page.locator("#zone")).to_have_value("Pacific/Auckland")
    expect(page.locator(".call-clocks")).to_contain_text("in Auckland, your time")
    assert (phone.sideways, phone.too_wide) == (0, [])
    assert faults(page) == []
    page.locator("#title").fill("What matters to you")
    expect(page.locator("#saved")).to_contain_text("Saved ", timeout=15_000)
    assert "/submissions/" in page.url
    page.locator("#script").fill("Three minutes are long.")
    page.wait_for_timeout(400)
    page.get_by_role("button", name="Add a co-presenter").click()
    phone.settle()
    assert phone.focused == "others-0-name"
    page.keyboard.type("Rowan", delay=60)  # as fingers do: htmx listens to new fields some milliseconds after a swap
    expect(page.locator("#saved")).to_contain_text("Saved ", timeout=15_000)
    saved_at = page.url

    desk = visit(house, timezone_id="Pacific/Auckland", viewport={"width": 1280, "height": 800})
    there = desk.open(saved_at)
    expect(there.locator("#title")).to_have_value("What matters to you")
    expect(there.locator("#script")).to_have_value("Three minutes are long.")
    expect(there.locator("[name=others-0-name]")).to_have_value("Rowan")
    assert faults(there) == []
    there.get_by_role("button", name="Remove").click()
    desk.settle()
    desk.fill(name=LONG, email="mareikura@example.org", about="One question.", title="What matters")
    expect(there.locator("#saved")).to_contain_text("Saved ", timeout=15_000)

    # The phone has not seen that: nothing is overwritten.
    page.locator("#title").fill("From the phone")
    expect(page.locator("#saved")).to_contain_text("Not saved", timeout=15_000)
    there.get_by_role("button", name="Send it to the hosts").click()
    there.wait_for_url("**/present/sent")
    assert faults(there) == []
    assert [(one.state, one.title) for one in submissions(house, slug)] == [("submitted", "What matters")]
    page.locator("#title").fill("Too late")
    expect(page.locator("#saved")).to_contain_text("sent already", timeout=15_000)


def test_by_keyboard_alone_with_the_problems_first(house: House, visit: Visit) -> None:
    slug = call_of(house)
    somebody = visit(house)
    page = somebody.open(f"/events/{slug}/present")
    page.locator("#name").focus()
    page.keyboard.type("Maureen")
    page.keyboard.press("Enter")
    expect(page.locator("#problems")).to_be_visible()
    somebody.settle()
    assert somebody.focused == "problems"
    assert faults(page) == []
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert somebody.focused == "email"
    page.keyboard.type("maureen@example.org")
    page.locator("#title").focus()
    page.keyboard.type("A minute")
    page.keyboard.press("Tab")
    page.keyboard.type("What we do.")
    page.get_by_role("button", name="Send it to the hosts").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/present/sent")
    assert [one.name for one in submissions(house, slug)] == ["Maureen"]


def test_without_a_script(house: House, visit: Visit) -> None:
    slug = call_of(house)
    somebody = visit(house, scripts=False)
    page = somebody.open(f"/events/{slug}/present")
    somebody.fill(name="Göran", title="Half a")
    somebody.press("Add a co-presenter")
    expect(page.locator("#name")).to_have_value("Göran")
    page.locator("[name=others-0-name]").fill("Bob")
    somebody.press("Save and go on later")
    address = page.url
    page = somebody.open(address)
    expect(page.locator("[name=others-0-name]")).to_have_value("Bob")
    page.get_by_role("button", name="Remove").click()
    somebody.fill(email="goran@example.org", about="A festival.", title="Microsystems")
    somebody.press("Send it to the hosts")
    expect(page.get_by_text("A mail with your private link")).to_be_visible()
    assert [(one.state, one.title) for one in submissions(house, slug)] == [("submitted", "Microsystems")]


def test_ones_own_page_in_each_state_looks_whole(house: House, visit: Visit) -> None:
    slug = call_of(house)
    paths: dict[str, str] = {}
    with house.writing() as session:
        event = session.scalars(select(Event).where(Event.slug == slug)).one()
        call = session.scalars(select(Call).where(Call.event_id == event.id)).one()
        sign = house.app.extensions["gatherings.signer"].sign
        values = {"name": LONG, "title": LONG, "links": [f"https://example.org/{LONG}"], "script": LONG + " word" * 90}
        for told, state in (("", "accepted"), ("accepted", "accepted"), ("reserve", "reserve"), ("", "withdrawn")):
            one = make_submission(session, call, f"{slug}-{len(paths)}@example.org", state=state, told=told, **values)
            paths[f"{told} {state}"] = f"/submissions/{sign('submission', one.public_id, 1)}"
            if told == "accepted":
                make_order(session, event, [one], published_at=utc_now(), host_name="Nicki")
                other = make_co_presenter(session, one, f"{slug}-co@example.org", LONG)
                paths["co"] = f"/submissions/{sign('co-presenter', other.public_id, 1)}"
    paths |= {what: f"{paths['accepted accepted']}/{what}" for what in ("withdraw", "not-me")}
    somebody, found = visit(house), {}
    for name, path in paths.items():
        page = somebody.open(path)
        for width, scheme in ((360, "light"), (1280, "dark")):
            page.set_viewport_size({"width": width, "height": 800})
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            if wrong := [*faults(page), *somebody.too_wide]:
                found[f"{name}, {width}"] = wrong
    assert found == {}
