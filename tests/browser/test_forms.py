"""Forms that come back: every problem at its field, nothing typed lost, the same with and without scripts."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import func, select

from gatherings.accounts.models import Person
from gatherings.mail.models import OutboxMail
from gatherings.registration.models import Registration
from tests.browser.kit import Visitor, faults
from tests.browser.town import CODE
from tests.drills.houses import House
from tests.factories import make_community, make_question

pytestmark = pytest.mark.needs("browser")
Visit = Callable[..., Visitor]
with_and_without = pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])


@with_and_without
def test_a_refused_form_comes_back_whole(house: House, visit: Visit, scripts: bool) -> None:
    event = _asking(house)
    somebody = visit(house, scripts=scripts)
    page = somebody.open(f"/events/{event.slug}")

    somebody.fill(name="Aroha", email="aroha@example", zone="Middle-earth")
    page.get_by_label("What would you like to hear?").fill("Songs, “please” <b>")
    page.get_by_label("In the room").check()
    somebody.press("Register", page.locator("#registration"))

    problems = page.locator("#problems")
    assert problems.get_attribute("role") == "alert"
    assert somebody.focused == "problems"
    assert page.locator("[name=name]").input_value() == "Aroha"
    assert page.locator("[name=email]").input_value() == "aroha@example"
    assert page.locator("[name=zone]").input_value() == "Middle-earth"
    assert page.get_by_label("What would you like to hear?").input_value() == "Songs, “please” <b>"
    expect(page.get_by_label("In the room")).to_be_checked()
    # Each line of the summary leads to the field that it is about, and says what stands there.
    wrong = [link.get_attribute("href") or "" for link in problems.get_by_role("link").all()]
    assert len(wrong) == 4, wrong  # address, zone, the question that must be answered, the code of kindness
    for link, target in zip(problems.get_by_role("link").all(), wrong, strict=True):
        field = page.locator(target)
        assert field.evaluate(_SAYS) == link.inner_text(), target
        link.click()
        assert "#" + somebody.focused == target
    assert page.url.partition("#")[0].endswith(f"/events/{event.slug}" if scripts else f"/events/{event.slug}/register")
    if scripts:
        assert faults(page) == []


# What a screen reader tells with a field that is wrong: itself, or the group of boxes that it belongs to.
_SAYS = """(field) => {
    const told = [field, field.closest('fieldset')].filter((one) => one && one.hasAttribute('aria-describedby'));
    if (!told.length || ![field, ...told].some((one) => one.getAttribute('aria-invalid') === 'true')) return 'nothing';
    return told.flatMap((one) => one.getAttribute('aria-describedby').split(' '))
        .map((id) => document.getElementById(id)).filter((one) => one.matches('.field-error'))
        .map((one) => one.innerText).join(' ');
}"""


@with_and_without
def test_what_was_wrong_can_be_put_right_at_once(house: House, visit: Visit, scripts: bool) -> None:
    event = house.event()
    somebody = visit(house, scripts=scripts)
    page = somebody.open(f"/events/{event.slug}")
    somebody.register("", f"right-{scripts}@example.org")
    assert somebody.focused == "problems"

    somebody.fill(name="李雷")
    somebody.press("Register", page.locator("#registration"))

    expect(page.get_by_text("You have a place.")).to_be_visible()
    assert house.ask(select(Registration.name).where(Registration.event_id == event.id)) == [("李雷",)]


def test_the_answer_takes_the_focus(house: House, visit: Visit) -> None:
    event = house.event()
    somebody = visit(house)
    somebody.open(f"/events/{event.slug}")
    somebody.register("Ada", "ada-focus@example.org")
    assert somebody.focused == "H2 Thank you"


@with_and_without
def test_pressing_twice_registers_once_and_mails_once(house: House, visit: Visit, scripts: bool) -> None:
    event = house.event()
    somebody = visit(house, scripts=scripts)
    page = somebody.open(f"/events/{event.slug}")
    address = f"twice-{scripts}@example.org"
    somebody.fill(name="Ada", email=address)

    page.locator("#registration").get_by_role("button", name="Register").dblclick()
    page.get_by_text("You have a place.").wait_for()
    somebody.settle()

    assert house.ask(select(func.count(Registration.id)).where(Registration.event_id == event.id)) == [(1,)]
    assert _mails_to(house, address) == ["confirmed"]


def test_a_slow_answer_cannot_be_pressed_again(house: House, visit: Visit) -> None:
    event = house.event()
    somebody = visit(house)
    page = somebody.open(f"/events/{event.slug}")
    somebody.fill(name="Ada", email="slow@example.org")
    button = page.locator("#registration").get_by_role("button", name="Register")
    held: list[Route] = []
    page.route(f"**/events/{event.slug}/register", lambda route: held.append(route))

    button.click()
    page.wait_for_function("() => document.querySelector('#registration button').disabled")
    button.click(force=True)
    held[0].continue_()
    page.get_by_text("You have a place.").wait_for()

    assert len(held) == 1


@with_and_without
def test_going_back_and_forward_shows_whole_pages(house: House, visit: Visit, scripts: bool) -> None:
    event = house.event()
    somebody = visit(house, scripts=scripts)
    page = somebody.open(f"/events/{event.slug}")
    somebody.register("Ada", f"back-{scripts}@example.org")
    page.get_by_role("link", name="Find my registration").first.click()
    somebody.settle()

    for _ in range(2 if not scripts else 1):
        page.go_back(wait_until="load")
        somebody.settle()
        _is_whole(page)
    page.go_forward(wait_until="load")
    somebody.settle()
    _is_whole(page)


def test_filtering_can_be_gone_back_from_and_shared(house: House, visit: Visit) -> None:
    house.event(title="Only online")
    somebody = visit(house)
    page = somebody.open("/")
    page.locator("#f-mode").select_option("in-person")
    page.wait_for_url("**mode=in-person**")
    somebody.settle()
    page.reload()
    _is_whole(page)
    page.go_back(wait_until="load")
    expect(page).not_to_have_url(re.compile("mode="))
    expect(page.get_by_text("Only online").first).to_be_visible()
    somebody.settle()
    _is_whole(page)


@with_and_without
def test_other_forms_come_back_the_same_way(house: House, visit: Visit, scripts: bool) -> None:
    somebody = visit(house, scripts=scripts)
    for path, button in (("/find-my-registration", "Send me my links"), ("/my-data", "Send me the link")):
        page = somebody.open(path)
        somebody.fill(email="not an address")
        somebody.press(button)
        assert somebody.focused == "problems"
        assert page.locator("#email").evaluate(_SAYS) == page.locator("#problems a").inner_text()
        assert page.locator("#email").input_value() == "not an address"
        if scripts:
            assert faults(page) == []


@with_and_without
def test_what_is_not_ours_is_not_taken(house: House, visit: Visit, scripts: bool) -> None:
    # A field that people do not see: whoever fills it in is a program, and is thanked like anybody.
    event = house.event()
    somebody = visit(house, scripts=scripts)
    page = somebody.open(f"/events/{event.slug}")
    page.locator("#fax").evaluate("(field) => { field.value = 'cheap pills'; }")
    somebody.register("Robot", f"robot-{scripts}@example.org")
    expect(page.get_by_text("You have a place.")).to_be_visible()
    assert house.ask(select(Person.id).where(Person.address == f"robot-{scripts}@example.org")) == []


def _asking(house: House) -> Any:
    with house.writing() as session:
        community = make_community(session, code_of_kindness=CODE)
    event = house.event(community=community, mode="hybrid")
    with house.writing() as session:
        make_question(session, event, label="What would you like to hear?")
        make_question(session, event, "yes_no", label="Is it your first time?", required=True)
    return event


def _mails_to(house: House, address: str) -> list[str]:
    house.wait_for_mail()
    return [kind for (kind,) in house.ask(select(OutboxMail.kind).where(OutboxMail.recipient == address))]


def _is_whole(page: Page) -> None:
    assert page.locator("html > head > title").count() == 1
    assert page.locator("header.masthead").count() == 1
    assert page.locator("main h1").count() == 1
    assert page.locator("footer").count() == 1
