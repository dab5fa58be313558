"""An organiser's month: last month's call copied and published, people seen, written to, swapped and let in."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserType, expect
from sqlalchemy import select

from gatherings.accounts.models import Person
from gatherings.accounts.rules import normalise_address
from gatherings.communities.models import Community
from gatherings.core import zones
from gatherings.core.clock import utc_now
from gatherings.core.hours import part_of_day
from gatherings.core.tokens import Signer
from gatherings.events.models import Event
from gatherings.registration.actions import register
from gatherings.registration.models import Registration
from gatherings.registration.rules import Wanted
from tests.browser.camera import camera_args, film, start_camera
from tests.browser.kit import Visitor, faults, visitor
from tests.drills.houses import House
from tests.factories import make_community, make_event
from tests.journeys.letters import letters_to
from tests.signing import make_role

pytestmark = pytest.mark.needs("browser")

ZONES = (
    "Europe/London Europe/Stockholm Europe/Dublin Europe/Paris Europe/Berlin Europe/Oslo Europe/Athens Europe/Lisbon "
    "America/New_York America/Toronto America/Chicago America/Denver America/Los_Angeles America/Sao_Paulo "
    "America/Bogota America/St_Johns Africa/Lagos Africa/Johannesburg Africa/Nairobi Africa/Cairo Asia/Kolkata "
    "Asia/Kathmandu Asia/Dubai Asia/Singapore Asia/Tokyo Asia/Hong_Kong Australia/Melbourne Australia/Perth "
    "Pacific/Auckland Pacific/Honolulu"
).split()
PEOPLE = 300


@pytest.fixture
def month_ago(house: House) -> Event:
    """Last month's call, held in a room and online, with its speaker; Nicki organises."""
    now = utc_now()
    with house.writing() as session:
        community = make_community(session, name="Conversations for Kindness")
        start = zones.to_local(now, "Europe/London").replace(second=0, microsecond=0) - timedelta(days=30)
        event = make_event(
            session, community, mode="hybrid", title="Kindness in a corridor", starts_local=start, now=now,
            capacity_room=60, capacity_online=None, place_name="The Old Library",
        )  # fmt: skip
        make_role(session, community, "organiser", "nicki@example.org", "Nicki")
    return event


def sign_in_by_mail(house: House, somebody: Visitor, address: str) -> None:
    """Ask for the link, open it as it came by mail, and press."""
    somebody.open("/sign-in")
    somebody.fill(email=address)
    somebody.press("Send me the link")
    (letter,) = letters_to(house.receiver, address, 1)
    somebody.open(letter.link("/sign-in/"))
    somebody.press("Sign in")
    expect(somebody.page.get_by_role("heading", level=1)).to_have_text("My gatherings")


def arrive(house: House, event: Event) -> None:
    """Three hundred people register, ten from each of thirty zones; thirty of them for the room."""
    now = utc_now()
    with house.writing() as session:
        for number in range(PEOPLE):
            wish = "room" if number % 10 == 0 else "online"
            wanted = Wanted(
                normalise_address(f"guest{number}@example.org"), f"Guest {number:03}", ZONES[number % 30], wish=wish
            )
            register(session, event.id, wanted, house.site, now=now)


def test_from_last_months_call_to_the_door(
    house: House, visit: Callable[..., Visitor], month_ago: Event, browser_type: BrowserType,
    browser_type_launch_args: dict[str, Any], tmp_path: Path,
) -> None:  # fmt: skip
    nicki = visit(house)
    page = nicki.page
    sign_in_by_mail(house, nicki, "nicki@example.org")

    # Copy last month's call to tomorrow, look at it, publish it.
    nicki.open(f"/organise/events/{month_ago.slug}/copy")
    starts = (zones.to_local(utc_now(), "Europe/London") + timedelta(hours=20)).replace(minute=0)
    nicki.fill(day=f"{starts:%Y-%m-%d}", hour=f"{starts:%H:%M}")
    nicki.press("Make the draft")
    nicki.fill(title="Kindness at the front door")
    page.get_by_role("button", name="Save changes", exact=True).first.click()
    nicki.settle()
    nicki.press("Publish")
    expect(page.get_by_text("Published: everybody can see it now.")).to_be_visible()
    (slug,) = house.ask(select(Event.slug).where(Event.id != month_ago.id))[0]
    event = read_event(house, slug)
    assert (event.status, event.starts_local) == ("published", starts.replace(tzinfo=None, second=0, microsecond=0))

    # Three hundred people arrive from thirty zones.
    nicki.open(f"/organise/events/{slug}/registrations")
    expect(page.get_by_text("Nobody has registered yet.")).to_be_visible()
    arrive(house, event)
    nicki.open(f"/organise/events/{slug}/registrations")
    expect(page.get_by_text("300 registrations")).to_be_visible()
    expect(page.locator(".numbers")).to_contain_text("300")
    assert faults(page) == []

    # Who is asleep then, by plain zoneinfo; one press shows them.
    asleep = [zone for zone in ZONES if part_of_day(zones.to_local(event.starts_at, zone)) == "night"]
    assert asleep
    page.locator(".hours-words").get_by_role("link", name="Asleep").click()
    nicki.settle()
    expect(page.locator(".list-told")).to_contain_text(f"{10 * len(asleep)} registrations")

    # Write to them, each with their own hour in it.
    page.get_by_role("link", name="Write to these people").click()
    nicki.settle()
    nicki.fill(subject="A kinder hour for you", body="Dear {name},\n\nit begins at {time} for you. There is another.")
    nicki.press("Save and look at it")
    page.get_by_role("link", name="Send it …").click()
    nicki.settle()
    nicki.press(f"Send it to {10 * len(asleep)} people")
    house.wait_for_mail(90)
    mine = [one for one in house.receiver.messages if one.message["Subject"] == "A kinder hour for you"]
    assert len({one.recipient for one in mine}) == len(mine) == 10 * len(asleep)
    whose = {row.address: row for row in people_of(house, event.id)}
    one = mine[0]
    text = one.message.get_body(("plain",))
    assert text is not None
    told = text.get_content()
    local = zones.to_local(event.starts_at, whose[one.recipient].zone)
    assert f"{local:%H:%M}" in told
    assert whose[one.recipient].name in told

    # A second sitting, twelve hours later; ten of the sleepless move there.
    nicki.open(f"/organise/events/{slug}/twin")
    later = event.starts_local + timedelta(hours=12)
    nicki.fill(starts_date=f"{later:%Y-%m-%d}", starts_time=f"{later:%H:%M}")
    nicki.press("Hold the second sitting")
    nicki.open(f"/organise/events/{slug}/registrations?hours=asleep&side=online")
    boxes = page.locator("#several [name=row]")
    for number in range(10):
        boxes.nth(number).check()
    page.locator("#kind").select_option("swap")
    nicki.press("Do it")
    expect(page.locator(".pending")).to_contain_text("10 people")
    twin = house.ask(select(Event.id).where(Event.twin_of_id == event.id))[0][0]
    assert len(people_of(house, twin)) == 0
    nicki.press("Do it now")
    expect(page.locator(".pending-done")).to_contain_text("10", timeout=20_000)
    assert len(people_of(house, twin)) == 10
    assert len(people_of(house, event.id)) == PEOPLE - 10

    # At the door: one by the code on their phone, one by name.
    in_the_room = [row for row in people_of(house, event.id) if row.places_id == event.room_id]
    by_code, by_name = in_the_room[0], in_the_room[1]
    film(tmp_path / "film.y4m", [("", 1), (code_of(house, by_code), 8), ("", 4)])
    phone = browser_type.launch(
        **{**browser_type_launch_args, "args": [*browser_type_launch_args["args"], *camera_args(tmp_path / "film.y4m")]}
    )
    try:
        host = visitor(phone, house.server.url)
        host.context.add_cookies(nicki.context.cookies())  # type: ignore[arg-type]  # what playwright gave itself
        host.open(f"/organise/events/{slug}/day/scan")
        start_camera(host.page)
        expect(host.page.locator("#scan-answer")).to_contain_text(by_code.name, timeout=30_000)
        assert host.wrong == []
    finally:
        phone.close()
    nicki.open(f"/organise/events/{slug}/day")
    page.get_by_label("Or look for a name").fill(by_name.name)
    found = page.locator("#found")
    expect(found).to_contain_text(by_name.name)
    nicki.settle()
    found.get_by_role("button").first.click()
    nicki.settle()
    expect(found).to_contain_text("you are checked in")
    came = {row.name: row.attended_how for row in people_of(house, event.id) if row.attended_at is not None}
    assert came == {by_code.name: "scan", by_name.name: "name"}
    assert nicki.wrong == []

    # The log says who did what.
    community = house.ask(select(Community.slug).where(Community.id == month_ago.community_id))[0][0]
    nicki.open(f"/organise/communities/{community}/log")
    expect(page.locator("main")).to_contain_text("Nicki")


def read_event(house: House, slug: str) -> Event:
    with house.session() as session:
        return session.scalars(select(Event).where(Event.slug == slug)).one()


def people_of(house: House, event_id: int) -> list[Any]:
    """Read who holds a place, with their addresses, by name."""
    statement = (
        select(
            Registration.public_id, Registration.name, Registration.zone, Registration.places_id,
            Registration.attended_at, Registration.attended_how, Registration.link_version, Person.address,
        )
        .join(Person, Person.id == Registration.person_id)
        .where(Registration.event_id == event_id, Registration.state == "confirmed")
        .order_by(Registration.name)
    )  # fmt: skip
    return house.ask(statement)


def code_of(house: House, row: Any) -> str:
    """Give what the code on somebody's phone says."""
    signer: Signer = house.app.extensions["gatherings.signer"]
    return f"{house.server.url}/c/{signer.sign('check-in', row.public_id, row.link_version)}"
