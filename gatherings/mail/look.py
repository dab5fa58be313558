"""What a mail looks like: a community's two inks, and a woven band drawn from its slug instead of pictures."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from gatherings.core.colours import ACCENTS, tones
from gatherings.core.covers import Dice

_INKS = ("ground", "low", "ground", "mid", "spark", "high", "ground", "spark")


@dataclass(frozen=True)
class Look:
    """Colours (#rrggbb) of a mail in light and dark, and its band: (width in per cent, name of an ink)."""

    light: str
    dark: str
    inks: Mapping[str, str]
    dark_inks: Mapping[str, str]
    band: tuple[tuple[int, str], ...]


@lru_cache(256)
def look_of(accent: str = "ink", slug: str = "gatherings") -> Look:
    """Give the look of a community's mails, the same every time; an unknown accent is the house's own."""
    accent = accent if accent in ACCENTS else "ink"
    dice, band = Dice(f"band/{slug}"), list[tuple[int, str]]()
    while left := 100 - sum(width for width, _ in band):
        width, ink = min(left, dice.whole(2, 14)), _INKS[dice.whole(0, len(_INKS) - 1)]
        if band and band[-1][1] == ink:
            width += band.pop()[0]
        band.append((width, ink))
    return Look(ACCENTS[accent]["light"], ACCENTS[accent]["dark"], tones(accent), tones(accent, "dark"), tuple(band))
