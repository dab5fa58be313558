"""Everything by the keyboard alone: Tab, Enter and the space bar."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from gatherings.registration.models import Registration
from gatherings.web.rights import signer
from tests.browser.kit import Visitor
from tests.browser.town import CODE
from tests.drills.houses import House
from tests.factories import make_community

pytestmark = pytest.mark.needs("browser")
Visit = Callable[..., Visitor]

_AT = """() => { const at = document.activeElement;
    return [at.id, at.name || '', at.tagName, at.tagName === 'INPUT' ? '' : at.innerText.trim()]; }"""
_OUTLINE = "() => getComputedStyle(document.activeElement).outlineStyle"
_SEEN = """() => { const box = document.activeElement.getBoundingClientRect();
    return box.width > 0 && box.bottom > 0 && box.top < innerHeight; }"""


def tab_to(page: Page, what: str, *, most: int = 60) -> None:
    """Press Tab until the element of this id, name or text has the focus; it must be seen, and be seen to have it."""
    for _ in range(most):
        page.keyboard.press("Tab")
        at = page.evaluate(_AT)
        if page.evaluate("() => document.activeElement !== document.body"):
            assert page.evaluate(_SEEN), f"{at} has the focus and is not to be seen"
            assert page.evaluate(_OUTLINE) != "none", f"{at} does not show that it has the focus"
        if what in at:
            return
    raise AssertionError(f"Tab does not reach “{what}”; it came to {at}")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_from_the_listing_to_a_place_and_to_a_changed_name(house: House, visit: Visit, scripts: bool) -> None:
    title = f"Keys {'with' if scripts else 'without'} scripts"
    event = house.event(title=title)
    somebody = visit(house, scripts=scripts, viewport={"width": 360, "height": 700})
    page = somebody.open("/")
    tab_to(page, "q")
    page.keyboard.type(title)
    page.keyboard.press("Enter")
    page.wait_for_url("**q=Keys*")
    somebody.settle()
    expect(page.locator("#events h3")).to_have_text([title])
    tab_to(page, title)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/events/{event.slug}")
    somebody.settle()
    tab_to(page, "Register")  # a link that leads down to the form
    page.keyboard.press("Enter")
    tab_to(page, "name")
    page.keyboard.type("Ada")
    tab_to(page, "email")
    page.keyboard.type(f"journey-{scripts}@example.org")
    page.keyboard.press("Enter")
    expect(page.get_by_text("You have a place.")).to_be_visible()

    ((public_id, version, _state),) = _rows(house, event.id)
    with house.app.app_context():
        page = somebody.open(f"/registrations/{signer().sign('manage', public_id, version)}")
    tab_to(page, "Change my name or time zone")
    page.keyboard.press("Enter")
    tab_to(page, "name")
    page.keyboard.press("Control+A")
    page.keyboard.type("Ada Lovelace")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your changes are kept.")).to_be_visible()
    assert house.ask(select(Registration.name).where(Registration.event_id == event.id)) == [("Ada Lovelace",)]


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_registering_and_cancelling(house: House, visit: Visit, scripts: bool) -> None:
    with house.writing() as session:
        community = make_community(session, code_of_kindness=CODE)
    event = house.event(community=community, mode="hybrid")
    somebody = visit(house, scripts=scripts)
    page = somebody.open(f"/events/{event.slug}")

    tab_to(page, "name")
    page.keyboard.type("Ada")
    tab_to(page, "email")
    page.keyboard.type(f"keys-{scripts}@example.org")
    tab_to(page, "wish")
    page.keyboard.press("Space")
    tab_to(page, "code_agreed")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")  # in a form Enter presses its button
    page.get_by_text("You have a place.").wait_for()

    ((public_id, version, state),) = _rows(house, event.id)
    assert state == "confirmed"
    with house.app.app_context():
        somebody.open(f"/registrations/{signer().sign('manage', public_id, version)}")
    tab_to(page, "I cannot come: cancel")
    page.keyboard.press("Space")
    page.get_by_text("You are not registered any more").wait_for()
    assert _rows(house, event.id)[0][2] == "cancelled"


def test_the_first_tab_leads_past_the_head_of_the_page(house: House, visit: Visit) -> None:
    event = house.event()
    page = visit(house).open(f"/events/{event.slug}")
    page.keyboard.press("Tab")
    assert page.evaluate(_AT)[3] == "Skip to the content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.closest('main') !== null")


def test_nothing_moves_for_those_who_asked_for_that(house: House, visit: Visit) -> None:
    event = house.event()
    still, lively = (visit(house, reduced_motion=how) for how in ("reduce", "no-preference"))
    moving = "() => document.getAnimations().length + [...document.querySelectorAll('*')].filter((one) =>"
    moving += " parseFloat(getComputedStyle(one).transitionDuration) > 0).length"
    assert still.open(f"/events/{event.slug}").evaluate(moving) == 0
    assert lively.open(f"/events/{event.slug}").evaluate(moving) > 0


def _rows(house: House, event_id: int) -> list[tuple[str, int, str]]:
    columns = (Registration.public_id, Registration.link_version, Registration.state)
    return [tuple(row) for row in house.ask(select(*columns).where(Registration.event_id == event_id))]
