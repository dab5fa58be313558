"""Every page in a language with long words, and in one that is written from right to left."""

from collections.abc import Callable, Iterator

import pytest

from tests.browser.kit import Visitor
from tests.browser.town import Town, build_town
from tests.databases import SqliteTemplate
from tests.drills.houses import open_house
from tests.parts import need

pytestmark = pytest.mark.needs("browser")
Visit = Callable[..., Visitor]

# Texts that are wider than what they stand in, or stick out of the window on either side.
CUT = """() => [...document.body.querySelectorAll('*')].filter((one) => {
        const box = one.getBoundingClientRect(), style = getComputedStyle(one);
        if (box.width < 2 || one.closest('svg, input, select, .visually-hidden, .skip, .mail-frame')) return false;
        if (box.right > innerWidth + 1 || box.left < -1) return !one.closest('pre, table');
        const holds = ['hidden', 'clip'].includes(style.overflowX) || one.matches('td, th, li, p, h1, h2, h3, button');
        return holds && one.clientWidth > 0 && one.scrollWidth > one.clientWidth + 1;
    }).slice(0, 4).map((one) => `${one.tagName}.${one.className}: ${one.textContent.trim().slice(0, 40)}`)"""


@pytest.fixture(scope="module")
def speaking_town(sqlite_template: SqliteTemplate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A page in every state, in an installation that speaks pseudo languages."""
    need("browser")
    folder = tmp_path_factory.mktemp("speaking")
    with (
        sqlite_template.fresh(folder) as url,
        open_house(
            folder, url, workers=1,
            GATHERINGS_LANGUAGES="en,en-XA,ar-XB", GATHERINGS_DEVELOPMENT="1", GATHERINGS_DEMO="1",
        ) as opened,
    ):  # fmt: skip
        yield build_town(opened)


@pytest.mark.parametrize(("language", "direction"), [("en-XA", "ltr"), ("ar-XB", "rtl")])
def test_nothing_is_cut_or_scrolls_sideways(speaking_town: Town, visit: Visit, language: str, direction: str) -> None:
    somebody = visit(speaking_town.house, scripts=False, locale=language)
    found = {}
    for name, path in speaking_town.paths.items():
        page = somebody.open(path)
        assert page.locator("html").get_attribute("lang") == language, name
        assert page.evaluate("() => getComputedStyle(document.body).direction") == direction, name
        for width in (360, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            if somebody.sideways > 0 or page.evaluate(CUT):
                found[f"{name}, {width}"] = (somebody.sideways, page.evaluate(CUT))
    assert found == {}
