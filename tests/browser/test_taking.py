"""Questions under a condition, a list that is looked at and brought over, a list on paper: in a real browser."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from gatherings.core.clock import utc_now
from gatherings.events.models import Event
from gatherings.registration.models import Answer, Registration
from tests.browser.kit import Visitor, faults
from tests.drills.houses import House
from tests.factories import make_question
from tests.many import fill_event
from tests.signing import COOKIE, make_role, make_sign_in

pytestmark = pytest.mark.needs("browser")
Visit = Callable[..., Visitor]
with_and_without = pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])


def open_desk(house: House, people: int = 0) -> tuple[Event, str]:
    """Make an event with two questions, one hanging on the other, and somebody who organises it."""
    made = house.event(mode="hybrid", capacity_room=1)
    with house.writing() as session:
        event = session.get_one(Event, made.id, options=[joinedload(Event.community)])
        meal = make_question(
            session, event, "yes_no", label="Do you eat with us?", required=True, only_if={"attends": "room"}
        )
        needs = {"question": meal.public_id, "is": "yes"}
        make_question(session, event, label="What do you not eat?", required=True, only_if=needs, keep_days=30)
        if people:
            fill_event(session, event, people, now=utc_now(), prefix=event.slug)
        role = make_role(session, event.community, "organiser", f"{event.slug}@example.org")
        return event, make_sign_in(house.app, session, role)


def come(house: House, visit: Visit, secret: str, **options: bool) -> Visitor:
    somebody = visit(house, **options)
    somebody.context.add_cookies([{"name": COOKIE, "value": secret, "url": house.server.url}])
    return somebody


@with_and_without
def test_a_question_appears_with_the_choice_that_it_waits_for(house: House, visit: Visit, scripts: bool) -> None:
    event, _secret = open_desk(house)
    somebody = visit(house, scripts=scripts)
    page = somebody.open(f"/events/{event.slug}")
    food = page.get_by_label("What do you not eat?")
    meal = page.locator("fieldset", has_text="Do you eat with us?")
    expect(meal).to_be_hidden()
    page.get_by_label("In the room").check()
    expect(meal).to_be_visible()
    expect(food).to_be_hidden()
    page.get_by_label("Yes", exact=True).check()
    expect(food).to_be_visible()
    food.fill("Nuts")
    if scripts:
        assert faults(page) == []
    page.get_by_label("Online").check()
    expect(meal).to_be_hidden()
    expect(food).to_be_hidden()
    somebody.register("Aroha", f"{event.slug}@example.org")
    assert house.ask(select(func.count(Registration.id)).where(Registration.event_id == event.id)) == [(1,)]
    answers = select(func.count(Answer.id)).join(Registration).where(Registration.event_id == event.id)
    assert house.ask(answers) == [(0,)]


@with_and_without
def test_a_list_is_looked_at_and_brought_over(house: House, visit: Visit, scripts: bool) -> None:
    event, secret = open_desk(house)
    somebody = come(house, visit, secret, scripts=scripts)
    page = somebody.open(f"/organise/events/{event.slug}/registrations/import")
    page.get_by_label("Or paste it here").fill(
        f'E-mail,Name,Comes\n{event.slug}.a@example.org,"Ada ""the"" \U0001f33b",room\nnobody,Bob,online\n'
        f"{event.slug}.c@example.org,محمد العربي,room\n"
    )
    somebody.press("Look at it first")
    expect(page.get_by_role("heading", name="1 row needs another look")).to_be_visible()
    expect(page.get_by_text("online until there is a place in the room")).to_be_visible()
    if scripts:
        assert faults(page) == []
        page.set_viewport_size({"width": 320, "height": 700})
        assert somebody.sideways <= 0, somebody.too_wide
    somebody.press("Register 2 people")
    expect(page.get_by_text("1 person has a place.")).to_be_visible()
    names = house.ask(select(Registration.name).where(Registration.event_id == event.id).order_by(Registration.id))
    assert [name for (name,) in names] == ['Ada "the" \U0001f33b', "محمد العربي"]


def test_screens_are_clean_and_fit_a_telephone(house: House, visit: Visit) -> None:
    event, secret = open_desk(house, people=12)
    somebody = come(house, visit, secret)
    base = f"/organise/events/{event.slug}"
    found = {}
    for path in (
        "questions", "questions/new", "questions/new?type=one_of", "questions/new?like=food", "consents/new",
        "registrations/export", "registrations/import", "registrations/new", "registrations/print",
    ):  # fmt: skip
        page = somebody.open(f"{base}/{path}")
        wrong = [*faults(page)]
        page.set_viewport_size({"width": 320, "height": 700})
        if somebody.sideways > 0:
            wrong.append(f"sideways: {somebody.too_wide}")
        page.set_viewport_size({"width": 1280, "height": 800})
        if wrong:
            found[path] = wrong
    assert found == {}


def test_five_hundred_names_are_few_sheets_of_paper(house: House, visit: Visit) -> None:
    event, secret = open_desk(house, people=560)  # one of nine has cancelled
    page = come(house, visit, secret).open(f"/organise/events/{event.slug}/registrations/print")
    assert page.locator(".roll-table tbody tr").count() > 490
    paper = page.pdf(format="A4", prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page[^s]", paper)) <= 10
    page.emulate_media(media="print")
    assert page.locator(".roll-table thead").evaluate("(one) => getComputedStyle(one).display") == "table-header-group"
    for gone in (".tabs", ".crumbs", ".roll-actions", ".masthead"):
        expect(page.locator(gone).first).to_be_hidden()
