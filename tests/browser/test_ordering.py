"""Choosing tickets in a real browser: the sum follows, a group is named, by keyboard; axe; a phone; no script."""

import re
from collections.abc import Callable
from datetime import datetime

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from gatherings.tickets.models import Order
from tests.browser.kit import Visitor, faults
from tests.drills.houses import House
from tests.factories import make_community, make_event, make_question
from tests.ticketing import make_code, make_kind, make_sale

pytestmark = pytest.mark.needs("browser")
Visit = Callable[..., Visitor]
LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenverleihung"


def festival_in(house: House, name: str) -> str:
    """Put a festival on sale with a kind of each sort, and give its slug."""
    with house.writing() as session:
        community = make_community(session, name="Microsystem Festival", code_of_kindness="Be kind.")
        event = make_event(
            session, community, title=name, mode="hybrid", zone="Europe/Stockholm", capacity_room=200,
            starts_local=datetime(2029, 3, 2, 9), ends_local=datetime(2029, 3, 4, 16),
        )  # fmt: skip
        make_sale(session, event)
        make_kind(session, event, 9, name="All three days", side="room", about="Lunch on each day.")
        make_kind(session, event, 0, name="Tuesday", side="room", amount=250_000, days=["2029-03-02"], position=1)
        make_kind(session, event, name=LONG, amount=0, price="choose", suggested=20_000, side="online", position=2)
        make_kind(session, event, name="Students", amount=50_000, position=3)
        make_code(session, event)
        make_question(session, event, "text", label="What do you eat?", only_if={"attends": "room"})
        return str(event.slug)


def orders(house: House) -> list[tuple[str, int]]:
    with house.session() as session:
        return [(order.name, order.total) for order in session.scalars(select(Order).order_by(Order.id))]


def test_a_group_chooses_by_keyboard_and_the_sum_follows(house: House, visit: Visit) -> None:
    slug = festival_in(house, "Festival one")
    phone = visit(house, viewport={"width": 360, "height": 740})
    page = phone.open(f"/events/{slug}")
    assert (phone.sideways, phone.too_wide, faults(page)) == (0, [], [])
    many = page.get_by_label("All three days", exact=True)
    many.focus()
    page.keyboard.press("2")
    expect(page.locator("#order-sum")).to_contain_text("16,250.00")
    expect(page.get_by_text("Whose tickets are they?")).to_be_visible()
    expect(page.get_by_label("What do you eat?")).to_be_visible()
    assert phone.focused == many.get_attribute("id")  # nothing took the focus away
    page.get_by_label("A code, if you have one").fill("presenter")
    phone.press("Apply")
    expect(page.locator("#order-sum")).to_contain_text("Code PRESENTER: 15% off")
    expect(page.locator("#order-sum")).to_contain_text("13,812.50")
    phone.fill(name="Ada Example", email="ada@example.org")
    page.keyboard.press("Enter")  # from within a field: it orders, and does not only look
    expect(page.locator("#problems")).to_be_focused()
    phone.settle()
    assert faults(page) == []
    assert (phone.sideways, phone.too_wide) == (0, [])
    people = page.locator("#people")
    people.get_by_label("Name", exact=True).fill("Zoë & Sons <3")
    people.get_by_label("E-mail address").fill("zoe@example.org")
    page.get_by_label("I have read the code of kindness").check()
    phone.press("Order", page.locator(".form-end"))
    page.wait_for_url(re.compile("/orders/"))
    assert orders(house) == [("Ada Example", 1_381_250)]
    assert phone.wrong == []


def test_without_a_script_it_takes_one_step_more(house: House, visit: Visit) -> None:
    slug = festival_in(house, "Festival two")
    before = len(orders(house))
    plain = visit(house, scripts=False)
    page = plain.open(f"/events/{slug}")
    page.get_by_label("Students", exact=True).select_option("1")
    page.get_by_role("button", name="Show the sum").click()
    expect(page.locator("#order-sum")).to_contain_text("625.00")
    plain.fill(name="Bo", email="bo@example.org", zone="Europe/Stockholm")
    page.get_by_label("Online", exact=True).check()
    page.get_by_label("I have read the code of kindness").check()
    page.locator(".form-end button").click()
    page.wait_for_url(re.compile("/orders/"))
    assert orders(house)[before:] == [("Bo", 62_500)]
