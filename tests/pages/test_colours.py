"""Contrast: every colour that is read, on every ground that it is read on, in both schemes (WCAG 1.4.3, 1.4.11)."""

import re

import pytest

from gatherings.app import data_folder
from gatherings.communities.models import ACCENTS
from gatherings.core import colours
from gatherings.web.static import contents
from tests.contrast import contrast

CSS = dict(contents(data_folder("static")))["app.css"].decode()
TEXT, SHAPE = 4.5, 3.0
SCHEMES = pytest.mark.parametrize("scheme", ["light", "dark"])


def palette(scheme):
    """Read the colours and the accents of one scheme from the stylesheet."""
    light_part, dark_part = CSS.split("@layer base", 1)[0].split("@media (prefers-color-scheme:dark)")
    part = dark_part if scheme == "dark" else light_part
    named = dict(re.findall(r"--([\w-]+):(#[0-9a-f]{6})\b", part.split(".accent-", 1)[0]))
    accents = dict(re.findall(r"\.accent-(\w+)\{--accent:(#[0-9a-f]{6})", part))
    return named, accents


@SCHEMES
def test_all_that_is_read_has_contrast(scheme):
    named, accents = palette(scheme)
    papers = ("paper", "sheet", "bad-paper", "good-paper", "warn-paper")
    pairs = [(ink, paper) for ink in ("ink", "bad") for paper in papers]
    pairs += [(ink, paper) for ink in ("faded", "good", "warn") for paper in ("paper", "sheet")]
    pairs += [("good", "good-paper"), ("warn", "warn-paper"), ("faded", "warn-paper"), ("faded", "good-paper")]
    low = [pair for pair in pairs if contrast(named[pair[0]], named[pair[1]]) < TEXT]
    # Links, kickers, tags and quiet buttons; in notes too.
    low += [
        (name, paper) for name, accent in accents.items() for paper in papers if contrast(accent, named[paper]) < TEXT
    ]
    low += [(name, "its button") for name, accent in accents.items() if contrast(accent, named["on-accent"]) < TEXT]
    low += [("edge", paper) for paper in ("paper", "sheet") if contrast(named["edge"], named[paper]) < SHAPE]
    assert low == []


@SCHEMES
def test_there_are_twelve_accents_and_each_is_its_own(scheme):
    _, accents = palette(scheme)
    assert tuple(sorted(accents)) == tuple(sorted(ACCENTS))
    assert len(set(accents.values())) == 12


@SCHEMES
def test_what_is_drawn_has_the_colours_of_the_stylesheet(scheme):
    named, accents = palette(scheme)
    assert {name: values[scheme] for name, values in colours.ACCENTS.items()} == accents
    assert (colours.PAPER[scheme], colours.SHEET[scheme]) == (named["paper"], named["sheet"])
    if scheme == "light":
        assert (named["ink"], named["faded"]) == (colours.INK, colours.FADED)
    assert set(colours.SPARKS) == set(ACCENTS)


@SCHEMES
def test_what_a_cover_shows_can_be_seen_on_its_ground(scheme):
    for accent in ACCENTS:
        inks = colours.tones(accent, scheme)
        assert contrast(inks["spark"], inks["ground"]) >= SHAPE, accent
        assert contrast(inks["high"], inks["ground"]) >= 2, accent
