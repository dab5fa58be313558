"""What mails look like: a community's inks with contrast, a band that is always the same, nothing to load."""

import re
from pathlib import Path

import pytest
from flask import Flask, render_template

from gatherings.core.colours import ACCENTS, PAPER, SHEET
from gatherings.mail.look import look_of
from gatherings.mail.message import inline_styles
from tests.contrast import contrast

pytestmark = pytest.mark.one_database("of looks")
TOKENS = (Path(__file__).resolve().parents[2] / "static/app.css.d/10-tokens.css").read_text()


def written(app: Flask, accent="ink", slug="tea", language="en"):
    values = {"heading": "Hello", "preview": "Soon.", "parts": [], "footer": "Bye.", "language": language}
    with app.app_context():
        return render_template("mail/letter.html", **values, look=look_of(accent, slug))


def test_the_band_is_the_same_every_time_and_fills_the_line():
    for accent, slug in (("sea", "tea"), ("plum", "a-kind-word"), ("ink", "")):
        look = look_of(accent, slug)
        look_of.cache_clear()
        assert look == look_of(accent, slug)
        assert sum(width for width, _ in look.band) == 100
        assert all(width > 0 and ink in look.inks for width, ink in look.band)
        assert all(one[1] != other[1] for one, other in zip(look.band, look.band[1:], strict=False))
    assert len({look_of("sea", f"tea-{number}").band for number in range(20)}) == 20


def test_an_accent_that_is_none_is_the_houses_own():
    assert look_of("gold", "tea") == look_of("ink", "tea")


def test_every_accent_can_be_read_in_light_and_dark_on_paper_and_as_a_button():
    low = []
    for accent in ACCENTS:
        look = look_of(accent, "tea")
        low += [(accent, "links") for paper in (SHEET, PAPER) if contrast(look.light, paper["light"]) < 4.5]
        low += [(accent, "links, dark") for paper in (SHEET, PAPER) if contrast(look.dark, paper["dark"]) < 4.5]
        low += [(accent, "button")] if contrast(look.light, SHEET["light"]) < 4.5 else []
        low += [(accent, "button, dark")] if contrast(look.dark, PAPER["dark"]) < 4.5 else []
    assert low == []


def test_mails_have_the_colours_of_the_pages_and_load_nothing(app):
    html = written(app, "sea")
    known = set(re.findall(r"#[0-9a-f]{6}", TOKENS)) | {*look_of("sea", "tea").inks.values()}
    known |= {*look_of("sea", "tea").dark_inks.values(), ACCENTS["sea"]["light"], ACCENTS["sea"]["dark"]}
    assert set(re.findall(r"#[0-9a-f]{6}\b", html)) - known == set()
    assert re.findall(r"<img|<link|url\(|@import|@font-face|src=|https?:", html) == []


def test_styles_stand_on_the_elements_and_dark_mode_stays_behind(app):
    html = inline_styles(written(app, "sea"))
    look = look_of("sea", "tea")
    head, body = html.split("<body", 1)
    assert look.dark in head
    assert look.dark not in body
    assert "prefers-color-scheme: dark" in head
    assert '<meta name="color-scheme" content="light dark">' in head
    assert re.search(r'<td class="ink ink-\w+" bgcolor="#\w{6}"[^>]* style="[^"]*line-height: 12px', body)
    assert len(html.encode()) < 12_000  # Gmail cuts mails at 102 KB
