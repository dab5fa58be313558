"""What looks for pages out of shape finds what it should (tests/browser/shape.py)."""

import pytest
from playwright.sync_api import Page

from tests.browser.shape import misshapen

pytestmark = pytest.mark.needs("browser")

SHAPES = {
    '<p style="width: 50px; overflow: hidden; white-space: nowrap">longer than that</p>': "cut at the side: p",
    '<p style="height: 20px; overflow: hidden">one<br>two<br>three</p>': "cut above or below: p",
    '<svg width="100" height="20"><text x="80" y="15">beyond the picture</text></svg>': "cut at the side: text",
    '<p>one</p><p style="margin-top: -30px">two</p>': "text over “two”: p “one”",
    '<button>one</button><a href="/" style="margin-left: -20px">two</a>': "pressed with a “two”: button “one”",
    '<a href="/" style="margin-left: -40px">half out</a>': "beside the window: a “half out”",
    '<p style="width: 50px">abcdefghijklmnopqrstuvwxyz</p>': "wider than its box: p",
    '<p style="width: 400px">.</p>': "scrolls",
    '<div style="overflow: auto"><p style="width: 900px">can be scrolled to, from here to there and on</p></div>': None,
    '<p style="line-height: 1">Words on<br>two lines with <a href="/">one</a> and <a href="/x">two</a> links</p>': None,
}


@pytest.mark.parametrize("html", SHAPES)
def test_what_is_out_of_shape_is_named(page: Page, html: str) -> None:
    page.set_viewport_size({"width": 360, "height": 400})
    page.set_content(f"<!doctype html>{html}")
    found, expected = misshapen(page), SHAPES[html]
    assert any(one.startswith(expected) for one in found) if expected else found == []
