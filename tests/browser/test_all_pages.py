"""Every page in every state keeps its shape, is clean to axe-core, can be printed, and leaves nothing behind.

A page is opened once and looked at in all these ways: opening is what takes the time.
"""

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

from gatherings.core.pseudo import TAGS
from tests.browser.kit import Visitor
from tests.browser.looks import faults_in_each_look
from tests.browser.paper import wrong_on_paper
from tests.browser.shape import misshapen, open_all
from tests.browser.town import Town
from tests.drills.houses import open_house

pytestmark = pytest.mark.needs("browser")
Visit = Callable[..., Visitor]

# A desk, a tablet, a phone; and a desk zoomed to 200 % (WCAG 2.2, 1.4.4) and to 400 % (1.4.10), in CSS pixels.
WIDTHS = (1280, 768, 360, 640, 320)
NEVER_PRINTED = ("/mailbox", "/style", "/zones", "/drawn")
_MOVING = """() => document.getAnimations().length + [...document.querySelectorAll('*')].filter((one) =>
    ['', '::before', '::after'].some((at) => parseFloat(getComputedStyle(one, at).transitionDuration) > 0)).length"""
_TYPE_AT = "(share) => { document.documentElement.style.fontSize = share; }"


def shapes(page: Page, name: str, widths: tuple[int, ...] = WIDTHS) -> dict[str, list[str]]:
    found = {}
    for width in widths:
        page.set_viewport_size({"width": width, "height": 400 if width in (640, 320) else 800})
        if problems := misshapen(page):
            found[f"{name}, {width}"] = problems
    return found


@pytest.fixture(scope="module")
def speaking_town(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """The same town in an installation that speaks languages which nobody speaks: long ones, and from right to left."""
    folder = tmp_path_factory.mktemp("speaking")
    settings = {"GATHERINGS_DEMO": "1", "GATHERINGS_DEVELOPMENT": "1", "GATHERINGS_LANGUAGES": "en,en-XA,ar-XB"}
    with open_house(folder, town.house.url, receiver=town.house.receiver, workers=1, worker=False, **settings) as house:
        yield Town(house, town.paths)


def test_nothing_is_cut_or_covered_or_lost_on_paper_and_axe_finds_nothing(town: Town, visit: Visit) -> None:
    somebody = visit(town.house)
    found: dict[str, list[str]] = {}
    for name, page in town.shown(somebody):
        assert page.evaluate(_MOVING) == 0, name  # our visitors have asked for that (tests/browser/kit.py)
        if not urlsplit(page.url).path.startswith(NEVER_PRINTED) and (wrong := wrong_on_paper(somebody)):
            found[f"{name}, on paper"] = wrong
        open_all(page)
        found |= shapes(page, name)
        page.evaluate(_TYPE_AT, "212.5%")  # twice ours: somebody has set their browser to large type
        found |= shapes(page, f"{name}, large type", (768,))
        page.evaluate(_TYPE_AT, "")
        found |= faults_in_each_look(page, name)
        assert somebody.context.cookies() == [], name
        assert page.evaluate("() => localStorage.length") == 0, name
        # htmx notes for this tab alone which page it is on.
        assert page.evaluate("() => Object.keys(sessionStorage)") in ([], ["htmx-current-path-for-history"]), name
    assert found == {}


def test_without_scripts_pages_are_whole_too(town: Town, visit: Visit) -> None:
    somebody = visit(town.house, scripts=False)
    found: dict[str, list[str]] = {}
    for name, page in town.shown(somebody):
        found |= shapes(page, name, (1280, 360))
        assert page.locator("h1").count() == 1, name
        assert page.title().strip(), name
        assert page.locator("html").get_attribute("lang") == "en", name
    assert found == {}


def test_long_words_and_the_other_direction_fit(speaking_town: Town, visit: Visit) -> None:
    """Each page in one of the two languages, by turns: one catalogue serves them all."""
    longer, mirrored = (visit(speaking_town.house, locale=language) for language in TAGS)
    found: dict[str, list[str]] = {}
    for number, name in enumerate(speaking_town.paths):
        language, direction, somebody = ((TAGS[0], "ltr", longer), (TAGS[1], "rtl", mirrored))[number % 2]
        page = somebody.open(speaking_town.paths[name])
        open_all(page)
        assert page.locator("html").get_attribute("lang") == language, name
        assert page.evaluate("() => getComputedStyle(document.body).direction") == direction, name
        found |= shapes(page, name, (360, 1280))
    assert found == {}
