"""What the first view of an event page weighs on the wire."""

import http.client
import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from tests.browser.kit import Visitor
from tests.browser.town import Town

pytestmark = pytest.mark.needs("browser")

MOST = 24 * 1024  # bytes of HTML, CSS and JavaScript, compressed
PAGES = ("event, open", "event, full", "event, date of a series", "event of the programme")


@pytest.mark.parametrize("name", PAGES)
def test_the_first_view_is_light(town: Town, name: str, record_property: Callable[[str, object], None]) -> None:
    path = town.paths[name]
    html = _fetch(town, path, unpacked=True)
    pieces = re.findall(r'<(?:script[^>]*\ssrc|link rel="stylesheet" href)="([^"]+)"', html.decode())
    weights = {path: len(_fetch(town, path)), **{piece: len(_fetch(town, piece)) for piece in pieces}}
    record_property("weights", weights)
    print(weights, sum(weights.values()))
    assert len(weights) <= 4, weights
    assert sum(weights.values()) <= MOST, weights


def test_a_browser_asks_for_no_more(town: Town, visit: Callable[..., Visitor]) -> None:
    somebody = visit(town.house, timezone_id="Pacific/Auckland")
    path = town.paths["event, open"]
    page = somebody.open(path)
    page.get_by_text("your time, Auckland").wait_for()
    asked = [one.removeprefix("GET ") for one in somebody.asked]
    # Besides the four: the times on the visitor's clock, the two faces, the cover, and the icons.
    kinds = sorted(one.rsplit(".", 1)[-1] if one.startswith("/static/") else one for one in asked)
    needed = [path, f"{path}/when", f"{path}/cover.svg", "css", "js", "woff2", "woff2"]
    assert [kind for kind in kinds if kind != "svg"] == sorted(needed)
    assert kinds.count("svg") <= 2  # the sprite, and the icon, which headless browsers may leave out


def _fetch(town: Town, path: str, *, unpacked: bool = False) -> bytes:
    """Give a body as it comes over the wire, brotli unless `unpacked`."""
    connection = http.client.HTTPConnection(urlsplit(town.house.server.url).netloc, timeout=20)
    try:
        connection.request("GET", path, headers={"Accept-Encoding": "identity" if unpacked else "br"})
        response = connection.getresponse()
        assert response.status == 200
        assert response.getheader("Content-Encoding") == (None if unpacked else "br"), path
        return response.read()
    finally:
        connection.close()
