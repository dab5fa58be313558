"""The form of a gathering in a browser: rows, clocks and previews without waiting, without a script the same."""

import re
from collections.abc import Callable
from datetime import datetime
from io import BytesIO

import pytest
from PIL import Image
from sqlalchemy import select

from gatherings.events.models import Event, Speaker
from tests.browser.kit import Visitor, faults
from tests.browser.shape import misshapen, open_all
from tests.drills.houses import House
from tests.factories import make_community, make_event, make_registration
from tests.signing import COOKIE, make_role, make_sign_in

pytestmark = pytest.mark.needs("browser")
Visit = Callable[..., Visitor]
LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenxyz"
NAME = f"Zoë & Sons <3 李雷 محمد {LONG}"


@pytest.fixture
def desk(house: House) -> tuple[str, str, str]:
    """A gathering with somebody registered, by slug; its community's; and its organiser's cookie."""
    with house.writing() as session:
        community = make_community(session, name=NAME[:100])
        event = make_event(session, community, title=NAME, starts_local=datetime(2027, 1, 14, 18, 0), mode="hybrid")
        session.add(Speaker(event_id=event.id, position=0, name="Ada", talk=LONG))
        make_registration(session, event, zone="Pacific/Auckland", address=f"a{event.id}@example.org")
        person = make_role(session, community, address=f"o{event.id}@example.org")
        return event.slug, community.slug, make_sign_in(house.app, session, person)


def come(visit: Visit, house: House, cookie: str, **options: object) -> Visitor:
    somebody = visit(house, **options)
    somebody.context.add_cookies([{"name": COOKIE, "value": cookie, "url": house.server.url}])
    return somebody


def test_clocks_rows_and_previews_follow_while_one_types(
    visit: Visit, house: House, desk: tuple[str, str, str]
) -> None:
    slug, _community, cookie = desk
    me = come(visit, house, cookie)
    page = me.open(f"/organise/events/{slug}/edit")
    assert faults(page) == []
    clocks = page.locator("#clocks")
    assert "Friday 15 January 2027, 07:00" in clocks.inner_text()
    page.locator("#starts_time").fill("09:30")
    page.locator("#clocks", has_text="Thursday 14 January 2027, 22:30").wait_for()
    page.locator("#starts_date").fill("2027-03-28")
    page.locator("#starts_time").fill("01:30")
    page.locator("#clocks", has_text="there is no 01:30").wait_for()
    page.locator("#zone").fill("Stockh")
    page.locator("#zone-places [data-pick]").first.click()
    page.locator("#clocks .one-clock", has_text="Stockholm").first.wait_for()
    page.locator("#starts_date").fill("2027-01-14")
    me.press("Add a speaker", page.locator("#speakers"))
    assert me.focused == "speakers-1-name"
    page.keyboard.type("Bo")
    page.locator("#speakers-up-1").click()
    me.settle()
    assert page.locator("#speakers-0-name").input_value() == "Bo"
    assert me.page.url.endswith("/edit")
    page.locator("#about").fill("**Hello**")
    page.locator("button[value='check:about']").click()
    page.locator("#about-shown strong").wait_for()
    assert faults(page) == []
    page.locator("#speakers-drop-0").click()
    me.settle()
    assert page.locator("#speakers-0-name").input_value() == "Ada"


def test_without_a_script_all_of_it_works(visit: Visit, house: House, desk: tuple[str, str, str]) -> None:
    _slug, community, cookie = desk
    me = come(visit, house, cookie, scripts=False)
    page = me.open(f"/organise/communities/{community}/events/new")
    me.fill(
        title="Tea without a script", starts_date="2027-02-10", starts_time="08:00", ends_time="09:00", zone="New York"
    )
    page.locator("#ends_date").fill("")
    me.press("Add a speaker")
    page.locator("#speakers-0-name").fill("Ada")
    me.press("Check, without saving")
    assert "18:30" in page.locator("#clocks").inner_text()
    page.locator("#title").press("Enter")  # as everywhere: it saves
    assert re.search(r"/organise/events/tea-without-a-script[-0-9]*\?done=made", page.url)
    page.get_by_role("link", name="Preview").click()
    assert "Tea without a script" in page.locator("article h1").inner_text()
    me.press("Publish")
    with house.session() as session:
        made = session.scalars(select(Event).where(Event.title == "Tea without a script")).one()
        assert (made.status, made.zone) == ("published", "America/New_York")


def test_two_editors_and_a_change_that_is_told(visit: Visit, house: House, desk: tuple[str, str, str]) -> None:
    slug, _community, cookie = desk
    first, second = come(visit, house, cookie), come(visit, house, cookie)
    path = f"/organise/events/{slug}/edit"
    mine, theirs = first.open(path), second.open(path)
    theirs.locator("#summary").fill("Theirs " + LONG)
    second.press("Save changes", theirs.locator(".save-bar"))
    mine.locator("#summary").fill("Mine")
    first.press("Save changes", mine.locator(".save-bar"))
    assert first.focused == "differences"
    assert faults(mine) == []
    for width in (1280, 360, 320):
        mine.set_viewport_size({"width": width, "height": 800})
        assert misshapen(mine) == [], width
    mine.get_by_label("As it is saved now").check()
    mine.locator("#starts_time").fill("17:00")
    first.press("Save like this")
    assert first.focused == "asked"
    assert faults(mine) == []
    assert "One person is registered." in mine.locator("#asked").inner_text()
    first.press("Save and tell them")
    assert "Whoever is registered is told" in mine.locator("main").inner_text()
    with house.session() as session:
        event = session.scalars(select(Event).where(Event.slug == slug)).one()
        assert (event.starts_local.hour, event.summary[:6]) == (17, "Theirs")


def test_screens_keep_their_shape(visit: Visit, house: House, desk: tuple[str, str, str]) -> None:
    slug, community, cookie = desk
    me = come(visit, house, cookie)
    found = {}
    paths = [
        f"/organise/events/{slug}{end}"
        for end in ("", "/edit", "/preview", "/cancel", "/copy", "/next-year", "/picture")
    ]
    for path in [*paths, f"/organise/communities/{community}/events/new?fill={slug}"]:
        page = me.open(path)
        open_all(page)
        if wrong := faults(page):
            found[path] = wrong
        for width in (1280, 768, 360, 320):
            page.set_viewport_size({"width": width, "height": 800})
            if wrong := misshapen(page):
                found[f"{path} {width}"] = wrong
    assert found == {}, "\n".join(f"{path}: {wrong}" for path, wrong in found.items())


def test_a_large_picture_goes_through_the_hall(visit: Visit, house: House, desk: tuple[str, str, str]) -> None:
    slug, _community, cookie = desk
    data = BytesIO()
    Image.effect_noise((1600, 1200), 90).save(data, "PNG")
    assert len(data.getvalue()) > 1_000_000
    me = come(visit, house, cookie, scripts=False)
    page = me.open(f"/organise/events/{slug}/picture")
    page.locator("#picture").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": data.getvalue()})
    page.locator("#alt").fill("Snow on an old screen")
    me.press("Save changes")
    page = me.open(f"/events/{slug}")
    assert page.get_by_role("img", name="Snow on an old screen").evaluate("(one) => one.naturalWidth") == 1600
