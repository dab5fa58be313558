"""The organiser's list in a browser: narrowed as one types, several at once by keyboard alone, without a script too."""

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from gatherings.core.clock import utc_now
from gatherings.db.places import Places
from gatherings.registration.models import Registration
from tests.browser.kit import Visitor, faults, visitor
from tests.browser.looks import LOOKS
from tests.drills.houses import House
from tests.factories import make_community, make_event, make_question, make_registration
from tests.many import fill_event
from tests.signing import COOKIE, make_role, make_sign_in

pytestmark = [pytest.mark.needs("browser"), pytest.mark.one_database("of what is shown")]

LONG = "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwarengewissenhaft"


@pytest.fixture
def desk(house: House) -> tuple[str, str]:
    """The address of a list with 60 people from 30 zones, one of them waiting, and an organiser's cookie."""
    now = utc_now()
    with house.writing() as session:
        community = make_community(session, accent="sun")
        start = now.replace(tzinfo=None, hour=18, minute=0, second=0, microsecond=0) + timedelta(days=40)
        event = make_event(session, community, mode="hybrid", capacity_room=1, starts_local=start, now=now)
        make_question(session, event, "yes_no", label=LONG)
        fill_event(session, event, 58, now=now, prefix=f"p{event.id}-")
        for number in range(2):
            make_registration(
                session,
                event,
                address=f"{number}-{event.id}@{LONG[:60]}.example.org",
                name=f"{LONG} {number}",
                wish="room",
                now=now,
            )
        cookie = make_sign_in(
            house.app, session, make_role(session, community, "organiser", f"o{event.id}@example.org")
        )
        return f"/organise/events/{event.slug}/registrations", cookie


def at_desk(browser: Browser, house: House, cookie: str, **options: Any) -> Visitor:
    somebody = visitor(browser, house.server.url, **options)
    somebody.context.add_cookies([{"name": COOKIE, "value": cookie, "url": house.server.url}])
    return somebody


def names(page: Page) -> list[str]:
    return page.locator(".list-rows tbody tr a[id]").all_inner_texts()


def test_narrowed_as_one_types_and_back_again(browser: Browser, house: House, desk: tuple[str, str]) -> None:
    path, cookie = desk
    somebody = at_desk(browser, house, cookie)
    page = somebody.open(path)
    page.get_by_label("Name or address").fill("siobhan")
    page.wait_for_url("**words=siobhan**")
    somebody.settle()
    assert {"Siobhán"} == {name.split()[1] for name in names(page)}
    page.get_by_role("link", name="Name", exact=True).click()
    page.wait_for_url("**sort=name**")
    somebody.settle()
    page.get_by_text("More filters").click()
    page.get_by_label("When it begins they are").select_option("asleep")
    page.wait_for_url("**hours=asleep**")
    page.go_back()
    somebody.settle()
    assert "hours" not in page.url
    assert {"Siobhán"} == {name.split()[1] for name in names(page)}
    page.get_by_role("link", name="Clear all").click()
    somebody.settle()
    page.get_by_role("link", name="Last", exact=True).click()
    page.wait_for_url("**at=last**")
    somebody.settle()
    assert somebody.wrong == []


def test_several_by_keyboard_alone_with_undo(browser: Browser, house: House, desk: tuple[str, str]) -> None:
    path, cookie = desk
    somebody = at_desk(browser, house, cookie)
    page = somebody.open(f"{path}?words=wolfe")
    page.locator("[name=row]").first.focus()
    page.keyboard.press("Space")
    page.get_by_label("Do with those who are ticked").focus()
    page.keyboard.type("Move online")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    somebody.settle()
    expect(page.get_by_text("1 person will be online")).to_be_visible()
    left = page.locator("#pending").inner_text()
    expect(page.locator("#pending")).not_to_have_text(left, timeout=8000)  # it counts down by itself
    somebody.press("Undo")
    expect(page.get_by_text("Undone. Nothing was changed.")).to_be_visible()
    expect(page.get_by_text("1 person will be online")).to_have_count(0)

    page.get_by_label("Wolfeschlegel").first.check()
    page.get_by_label("Do with those who are ticked").select_option(label="Send the invite again")
    somebody.press("Do it")
    somebody.press("Do it now")
    expect(page.get_by_text("had a mail within the last minute").or_(page.get_by_text("was sent again"))).to_be_visible(
        timeout=15000
    )
    assert somebody.wrong == []


def test_without_a_script(browser: Browser, house: House, desk: tuple[str, str]) -> None:
    path, cookie = desk
    somebody = at_desk(browser, house, cookie, scripts=False)
    page = somebody.open(path)
    page.get_by_label("Name or address").fill("wolfe")
    somebody.press("Show")
    assert len(names(page)) == 2
    page.locator("[name=row]").last.check()
    page.get_by_label("Do with those who are ticked").select_option("cancel")
    somebody.press("Do it")
    assert "1 registration will be cancelled in" in page.locator("#pending").inner_text()
    somebody.press("Undo")
    assert "words=wolfe" in page.url
    assert page.get_by_text("Undone.").is_visible()


def test_axe_and_nothing_sideways(browser: Browser, house: House, desk: tuple[str, str]) -> None:
    path, cookie = desk
    event_id = house.ask(
        select(Registration.event_id).where(Registration.name == f"{LONG} 1").order_by(Registration.id.desc())
    )[0][0]
    waiting = house.ask(
        select(Registration.public_id)
        .join(Places, Places.id == Registration.waits_for_id)
        .where(Registration.event_id == event_id)
    )[0][0]
    somebody = at_desk(browser, house, cookie)
    found: dict[str, list[str]] = {}
    for name in (
        path,
        f"{path}?words=wolfe&hours=asleep&state=all",
        f"{path}?words=none",
        f"{path}/{waiting}",
        f"{path}/{waiting}/cancel",
    ):
        page = somebody.open(name)
        if name == f"{path}/{waiting}":
            somebody.press("Give them a place")
            expect(page.get_by_text("There is no free place")).to_be_visible()
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
        for scheme, width, rules in LOOKS:
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 800})
            if problems := faults(page, only=rules):
                found[f"{name} {scheme} {width}"] = problems
        for width in (320, 360, 768, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            if somebody.sideways:
                found[f"{name} {width}"] = somebody.too_wide
    assert found == {}
