"""Signing in, the team and the log in a browser: without a script, by keyboard alone, read by axe in each look."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from gatherings.audit.actions import log
from gatherings.communities.models import Community
from gatherings.core.clock import utc_now
from tests.browser.kit import Visitor, faults, visitor
from tests.browser.looks import LOOKS
from tests.drills.houses import House
from tests.factories import make_community
from tests.journeys.letters import letters_to
from tests.signing import COOKIE, make_role, make_sign_in

pytestmark = [pytest.mark.needs("browser"), pytest.mark.one_database("of what is shown")]
LONG = "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwarengewissenhaft"


def team_of(house: House, owner: str) -> str:
    """Make a community with an owner; give its slug."""
    with house.writing() as session:
        community = make_community(session, accent="moss", name=f"{LONG} & Sons")
        make_role(session, community, "owner", owner, f"{LONG} <3")
        return community.slug


def come(browser: Browser, house: House, **options: Any) -> Visitor:
    return visitor(browser, house.server.url, **options)


def code_in(text: str) -> str:
    found = re.search(r"\b(\d{4} \d{4})\b", text)
    assert found
    return found[1]


def test_signing_in_by_link_and_by_code_without_a_script_and_by_keyboard(browser: Browser, house: House) -> None:
    slug = team_of(house, "link@example.org")
    somebody = come(browser, house, scripts=False)
    page = somebody.open(f"/organise/communities/{slug}/team")
    assert "/sign-in?next=" in page.url
    page.get_by_label("Your e-mail address").focus()
    page.keyboard.type("link@example.org")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Please look into your mail")).to_be_visible()
    letter = letters_to(house.receiver, "link@example.org", 1)[0]
    page.get_by_label("The code in the mail").fill("1234 5678")
    somebody.press("Sign in with the code")
    expect(page.get_by_role("alert")).to_contain_text("does not fit")
    page.get_by_label("The code in the mail").fill(code_in(letter.text))
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/communities/{slug}/team")

    other = come(browser, house)
    other.open(f"/sign-in?next=/organise/communities/{slug}/log")
    other.fill(email="link@example.org")
    other.press("Send me the link")
    second = letters_to(house.receiver, "link@example.org", 2)[1]
    page = other.open(second.link("/sign-in/"))
    expect(page.get_by_text("asked for in another browser")).to_have_count(0)
    other.press("Sign in")
    page.wait_for_url(f"**/communities/{slug}/log")
    assert page.get_by_role("link", name="My account").is_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    assert somebody.wrong == other.wrong == []


def test_inviting_a_colleague_who_comes_in_by_the_mail(browser: Browser, house: House) -> None:
    slug = team_of(house, "inviter@example.org")
    with house.writing() as session:
        community = session.scalars(select(Community).where(Community.slug == slug)).one()
        cookie = make_sign_in(house.app, session, make_role_again(session, community))
    boss = come(browser, house)
    boss.context.add_cookies([{"name": COOKIE, "value": cookie, "url": house.server.url}])
    page = boss.open(f"/organise/communities/{slug}/team")
    page.get_by_label("Their e-mail address").fill("colleague@example.org")
    page.get_by_label("Role", exact=True).select_option("host")
    boss.press("Send the invitation")
    expect(page.get_by_text("The invitation is on its way.")).to_be_visible()
    letter = letters_to(house.receiver, "colleague@example.org", 1)[0]
    colleague = come(browser, house)
    theirs = colleague.open(letter.link("/invitations/"))
    colleague.fill(name="Sheila")
    colleague.press("Yes, I take part")
    theirs.wait_for_url("**/organise")
    page = boss.open(f"/organise/communities/{slug}/team")
    expect(page.get_by_text("Sheila", exact=True)).to_be_visible()
    page.get_by_role("link", name="Remove Sheila …").click()
    boss.press("Remove")
    expect(page.get_by_text("has no role here any more")).to_be_visible()
    theirs.reload()
    assert "/sign-in" in theirs.url
    assert boss.wrong == colleague.wrong == []


def make_role_again(session: Any, community: Community) -> Any:
    return make_role(session, community, "owner", f"again{community.id}@example.org", "Nicki")


def test_a_session_that_ended_keeps_what_was_typed(browser: Browser, house: House) -> None:
    slug = team_of(house, "ended@example.org")
    with house.writing() as session:
        community = session.scalars(select(Community).where(Community.slug == slug)).one()
        cookie = make_sign_in(house.app, session, make_role_again(session, community))
    somebody = come(browser, house)
    place: list[Any] = [{"name": COOKIE, "value": cookie, "url": house.server.url}]
    somebody.context.add_cookies(place)
    page = somebody.open("/organise/account")
    page.get_by_label("Your name").fill("A name that took long")
    somebody.context.clear_cookies(name=COOKIE)
    somebody.press("Save changes")
    expect(page.get_by_role("heading", name="Please sign in first")).to_be_visible()
    assert faults(page) == []
    somebody.context.add_cookies(place)  # signed in again, in another tab
    somebody.press("Try again")
    expect(page.get_by_label("Your name")).to_have_value("A name that took long")
    page.get_by_label("Your name").fill("Another")
    somebody.context.clear_cookies(name="form")
    somebody.press("Save changes")
    expect(page.get_by_role("heading", name="Please press once more")).to_be_visible()
    somebody.press("Try again")
    expect(page.get_by_label("Your name")).to_have_value("Another")
    somebody.wrong[:] = [line for line in somebody.wrong if "403" not in line and "400" not in line]
    assert somebody.wrong == []


def test_axe_finds_nothing_and_nothing_scrolls_sideways(browser: Browser, house: House) -> None:
    slug = team_of(house, "axe@example.org")
    now = utc_now()
    with house.writing() as session:
        community = session.scalars(select(Community).where(Community.slug == slug)).one()
        person = make_role_again(session, community)
        make_role(session, community, "helper", f"{LONG[:60]}@{LONG[:60]}.example.org", "محمد العربي")
        cookie = make_sign_in(house.app, session, person)
        make_sign_in(house.app, session, person)
        for action in ("edit_community", "question-asked", "some_new_thing"):
            log(session, actor=person.public_id, action=action, about=f"community:{community.public_id}",
                community_id=community.id, now=now)  # fmt: skip
    somebody = come(browser, house)
    found: dict[str, list[str]] = {}
    base = f"/organise/communities/{slug}"
    without = ("/sign-in", "/sign-in/sent", "/sign-in/nothing", "/invitations/nothing", "signed in")
    within = ("/sign-in/again", "/organise/account", f"{base}/team", f"{base}/log", f"{base}/log?who=nobody")
    for path in without + within:
        if path == "signed in":
            somebody.context.add_cookies([{"name": COOKIE, "value": cookie, "url": house.server.url}])
            continue
        page = somebody.open(path)
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
        for scheme, width, rules in LOOKS:
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 800})
            if problems := faults(page, only=rules):
                found[f"{path} {scheme} {width}"] = problems
        for width in (320, 360, 768, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            if somebody.sideways:
                found[f"{path} {width}"] = somebody.too_wide
    assert found == {}
