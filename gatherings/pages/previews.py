"""The picture that stands for a page where it is shared: 1200 × 630, the cover, and words in our own type.

Made once for its words and kept in the instance folder; no system library is needed (resvg comes as a wheel).
"""

import hashlib
import logging
import os
import threading
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from pathlib import Path

from gatherings.core import covers
from gatherings.core.colours import ACCENTS, FADED, INK, PAPER
from gatherings.pages.faces import Face

WIDTH, HEIGHT = 1200, 630
EDITION = 1  # raised when the drawing changes
KEPT = 2000  # pictures, the oldest go first
log = logging.getLogger(__name__)
_FONTS = Path(__file__).parent / "fonts"
_LEFT, _ROOM = 72, 1056
# About how wide letters are, in parts of the type's size: on the safe side.
_NARROW, _BROAD = set("iljtfrI.,:;'’|!()[]·-"), set("mwMWÆŒ@%—…")


@dataclass(frozen=True)
class Words:
    """What a picture says: the title, a line below it, a line above it."""

    title: str
    said: str
    above: str


def picture(folder: Path, face: Face, words: Words) -> bytes:
    """Give the picture as PNG, from the folder where it was made before."""
    name = hashlib.sha256(repr((EDITION, covers.EDITION, face, words)).encode()).hexdigest()[:32] + ".png"
    file = folder / name
    try:
        return file.read_bytes()
    except OSError:
        png = draw(face, words)
        try:
            _keep(file, png)
        except OSError:  # a full disk is no reason to show nothing
            log.warning("a preview picture could not be kept", exc_info=True)
        return png


def draw(face: Face, words: Words) -> bytes:
    """Draw the picture."""
    import resvg_py  # three megabytes that most processes never need

    svg = compose(face, words)
    made: bytes = resvg_py.svg_to_bytes(
        svg_string=svg,
        font_files=[str(_FONTS / "title.ttf"), str(_FONTS / "text.ttf")],
        font_family="Text",
        # Scripts that our faces lack come from whatever the machine has; looking there takes time, so only then.
        skip_system_fonts=all(ord(char) in _drawn() for char in words.title + words.said + words.above),
    )
    return bytes(made)


def compose(face: Face, words: Words) -> str:
    """Write the picture as an SVG: the cover above, the words on paper below, as on the page itself."""
    accent = ACCENTS[face.accent]["light"]
    size, lines = fit(words.title, most=84, least=40, rows=4)
    small, below = fit(words.said, most=36, least=28, rows=2)
    above = fit(words.above, most=32, least=26, rows=1)
    tall = 56 + (52 if words.above else 0) + len(lines) * size * 1.12 + 18 + len(below) * small * 1.35 + 52
    top = round(HEIGHT - tall)
    title = top + 56 + (52 if words.above else 0)
    end = title + len(lines) * size * 1.12 + 18
    return "".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}">',
            covers.art(face.kind, face.slug, face.accent, face.near, WIDTH, top),
            f'<path fill="{PAPER["light"]}" d="M0 {top}h{WIDTH}V{HEIGHT}H0z"/>',
            f'<path fill="{accent}" d="M0 {top}h{WIDTH}v10H0z"/>',
            *(_lines(above[1], above[0], top + 56 + above[0] * 0.85, "Text", accent) if words.above else ()),
            *_lines(lines, size, title + size * 0.92, "Title", INK),
            *_lines(below, small, end + small, "Text", FADED),
            "</svg>",
        ]
    )


def _lines(lines: list[str], size: float, top: float, face: str, ink: str) -> list[str]:
    step = size * (1.12 if face == "Title" else 1.35)
    made = []
    for number, line in enumerate(lines):
        # Where the first strong letter runs from the right, the line begins there.
        back = (
            next((kind for char in line if (kind := unicodedata.bidirectional(char)) in ("L", "R", "AL")), "L") != "L"
        )
        place = f'x="{_LEFT + _ROOM}" text-anchor="end"' if back else f'x="{_LEFT}"'
        made.append(
            f'<text {place} y="{top + number * step:.0f}" font-family="{face}" font-size="{size:.0f}" '
            f'fill="{ink}">{escape(_clean(line))}</text>'
        )
    return made


def fit(text: str, *, most: int, least: int, rows: int) -> tuple[int, list[str]]:
    """Give the largest size, down to `least`, at which a text fills at most `rows` lines; what is too long is cut."""
    text = " ".join(text.split())
    for size in range(most, least - 1, -4):
        lines = _wrap(text, _ROOM / size)
        if len(lines) <= (2 if size > most * 0.75 else 3 if size > most * 0.6 else rows):
            return size, lines
    lines = _wrap(text, _ROOM / least)
    return least, [*lines[: rows - 1], lines[rows - 1][:-1].rstrip() + "…"] if len(lines) > rows else lines


def _wrap(text: str, room: float) -> list[str]:
    lines, line = [], ""
    for word in text.split(" "):
        joined = f"{line} {word}" if line else word
        if _breadth(joined) <= room:
            line = joined
            continue
        if line:
            lines.append(line)
        line = word
        while _breadth(line) > room:  # a word of sixty letters, or a script without spaces
            cut = len(line) - 1
            while cut > 1 and _breadth(line[:cut]) > room:
                cut -= 1
            lines.append(line[:cut])
            line = line[cut:]
    return [*lines, line] if line else lines


def _breadth(text: str) -> float:
    return sum(_letter(char) for char in text)


@lru_cache(maxsize=4096)
def _letter(char: str) -> float:
    if unicodedata.combining(char):
        return 0
    if unicodedata.east_asian_width(char) in "WF":
        return 1.02
    if char in _NARROW or char == " ":
        return 0.34
    if char in _BROAD:
        return 0.95
    return 0.74 if char.isupper() else 0.6


def _clean(text: str) -> str:
    """Leave out what XML cannot hold."""
    return "".join(char for char in text if char.isprintable())


@lru_cache(maxsize=1)
def _drawn() -> frozenset[int]:
    """Give the characters that both our faces have: Latin with its accents, and our punctuation."""
    return frozenset([*range(0x20, 0x7F), *range(0xC0, 0x180), *map(ord, "\u00a0·–—‘’“”…−→½×°«»&")])


def _keep(file: Path, png: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f".{file.name}.{os.getpid()}.{threading.get_ident()}")
    temporary.write_bytes(png)
    temporary.replace(file)
    files = list(file.parent.glob("*.png"))
    if len(files) > KEPT:
        for old in sorted(files, key=_age)[: KEPT // 10]:
            old.unlink(missing_ok=True)


def _age(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except FileNotFoundError:  # another process cleared it away
        return 0
