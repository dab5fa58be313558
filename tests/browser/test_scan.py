"""Checking in by camera: a fake one holds a ticket, an old code, another gathering's, the ticket again."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserType, Page
from sqlalchemy import select, update

from gatherings.core import zones
from gatherings.core.clock import utc_now
from gatherings.events.models import Event
from gatherings.registration.door_rules import short_code
from gatherings.registration.links import join_path, manage_path
from gatherings.registration.models import Registration
from gatherings.web.rights import signer
from tests.browser.camera import camera_args, film, start_camera
from tests.browser.kit import Visitor, faults, visitor
from tests.drills.houses import House
from tests.factories import make_community, make_event, make_registration
from tests.signing import COOKIE, make_role, make_sign_in

pytestmark = pytest.mark.needs("browser")

NAME = "Zoë & Sons <3, 李雷, محمد"


@pytest.fixture
def hall(house: House) -> tuple[str, dict[str, Registration], str, str]:
    """A gathering that begins in an hour, one with a place in the room and one who comes online; a helper's cookie."""
    now = utc_now()
    with house.writing() as session:
        community = make_community(session)
        start = zones.to_local(now + timedelta(hours=1), "Europe/London").replace(second=0, microsecond=0)
        event = make_event(session, community, mode="hybrid", starts_local=start, now=now)
        people = {
            wish: make_registration(
                session, event, address=f"{wish}{event.id}@example.org", name=NAME, wish=wish, now=now
            )
            for wish in ("room", "online")
        }
        other = make_event(session, community, mode="in person", starts_local=start, now=now)
        people["other"] = make_registration(
            session, other, address=f"x{event.id}@example.org", name="Not here", now=now
        )
        helper = make_role(session, community, "helper", address=f"helper{event.id}@example.org")
        cookie = make_sign_in(house.app, session, helper)
        return event.slug, people, cookie, f"{house.server.url}/c/"


def code(house: House, row: Registration, version: int = 1) -> str:
    with house.app.app_context():
        return f"http://gatherings.test/c/{signer().sign('check-in', row.public_id, version)}"


@pytest.fixture
def open_scan(browser_type: BrowserType, browser_type_launch_args: dict[str, Any], tmp_path: Path) -> Iterator[Any]:
    made: list[Browser] = []

    def start(house: House, slug: str, cookie: str, scenes: list[tuple[str, float]] | None, **options: Any) -> Visitor:
        arguments = list(browser_type_launch_args["args"])
        if scenes is not None:
            film(tmp_path / "film.y4m", scenes)
            arguments += camera_args(tmp_path / "film.y4m")
        else:
            arguments += ["--use-fake-device-for-media-stream", "--deny-permission-prompts"]
        browser = browser_type.launch(**{**browser_type_launch_args, "args": arguments})
        made.append(browser)
        somebody = visitor(browser, house.server.url, **options)
        somebody.context.add_cookies([{"name": COOKIE, "value": cookie, "url": house.server.url}])
        somebody.open(f"/organise/events/{slug}/day/scan")
        return somebody

    yield start
    for browser in made:
        browser.close()


def said(page: Page) -> str:
    return page.locator("#scan-answer").inner_text()


def test_the_camera_lets_one_in_after_the_other(house: House, hall: Any, open_scan: Any) -> None:
    slug, people, cookie, _ = hall
    scenes = [
        ("", 1), (code(house, people["room"]), 5), ("", 1), (code(house, people["online"]), 3),
        (code(house, people["other"]), 3), ("https://example.org/menu", 3), (code(house, people["room"]), 4), ("", 4),
    ]  # fmt: skip
    somebody = open_scan(house, slug, cookie, scenes)
    page = somebody.page
    posts: list[str] = []
    page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    start_camera(page)
    for words in ("Come in", "registered online", "Another gathering", "do not know", "already"):
        page.locator("#scan-answer").get_by_text(words).first.wait_for(timeout=20_000)
        assert "Not here" not in said(page)
        if words == "Come in":
            assert NAME in said(page)
            assert faults(page) == []
    # Each time that a code came into sight: one press, however long it was held there.
    assert len(posts) == 5, posts
    assert somebody.wrong == []
    row = house.ask(select(Registration.attended_how).where(Registration.public_id == people["room"].public_id))
    assert row[0][0] == "scan"


def test_a_refused_camera_is_said_and_the_code_is_typed(house: House, hall: Any, open_scan: Any) -> None:
    slug, people, cookie, _ = hall
    somebody = open_scan(house, slug, cookie, None)
    page = somebody.page
    start_camera(page)
    page.locator("[data-scan-words]:visible").get_by_text(re.compile("may not be used|find no camera")).wait_for()
    assert faults(page) == []
    page.get_by_label("Or type the code").fill(short_code(people["room"].public_id, 1).lower())
    page.keyboard.press("Enter")
    page.locator("#scan-answer").get_by_text("Come in").wait_for()
    page.keyboard.press("Enter")
    page.locator("#scan-answer").get_by_text("already").wait_for()


def test_a_browser_that_reads_codes_itself_needs_no_reader(house: House, hall: Any, open_scan: Any) -> None:
    slug, people, cookie, _ = hall
    somebody = open_scan(house, slug, cookie, [("", 2)])
    page = somebody.page
    page.goto("about:blank")
    somebody.asked.clear()
    page.add_init_script(
        f"""window.BarcodeDetector = class {{
            static async getSupportedFormats() {{ return ["qr_code"]; }}
            async detect() {{ return [{{ rawValue: "{code(house, people["room"])}" }}]; }}
        }};"""
    )
    somebody.open(f"/organise/events/{slug}/day/scan")
    start_camera(page)
    page.locator("#scan-answer").get_by_text("Come in").wait_for()
    assert not any("jsqr" in one for one in somebody.asked)


def test_the_door_by_keyboard_and_without_a_script(house: House, hall: Any, browser: Browser) -> None:
    slug, people, cookie, _ = hall
    for scripts in (True, False):
        scheme: Any = "dark" if scripts else "light"
        size: Any = {"width": 320, "height": 700}
        somebody = visitor(browser, house.server.url, scripts=scripts, viewport=size, color_scheme=scheme)
        somebody.context.add_cookies([{"name": COOKIE, "value": cookie, "url": house.server.url}])
        page = somebody.open(f"/organise/events/{slug}/day")
        page.get_by_label("Or look for a name").focus()
        page.keyboard.type("sons")
        page.keyboard.press("Enter")
        somebody.settle()
        page.get_by_role("button", name=re.compile("Check in")).first.wait_for()
        page.get_by_role("button", name=re.compile("Check in")).first.focus()
        page.keyboard.press("Enter")
        page.locator("#found").get_by_text("Come in").wait_for()
        assert somebody.sideways == 0, somebody.too_wide
        if scripts:
            assert faults(page) == []
            assert page.locator("#counts strong").first.inner_text() == "1 of 1"
        page.get_by_role("button", name=re.compile("Undo")).first.click()
        somebody.settle()
        page.get_by_role("button", name=re.compile("Check in")).first.wait_for()
        assert somebody.wrong == []
    row = house.ask(select(Registration.attended_at).where(Registration.public_id == people["room"].public_id))
    assert row[0][0] is None


def test_the_codes_of_manage_page_and_mail_are_read(house: House, hall: Any, browser: Browser) -> None:
    """What a ticket draws is what a camera finds: the very squares, in the dark theme too."""
    _slug, people, _cookie, _ = hall
    with house.app.app_context():
        path = manage_path(people["room"])
    somebody = visitor(browser, house.server.url, color_scheme="dark", viewport={"width": 360, "height": 740})
    page = somebody.open(path)
    assert somebody.sideways == 0
    assert faults(page) == []
    found = page.evaluate(
        """async ([reader]) => {
            const script = document.createElement("script");
            script.src = reader;
            await new Promise((done) => { script.onload = done; document.head.append(script); });
            const svg = document.querySelector("svg.ticket-code").cloneNode(true);
            svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");
            const canvas = document.createElement("canvas");
            canvas.width = canvas.height = 225;
            const pen = canvas.getContext("2d");
            const path = [...svg.querySelectorAll("path")];
            pen.scale(5, 5);
            pen.fillStyle = path[0].getAttribute("fill");
            pen.fill(new Path2D(path[0].getAttribute("d")));
            pen.strokeStyle = path[1].getAttribute("stroke");
            pen.stroke(new Path2D(path[1].getAttribute("d")));
            return jsQR(pen.getImageData(0, 0, 225, 225).data, 225, 225)?.data;
        }""",
        [_asset(house)],
    )
    assert found == code(house, people["room"]).replace("http://gatherings.test", house.site.base_url)


def _asset(house: House) -> str:
    asset: Any = house.app.jinja_env.globals["asset"]
    return str(asset("vendor/jsqr.min.js"))


def test_the_door_opens_by_itself_for_who_waits(house: House, browser: Browser) -> None:
    """An open page looks again when it is time; here the link comes late, and the hosts change it once more."""
    with house.writing() as session:
        start = zones.to_local(utc_now() + timedelta(minutes=5), "Europe/London").replace(second=0, microsecond=0)
        event = make_event(session, starts_local=start, join_url=None, now=utc_now())
        mine = make_registration(session, event, now=utc_now())
    with house.app.app_context():
        path = join_path(mine)
    somebody = visitor(browser, house.server.url)
    page = somebody.page
    page.clock.install()
    somebody.open(path)
    page.get_by_text("hosts will add the link").wait_for()
    assert faults(page) == []
    with house.writing() as session:
        session.execute(update(Event).where(Event.id == event.id).values(join_url="https://meet.example.org/x"))
    page.clock.fast_forward(26_000)
    page.get_by_role("button", name="Go to the meeting").wait_for()
    assert faults(page) == []
    asked = len(somebody.asked)
    page.clock.fast_forward(3_600_000)
    page.wait_for_timeout(200)
    assert len(somebody.asked) == asked
    assert somebody.wrong == []


def test_the_second_sittings_screen(house: House, browser: Browser) -> None:
    with house.writing() as session:
        community = make_community(session)
        start = zones.to_local(utc_now() + timedelta(days=20), "Europe/London").replace(second=0, microsecond=0)
        event = make_event(session, community, mode="hybrid", starts_local=start.replace(hour=18, minute=0), title=NAME)
        mine = make_registration(session, event, address=f"twin{event.id}@example.org", name=NAME, wish="online")
        owner = make_role(session, community, "owner", address=f"owner{event.id}@example.org")
        cookie = make_sign_in(house.app, session, owner)
        slug = event.slug
    with house.app.app_context():
        path = manage_path(mine)
    somebody = visitor(browser, house.server.url, viewport={"width": 320, "height": 700})
    somebody.context.add_cookies([{"name": COOKIE, "value": cookie, "url": house.server.url}])
    page = somebody.open(f"/organise/events/{slug}/twin")
    page.get_by_label("On which day").fill(f"{start + timedelta(days=1):%Y-%m-%d}")
    page.get_by_label("at", exact=True).fill("08:00")
    page.locator("#clocks").get_by_text("08:00").first.wait_for()
    assert (faults(page), somebody.sideways) == ([], 0)
    page.get_by_role("button", name="Hold the second sitting").click()
    page.get_by_role("heading", name="Two sittings").wait_for()
    assert (faults(page), somebody.sideways) == ([], 0)
    somebody.open(path)
    assert (faults(page), somebody.sideways) == ([], 0)
    page.get_by_role("button", name="Swap to this time").focus()
    page.keyboard.press("Enter")
    page.get_by_text("You come to this sitting now").wait_for()
    somebody.open(path)
    page.get_by_role("link", name="To my place there").click()
    page.get_by_role("button", name="Swap to this time").wait_for()
    assert somebody.wrong == []
