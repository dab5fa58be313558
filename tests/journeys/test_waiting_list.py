"""A full call: somebody waits, somebody lets go, and the place finds its way."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.kit import Visitor
from tests.drills.houses import House
from tests.journeys.letters import letters_to

pytestmark = pytest.mark.needs("browser")
Visit = Callable[..., Visitor]


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_freed_place_goes_to_who_waits(house: House, visit: Visit, scripts: bool) -> None:
    event = house.event(title="A circle of one", capacity_online=1)
    first, second, third = (f"{name}-{scripts}@example.org".lower() for name in ("first", "second", "third"))
    people = {address: visit(house, scripts=scripts) for address in (first, second, third)}
    for address, somebody in people.items():
        page = somebody.open(f"/events/{event.slug}")
        somebody.register("محمد", address)
        full = address != first
        expect(page.get_by_text("You have a place.")).to_be_visible(visible=not full)
        expect(page.get_by_text("You are on the waiting list unless you already have a place")).to_be_visible(
            visible=full
        )

    (place,) = letters_to(house.receiver, first, 1)
    waits = {address: letters_to(house.receiver, address, 1)[0] for address in (second, third)}
    for number, (address, letter) in enumerate(waits.items(), 1):
        assert letter.subject == "You are on the waiting list: A circle of one"
        assert f"You are number {number} on the waiting list." in letter.words
        assert not [part for part in letter.message.walk() if part.get_content_type() == "text/calendar"]
        page = people[address].open(letter.link("/registrations/"))
        expect(page.get_by_text(f"You are number {number} on the waiting list.")).to_be_visible()

    people[first].open(place.link("/registrations/"))
    people[first].press("I cannot come: cancel")

    promoted = letters_to(house.receiver, second, 2)[1]
    assert promoted.subject == "A place for you: A circle of one"
    assert promoted.said[0] == "REQUEST"
    assert letters_to(house.receiver, first, 2)[1].said[0] == "CANCEL"
    page = people[second].open(promoted.link("/registrations/"))
    expect(page.get_by_text("You have a place online.")).to_be_visible()
    page = people[third].open(waits[third].link("/registrations/"))
    expect(page.get_by_text("You are number 1 on the waiting list.")).to_be_visible()

    people[third].press("Leave the waiting list")
    expect(page.get_by_text("You are not registered any more")).to_be_visible()
    left = letters_to(house.receiver, third, 2)[1]
    assert "You are not on the waiting list any more." in left.words
    house.wait_for_mail()
    letters_to(house.receiver, second, 2)
