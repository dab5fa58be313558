"""The two faces: they are shown, they weigh little, and nothing moves when they arrive."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Request, Route

from tests.browser.kit import Visitor
from tests.browser.town import Town

pytestmark = pytest.mark.needs("browser")

PAGES = ("event, open", "series", "community", "listing")
# Where each piece in the first screenful begins.
_PLACES = """() => [...document.querySelectorAll('h1, h2, h3, p, li, form, img')]
    .map((one) => [one.tagName + ' ' + one.textContent.trim().slice(0, 30), one.getBoundingClientRect().top])
    .filter(([, top]) => top < innerHeight)"""
_LOADED = "() => [...document.fonts].filter((one) => one.status === 'loaded').map((one) => one.family)"
_STAND_INS = {"Text-a", "Text-b", "Title-a", "Title-b"}


def _hold(held: list[Route]) -> Callable[[Route], None]:
    def hold(route: Route) -> None:
        held.append(route)

    return hold


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_moves_when_the_fonts_arrive(town: Town, visit: Callable[..., Visitor], width: int) -> None:
    """Fonts come after everything else is shown in type of the reader's own machine, cut to the same measures."""
    for name in PAGES:
        held: list[Route] = []
        somebody = visit(town.house, viewport={"width": width, "height": 800})
        page = somebody.page
        page.route("**/*.woff2", _hold(held))
        page.goto(town.house.server.url + town.paths[name], wait_until="domcontentloaded")
        page.wait_for_function("() => !document.querySelector('[aria-busy=true], .htmx-request')")
        page.wait_for_timeout(400)
        assert len(held) >= 2
        assert set(page.evaluate(_LOADED)) <= _STAND_INS
        before, shifted = page.evaluate(_PLACES), somebody.shifted
        for route in held:
            route.continue_()
        page.wait_for_load_state("load")
        page.wait_for_function("() => document.fonts.status === 'loaded'")
        page.wait_for_timeout(200)
        assert {"Text", "Title"} <= set(page.evaluate(_LOADED))
        assert somebody.shifted - shifted < 0.005, name
        moved = [(one, top, now) for (one, top), (_, now) in zip(before, page.evaluate(_PLACES), strict=False)
                 if abs(top - now) > 3]  # fmt: skip
        assert moved == [], name


@pytest.mark.parametrize("name", PAGES)
def test_the_first_view_with_everything_weighs_at_most_60_kb(
    town: Town, visit: Callable[..., Visitor], name: str
) -> None:
    somebody = visit(town.house)
    finished: list[Request] = []
    somebody.page.on("requestfinished", lambda request: finished.append(request))
    somebody.open(town.paths[name])
    weights = {urlsplit(one.url).path: one.sizes()["responseBodySize"] for one in finished}
    print(weights)
    assert sum(".woff2" in path for path in weights) == 2
    assert sum(weights.values()) <= 60 * 1024, weights
