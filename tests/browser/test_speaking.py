"""Speaking time while one types, the rehearsal timer, a slide from a phone, the order on paper: in a real browser."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from gatherings.calls.models import Slide, Submission
from gatherings.core.clock import utc_now
from gatherings.events.models import Event
from tests.browser.kit import Visitor, faults
from tests.drills.houses import House
from tests.signing import COOKIE, make_role, make_sign_in
from tests.slotting import make_call, make_item, make_order, make_submission

pytestmark = pytest.mark.needs("browser")
Visit = Callable[..., Visitor]
_SPOKEN = """() => { const aloud = document.querySelector('.rehearse [data-aloud]'); window.spoken = [];
    new MutationObserver(() => { if (aloud.textContent) window.spoken.push(aloud.textContent); })
        .observe(aloud, {childList: true, characterData: true, subtree: true}); }"""


def open_timer(house: House, visit: Visit, query: str = "", **options: object) -> tuple[Visitor, Page]:
    """Open the page of the timer with a clock that the test moves."""
    somebody = visit(house, **options)
    somebody.page.clock.install(time=datetime(2026, 12, 1, 12, 0, tzinfo=UTC))
    page = somebody.open(f"/speaking-time{query}")
    page.clock.pause_at(datetime(2026, 12, 1, 13, 0, tzinfo=UTC))
    page.evaluate(_SPOKEN)
    return somebody, page


def test_the_time_is_told_while_one_types(house: House, visit: Visit) -> None:
    somebody = visit(house)
    page = somebody.open("/speaking-time")
    words = page.get_by_label("Your words or notes")
    words.fill("word " * 520)
    expect(page.locator("#spoken")).to_contain_text("About 4:00 to speak: 520 words")
    expect(page.locator("#spoken")).to_contain_text("That is a minute too long: about 130 words.")
    expect(page.locator("#live")).to_have_text("Too long for the slot.")
    words.fill("word " * 390)
    expect(page.locator("#spoken")).to_contain_text("About 3:00 to speak")
    expect(page.locator("#live")).to_have_text("It fits into the slot.")
    page.get_by_label("Words a minute").fill("195")
    expect(page.locator("#spoken")).to_contain_text("About 2:00 to speak")
    page.get_by_label("Your slot, in seconds").fill("60")
    expect(page.locator("#spoken")).to_contain_text("That is a minute too long: about 195 words.")
    expect(page.locator("[data-clock]")).to_have_text("1:00")  # the timer follows
    assert faults(page) == []


def test_without_scripts_a_button_tells_it(house: House, visit: Visit) -> None:
    somebody = visit(house, scripts=False)
    page = somebody.open("/speaking-time?seconds=120")
    page.get_by_label("Your words or notes").fill("word " * 390)
    somebody.press("How long is it?")
    expect(page.locator("#spoken")).to_contain_text("That is a minute too long: about 130 words.")
    expect(page.get_by_text("The timer needs JavaScript")).to_be_visible()
    expect(page.locator("[data-go]")).to_be_hidden()


def test_the_timer_counts_says_60_30_and_0_and_notes_what_one_took(house: House, visit: Visit) -> None:
    somebody, page = open_timer(house, visit)
    clock, go = page.locator("[data-clock]"), page.locator("[data-go]")
    words = page.get_by_label("Your words or notes")
    words.fill("Kindness is contagious.\n" * 60)
    page.clock.run_for(1000)
    somebody.settle()
    page.get_by_label("Show my words").check()
    before = len(somebody.asked)
    go.focus()
    page.keyboard.press("Enter")
    expect(go).to_have_text("Stop")
    expect(clock).to_have_text("3:00")
    page.clock.run_for(60_100)
    expect(clock).to_have_text("2:00")
    assert page.evaluate("spoken") == []
    page.clock.run_for(59_000)
    expect(clock).to_have_text("1:01")
    assert page.evaluate("spoken") == []
    page.clock.run_for(950)
    expect(page.locator("[data-phase]")).to_have_text("One minute left")
    page.clock.run_for(30_000)
    expect(page.locator("[data-phase]")).to_have_text("30 seconds left")
    page.clock.run_for(30_000)
    expect(clock).to_have_text("0:00")
    assert page.evaluate("spoken") == ["One minute left", "30 seconds left", "Time. Come to your end."]
    at_the_end = page.evaluate("() => { const box = document.querySelector('[data-script]');"
                               " return box.scrollHeight - box.clientHeight - box.scrollTop; }")  # fmt: skip
    assert at_the_end <= 1
    page.clock.run_for(12_000)
    expect(clock).to_have_text("+0:12")
    assert len(page.evaluate("spoken")) == 3
    page.keyboard.press("Space")
    expect(page.locator("[data-took]")).to_have_text("You took 3:12; 12 seconds over.")
    expect(go).to_have_text("Start again")
    page.keyboard.press("Enter")
    expect(clock).to_have_text("3:00")
    page.clock.run_for(180_000)
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.clock.run_for(100_000)
    page.keyboard.press("Enter")
    expect(page.locator("[data-took] li")).to_have_text(
        ["You took 3:12; 12 seconds over.", "You took 3:00: exactly your slot.", "You took 1:40; 1:20 left."]
    )
    page.keyboard.press("Enter")
    page.clock.run_for(179_000)
    page.keyboard.press("Enter")
    expect(page.locator("[data-took] li").last).to_have_text("You took 2:59; one second left.")
    assert len(somebody.asked) == before  # nothing was sent
    page.keyboard.press("Enter")
    page.clock.run_for(200_000)
    page.clock.resume()  # axe needs a clock that goes
    assert faults(page) == []


def test_the_timer_is_right_after_a_time_in_the_background(house: House, visit: Visit) -> None:
    _somebody, page = open_timer(house, visit, "?seconds=40")
    page.locator("[data-go]").click()
    page.clock.run_for(2_100)
    # A browser that holds timers back, or a phone that slept: time went on, no tick came.
    page.clock.fast_forward(33_000)
    page.clock.run_for(1_000)
    expect(page.locator("[data-clock]")).to_have_text("0:04")
    assert page.evaluate("spoken") == ["30 seconds left"]  # a slot of 40 s never was above a minute
    page.locator("[data-go]").click()
    expect(page.locator("[data-took]")).to_have_text("You took 0:36; 4 seconds left.")


def offer(house: House) -> str:
    """Make a submission to an open call and give the address of its slide."""
    made = house.event()
    with house.writing() as session:
        event = session.get_one(Event, made.id)
        submission = make_submission(session, make_call(session, event), f"{event.slug}@example.org")
        token = house.app.extensions["gatherings.signer"].sign("submission", submission.public_id, 1)
    return f"/submissions/{token}/slide"


def photo(size: tuple[int, int], quality: int = 100) -> bytes:
    out = BytesIO()
    Image.effect_noise(size, 200).convert("RGB").save(out, "JPEG", quality=quality)
    return out.getvalue()


def slide_of(house: House, path: str) -> Slide | None:
    public_id = path.split("/")[2].split(".")[0]
    with house.writing() as session:
        return session.scalars(
            select(Slide)
            .join(Submission, Submission.id == Slide.submission_id)
            .where(Submission.public_id == public_id)
        ).one_or_none()


def test_a_slide_is_sent_and_a_photo_too_large_is_made_smaller_here(house: House, visit: Visit) -> None:
    path = offer(house)
    somebody = visit(house, viewport={"width": 360, "height": 740})
    page = somebody.open(path)
    assert faults(page) == []
    page.get_by_label("What does it show?").fill("Noise")
    page.get_by_label("The picture").set_input_files(
        {"name": "notes.png", "mimeType": "image/png", "buffer": b"<html>" * 9}
    )
    somebody.press("Send the slide")
    expect(page.locator("#slide-file-error")).to_contain_text("not a picture that we can read")
    expect(page.get_by_label("What does it show?")).to_have_value("Noise")
    assert faults(page) == []
    large = photo((3400, 2400))
    assert len(large) > 5 * 1024 * 1024
    page.get_by_label("The picture").set_input_files({"name": "a.jpg", "mimeType": "image/jpeg", "buffer": large})
    expect(page.get_by_role("button", name="Send the slide")).to_be_enabled()
    page.wait_for_function("() => document.getElementById('slide-file').files[0]?.type === 'image/webp'")
    somebody.press("Send the slide")
    expect(page.get_by_text("Your slide is in.")).to_be_visible()
    found = slide_of(house, path)
    assert found is not None
    assert found.width == 1600
    assert somebody.sideways == 0
    page.get_by_label("Another picture").set_input_files(
        {"name": "a.txt", "mimeType": "text/plain", "buffer": b"x" * (6 * 1024 * 1024)}
    )
    expect(page.locator("#slide-file-error")).to_contain_text("larger than 5 MB")
    assert page.evaluate("() => document.getElementById('slide-file').files.length") == 0


def test_without_scripts_a_file_of_40_mb_is_refused_in_words(house: House, visit: Visit, tmp_path: Path) -> None:
    path = offer(house)
    somebody = visit(house, scripts=False)
    page = somebody.open(path)
    for size, mark in ((300_000, "not a picture"), (40 * 1024 * 1024, "larger than 5 MB")):
        page.get_by_label("What does it show?").fill("A hill in fog")
        file = tmp_path / f"{size}.png"
        file.write_bytes(b"\x89PNG" * (size // 4))
        page.get_by_label("The picture").set_input_files(file)
        somebody.press("Send the slide")
        expect(page.locator("#slide-file-error")).to_contain_text(mark)
        expect(page.get_by_label("What does it show?")).to_have_value("A hill in fog")
    assert slide_of(house, path) is None


def open_order(house: House) -> tuple[Event, str]:
    """Publish a running order of eight slots, an opening and a closing; give its event and a host's session."""
    made = house.event(title="The advent session")
    with house.writing() as session:
        event = session.get_one(Event, made.id, options=[joinedload(Event.community)])
        call = make_call(session, event)
        order = make_order(session, event, published_at=utc_now(), host_name="Nicki")
        make_item(session, order, 1, kind="opening", seconds=300, title="Welcome", speakers="Nicki")
        for number in range(8):
            submission = make_submission(
                session, call, f"{event.slug}-{number}@example.org", state="accepted", told="accepted",
                name=f"Anna-Karin von Something-Long {number}", title="Tea at the bedside, every morning at ten " * 2,
                ask="Smile at the next person whom you meet in a corridor, and tell one colleague why you did.",
                needs="A second to turn the slide." if number % 2 else "", pronunciation="an-na KAH-rin",
            )  # fmt: skip
            make_item(session, order, 2 + number, submission=submission, notes="She shares her own screen.")
        make_item(session, order, 11, kind="closing", seconds=120)
        host = make_role(session, event.community, "host", f"{event.slug}-host@example.org")
        return event, make_sign_in(house.app, session, host)


def pages_of(page: Page) -> int:
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", page.pdf(prefer_css_page_size=True)))


def test_the_running_order_on_every_screen_and_on_paper(house: House, visit: Visit) -> None:
    event, _secret = open_order(house)
    for zone, width in (("Pacific/Auckland", 320), ("Europe/London", 1280)):
        somebody = visit(house, timezone_id=zone, viewport={"width": width, "height": 800})
        page = somebody.open(f"/events/{event.slug}/running-order")
        somebody.settle()
        assert somebody.sideways == 0, somebody.too_wide
        assert faults(page) == []
        assert somebody.shifted < 0.1
        expect(
            page.locator(".order-there").first if zone != "Europe/London" else page.locator(".order-day")
        ).to_contain_text("in London" if zone != "Europe/London" else "December")
        assert pages_of(page) == 1


def test_the_run_sheet_is_one_sheet_of_paper_and_fits_a_phone(house: House, visit: Visit) -> None:
    event, secret = open_order(house)
    somebody = visit(house, viewport={"width": 360, "height": 740}, color_scheme="dark")
    somebody.context.add_cookies([{"name": COOKIE, "value": secret, "url": house.server.url}])
    page = somebody.open(f"/organise/events/{event.slug}/running-order/print")
    assert somebody.sideways == 0, somebody.too_wide
    assert faults(page) == []
    assert pages_of(page) == 1
    page.emulate_media(media="print")
    for row in page.locator(".sheet-slot").all():
        expect(row.locator(".sheet-line").first).to_be_visible()
    for screen in (".tabs", ".subtabs", ".crumbs", "h1", ".masthead", "[data-print]"):
        for one in page.locator(screen).all():
            expect(one).to_be_hidden()
