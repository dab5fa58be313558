"""The running order in a browser: dragged, moved by keys, moved without a script; what axe finds, and the shape."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from gatherings.core.clock import utc_now
from tests.browser.kit import Visitor, faults
from tests.browser.looks import LOOKS
from tests.browser.shape import misshapen, open_all
from tests.browser.town import LONG
from tests.drills.houses import House
from tests.factories import make_community, make_event
from tests.signing import COOKIE, make_role, make_sign_in
from tests.slotting import make_call, make_co_presenter, make_item, make_order, make_submission

pytestmark = [pytest.mark.needs("browser"), pytest.mark.one_database("of what is shown")]
Visit = Callable[..., Visitor]

TITLES = ("Ask", "Bread", "Civility Saves Lives", "Dance", "Elbows", "Flow", "Grit", "Hello")


def furnish(house: House, *, minutes: int = 60, frame: bool = False) -> tuple[str, str]:
    """Make a gathering with eight slots in order; give its path for organisers and an organiser's cookie."""
    now = utc_now()
    start = now.replace(tzinfo=None, hour=18, minute=0, second=0, microsecond=0) + timedelta(days=20)
    with house.writing() as session:
        event = make_event(
            session, make_community(session, accent="plum"), title="Three minutes each", starts_local=start,
            ends_local=start + timedelta(minutes=minutes), now=now,
        )  # fmt: skip
        call = make_call(session, event)
        offered = [
            make_submission(
                session, call, f"{event.slug}{number}@example.org", state="accepted", told="accepted",
                confirmed_at=now, title=title, name=f"Presenter {number}", zone="Europe/London",
            )
            for number, title in enumerate(TITLES)
        ]  # fmt: skip
        order = make_order(session, event, offered)
        if frame:
            worsen(session, order, offered)
        cookie = make_sign_in(house.app, session, make_role(session, event.community, "organiser", name="Nicki"))
        return f"/organise/events/{event.slug}/running-order", cookie


def worsen(session: Any, order: Any, offered: list[Any]) -> None:
    """Let everything that can be there be there, with long words."""
    offered[0].title, offered[0].name, offered[0].zone = LONG, f"{LONG} & Sons <3", "Pacific/Auckland"
    offered[1].title, offered[1].name, offered[1].zone = "اللطف", "محمد", "Asia/Tokyo"
    offered[1].confirmed_at, offered[2].state, offered[2].name = None, "withdrawn", LONG
    make_co_presenter(session, offered[3], f"{offered[0].id}-x@example.org", LONG, zone="America/St_Johns")
    call = offered[0].call_id
    waiting = make_submission(session, order_call(session, call), "later@example.org", state="accepted", title=LONG)
    waiting.name = LONG
    make_item(session, order, 0, kind="opening", seconds=120, notes=f"{LONG}\nThank everybody")
    make_item(session, order, 5, kind="break", seconds=1800, title="Tea")
    make_item(session, order, 20, kind="closing", seconds=120)
    order.published_at, order.tell_at = utc_now(), utc_now() + timedelta(minutes=3)
    order.undo = {"kind": "moved", "item": "x", "index": 1, "edits": 0}


def order_call(session: Any, call_id: int) -> Any:
    from gatherings.calls.models import Call

    return session.get_one(Call, call_id)


@pytest.fixture
def come(house: House, visit: Visit) -> Callable[..., Visitor]:
    def arrive(cookie: str, **options: Any) -> Visitor:
        somebody = visit(house, **options)
        somebody.context.add_cookies([{"name": COOKIE, "value": cookie, "url": house.server.url}])
        return somebody

    return arrive


def titles(page: Page) -> list[str]:
    return [text.strip() for text in page.locator(".order-row h3").all_inner_texts()]


def starts(page: Page) -> list[str]:
    return page.locator(".order-row time").all_inner_texts()


# htmx takes hold of what is new a moment after it stands there.
AT_EASE = "() => !document.querySelector('.htmx-request, .htmx-added, .htmx-settling, .htmx-swapping')"
EXACT = ["18:00:00", "18:03:30", "18:07:00", "18:10:30", "18:14:00", "18:17:30", "18:21:00", "18:24:30"]


def drag(page: Page, title: str, beside: str, *, below: bool, steps: int = 6) -> None:
    row = page.locator(".order-row", has_text=title)
    row.scroll_into_view_if_needed()
    grip = row.locator("[data-handle]").bounding_box()
    assert grip is not None
    page.mouse.move(grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2)
    page.mouse.down()
    target = page.locator(".order-row", has_text=beside).bounding_box()
    assert target is not None
    page.mouse.move(grip["x"], target["y"] + target["height"] * (0.9 if below else 0.1), steps=steps)
    page.mouse.up()


def test_a_slot_is_dragged_with_the_mouse_and_every_time_follows(house: House, come: Callable[..., Visitor]) -> None:
    path, cookie = furnish(house)
    somebody = come(cookie, viewport={"width": 1280, "height": 900})
    page = somebody.open(path)
    assert starts(page) == EXACT
    drag(page, "Dance", "Ask", below=False)
    expect(page.locator("#live")).to_have_text("Dance, now 1 of 8, 18:00:00")
    somebody.settle()
    assert titles(page) == ["Dance", "Ask", "Bread", "Civility Saves Lives", "Elbows", "Flow", "Grit", "Hello"]
    assert starts(page) == EXACT
    drag(page, "Ask", "Bread", below=True)
    expect(page.locator("#live")).to_have_text("Ask, now 3 of 8, 18:07:00")
    somebody.settle()
    page.reload()
    assert titles(page)[:4] == ["Dance", "Bread", "Ask", "Civility Saves Lives"]

    grip = page.locator(".order-row", has_text="Hello").locator("[data-handle]").bounding_box()
    assert grip is not None
    page.mouse.move(grip["x"] + 5, grip["y"] + 5)
    page.mouse.down()
    page.mouse.move(grip["x"] + 5, grip["y"] - 300, steps=4)
    page.keyboard.press("Escape")  # given back while it is in the air
    page.mouse.up()
    somebody.press("Undo")
    assert titles(page)[:4] == ["Dance", "Ask", "Bread", "Civility Saves Lives"]
    assert len([one for one in somebody.asked if one.endswith("/move")]) == 2


def test_dragging_to_the_edge_of_a_phone_scrolls(house: House, come: Callable[..., Visitor]) -> None:
    path, cookie = furnish(house)
    somebody = come(cookie, viewport={"width": 360, "height": 640})
    page = somebody.open(path)
    row = page.locator(".order-row", has_text="Ask")
    row.scroll_into_view_if_needed()
    grip, before = row.locator("[data-handle]").bounding_box(), page.evaluate("() => scrollY")
    assert grip is not None
    page.mouse.move(grip["x"] + 10, grip["y"] + 10)
    page.mouse.down()
    page.mouse.move(grip["x"] + 10, 630, steps=4)
    page.wait_for_function("(from) => scrollY > from + 300", arg=before)
    page.mouse.up()
    somebody.settle()
    assert titles(page).index("Ask") > 1
    assert sorted(titles(page)) == sorted(TITLES)


def test_with_a_finger(house: House, come: Callable[..., Visitor]) -> None:
    """A finger that begins on the handle drags and does not scroll; the events are those of a touch screen."""
    path, cookie = furnish(house)
    somebody = come(cookie, viewport={"width": 360, "height": 640}, has_touch=True, is_mobile=True)
    page = somebody.open(path)
    row = page.locator(".order-row", has_text="Bread")
    row.scroll_into_view_if_needed()
    grip, other = row.locator("[data-handle]").bounding_box(), page.locator(".order-row", has_text="Ask").bounding_box()
    assert grip is not None and other is not None  # noqa: PT018
    wire = page.context.new_cdp_session(page)
    x, y = grip["x"] + 20, grip["y"] + 20

    def touch(kind: str, at: float | None) -> None:
        points = [] if at is None else [{"x": x, "y": at}]
        wire.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", y)
    for step in range(1, 6):
        touch("touchMove", y + (other["y"] + 5 - y) * step / 5)
    touch("touchEnd", None)
    expect(page.locator("#live")).to_have_text("Bread, now 1 of 8, 18:00:00")
    somebody.settle()
    assert titles(page)[:2] == ["Bread", "Ask"]


def test_by_keyboard_alone_arrows_move_and_escape_gives_back(house: House, come: Callable[..., Visitor]) -> None:
    path, cookie = furnish(house)
    somebody = come(cookie, viewport={"width": 1280, "height": 900})
    page = somebody.open(path)
    handle = page.get_by_role("button", name="Move: Elbows")
    handle.focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#live")).to_have_text("Elbows, now 3 of 8, 18:07:00")
    somebody.settle()
    assert titles(page)[:5] == ["Ask", "Bread", "Elbows", "Civility Saves Lives", "Dance"]
    assert len([one for one in somebody.asked if one.endswith("/move")]) == 1  # one press for four keys
    expect(handle).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#live")).to_have_text("Elbows, now 5 of 8, 18:14:00")
    somebody.settle()
    assert titles(page) == list(TITLES)
    expect(handle).to_be_focused()

    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")  # before anything was sent
    somebody.settle()
    assert titles(page) == list(TITLES)
    assert len([one for one in somebody.asked if one.endswith("/move")]) == 2
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.getAttribute('aria-label')") == "Move up: Elbows"
    page.keyboard.press("Enter")
    expect(page.locator("#live")).to_have_text("Elbows, now 4 of 8, 18:10:30")
    page.wait_for_function(AT_EASE)
    page.keyboard.press("Enter")
    expect(page.locator("#live")).to_have_text("Elbows, now 3 of 8, 18:07:00")
    somebody.settle()
    assert titles(page)[2] == "Elbows"
    for _press in range(2):
        page.wait_for_function(AT_EASE)
        page.keyboard.press("Enter")
        somebody.settle()
    expect(page.locator("#live")).to_have_text("Elbows, now 1 of 8, 18:00:00")
    assert titles(page)[0] == "Elbows"
    expect(handle).to_be_focused()  # there is no "up" any more
    page.locator(".order-row", has_text="Elbows").locator("summary").press("Enter")
    page.get_by_role("button", name="Take it out: Elbows").press("Enter")
    expect(page.get_by_role("button", name="Undo")).to_be_focused()


def test_what_was_pressed_stays_under_the_finger(house: House, come: Callable[..., Visitor]) -> None:
    path, cookie = furnish(house)
    somebody = come(cookie, viewport={"width": 360, "height": 640})
    page = somebody.open(path)
    button = page.get_by_role("button", name="Move down: Bread")
    button.scroll_into_view_if_needed()
    for number in (3, 4, 5):
        page.wait_for_function(AT_EASE)
        before = button.bounding_box()
        button.click()
        expect(page.locator("#live")).to_contain_text(f"Bread, now {number} of 8")
        somebody.settle()
        after = button.bounding_box()
        assert before is not None
        assert after is not None
        assert abs(after["y"] - before["y"]) < 2, number


def test_two_organisers_at_once_each_see_what_became_of_it(house: House, come: Callable[..., Visitor]) -> None:
    path, cookie = furnish(house)
    one, other = come(cookie), come(cookie)
    page, beside = one.open(path), other.open(path)
    news = "**/running-order/news*"
    for screen in (page, beside):  # at first neither hears of the other by itself
        screen.route(news, lambda route: route.fulfill(status=204))
    one.press("Move up: Dance")
    other.press("Move down: Grit")  # nobody came between them
    expect(beside.locator(".note-good")).to_contain_text("Somebody else changed the order as well.")
    assert titles(beside) == ["Ask", "Bread", "Dance", "Civility Saves Lives", "Elbows", "Flow", "Hello", "Grit"]
    one.press("Move down: Grit")  # on this screen it still stands before Hello
    assert titles(page) == titles(beside)
    one.press("Move up: Elbows")
    other.press("Move up: Flow")  # between two that do not stand side by side any more
    expect(beside.get_by_role("alert")).to_contain_text("nothing was moved")
    assert titles(beside) == titles(page)
    assert sorted(titles(page)) == sorted(TITLES)
    # What one changes now comes to the other by itself, who loses neither the focus nor what is open under their hand.
    beside.unroute(news)
    beside.locator(".order-more summary").first.click()
    beside.locator(".order-handle").nth(2).focus()
    held = beside.evaluate("document.activeElement.id")
    one.press("Move down: Ask")
    come_back = "document.dispatchEvent(new Event('visibilitychange'))"
    beside.evaluate(come_back)
    beside.wait_for_timeout(200)
    assert titles(beside) != titles(page)
    beside.locator(".order-more summary").first.click()
    beside.locator(f"#{held}").focus()
    beside.evaluate(come_back)
    expect(beside.locator(".note-good")).to_contain_text("Something was changed elsewhere.")
    assert titles(beside) == titles(page)
    assert beside.evaluate("document.activeElement.id") == held


def test_without_a_script_everything_is_there(house: House, come: Callable[..., Visitor]) -> None:
    path, cookie = furnish(house)
    somebody = come(cookie, scripts=False)
    page = somebody.open(path)
    expect(page.locator("[data-handle]").first).to_be_hidden()
    row = page.locator(".order-row", has_text="Hello")
    row.locator("summary").click()
    row.get_by_label("Move to number").select_option("3")
    row.get_by_role("button", name="Move", exact=True).click()
    expect(page.get_by_role("status").first).to_be_attached()
    expect(page.locator(".note-good")).to_have_text("Hello, now 3 of 8, 18:07:00")
    somebody.press("Move up: Hello")
    expect(page.locator(".note-good")).to_have_text("Hello, now 2 of 8, 18:03:30")
    somebody.press("Undo")
    assert titles(page)[2] == "Hello"
    row = page.locator(".order-row", has_text="Bread")
    row.locator("summary").click()
    somebody.press("Take it out: Bread")
    assert "Bread" in page.locator(".order-unplaced").inner_text()
    somebody.press("Undo")
    page.get_by_role("link", name="Break").click()
    page.get_by_label("How long").fill("2:30")
    page.get_by_label("Stands after").select_option(label="1 · Ask")
    somebody.press("Add it")
    assert titles(page)[:3] == ["Ask", "Break", "Bread"]
    assert starts(page)[:3] == ["18:00:00", "18:03:00", "18:05:30"]


def test_axe_finds_nothing_and_it_keeps_its_shape(house: House, come: Callable[..., Visitor]) -> None:
    path, cookie = furnish(house, minutes=50, frame=True)
    somebody = come(cookie)
    found: dict[str, list[str]] = {}
    page = somebody.open(path)
    item = page.locator("[data-item]").nth(1).get_attribute("data-item")
    for way in ("", "/new", "/settings", f"/items/{item}"):
        page = somebody.open(path + way)
        open_all(page)
        for scheme, width, rules in LOOKS:
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 800})
            if problems := [*faults(page, only=rules), *misshapen(page)]:
                found[f"{way}, {scheme}, {width}"] = problems
        page.set_viewport_size({"width": 320, "height": 800})
        if problems := misshapen(page):
            found[f"{way}, 320"] = problems
    assert found == {}, "\n".join(f"{where}: {problems}" for where, problems in found.items())
