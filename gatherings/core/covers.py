"""Cover art: an SVG for every event, series and community, drawn from its slug and accent, the same every time."""

import hashlib
from collections.abc import Callable, Iterable
from functools import lru_cache
from math import cos, pi, sin

from gatherings.core.colours import tones

# Raised when the drawing changes: covers are kept for a year under an address that holds it.
EDITION = 1
WIDTH, HEIGHT = 1200, 400

# Which words in a slug ask for which picture; the first that fits.
_HINTS = (
    ("doors", ("advent", "door", "house")),
    ("circle", ("circle", "listening", "round-table")),
    ("ripples", ("festival", "resonance", "ripple", "music", "sound")),
    ("petals", ("kindness", "kind-", "flower", "bloom")),
    ("threads", ("conversation", "weav", "thread", "network", "civility")),
    ("leaves", ("garden", "green", "tree", "climate", "grow")),
    ("horizon", ("morning", "sea", "journey", "summer", "winter", "revolution")),
)


class Dice:
    """Numbers that a text decides: no state but its own, the same on every machine and in every version."""

    def __init__(self, text: str) -> None:
        self._seed = text.encode()
        self._thrown = 0
        self._left = b""

    def between(self, low: float, high: float) -> float:
        """Give the next number from `low` to `high`."""
        if len(self._left) < 2:
            self._left = hashlib.sha256(self._seed + b"/%d" % self._thrown).digest()
            self._thrown += 1
        value, self._left = int.from_bytes(self._left[:2], "big"), self._left[2:]
        return low + (high - low) * value / 0xFFFF

    def whole(self, low: int, high: int) -> int:
        """Give the next whole number from `low` to `high`, both included."""
        return min(high, int(self.between(low, high + 1)))


def family(kind: str, slug: str, near: str = "") -> str:
    """Tell which picture something has: by words in its slug, then in `near` (its community's slug), then by chance."""
    for text in (slug, near):
        for name, hints in _HINTS:
            if any(hint in text for hint in hints):
                return name
    names = list(FAMILIES)
    return names[Dice(f"family/{near or slug}").whole(0, len(names) - 1)]


@lru_cache(maxsize=1024)
def cover(kind: str, slug: str, accent: str, near: str = "", *, width: int = WIDTH, height: int = HEIGHT) -> str:
    """Draw the cover of an event, series or community (`kind`) as an SVG document of its own."""
    style = "".join(f".{name}{{fill:{ink}}}.{name}-{{stroke:{ink}}}" for name, ink in tones(accent, "dark").items())
    shapes = art(kind, slug, accent, near, width, height)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        f"<style>@media(prefers-color-scheme:dark){{{style}}}</style>{shapes}</svg>"
    )


def style_of(svg: str) -> str:
    """Give the text of a cover's one <style>, for the policy it is sent with."""
    return svg.split("<style>", 1)[1].split("</style>", 1)[0]


def version(kind: str, slug: str, accent: str, near: str = "") -> str:
    """Give what stands in a cover's address, so that it may be kept for a year."""
    return hashlib.sha256(f"{EDITION}/{kind}/{slug}/{accent}/{near}".encode()).hexdigest()[:8]


def art(kind: str, slug: str, accent: str, near: str, width: int, height: int) -> str:
    """Draw the shapes alone, for a picture of this size; what catches the eye is right of the middle."""
    inks = tones(accent)
    drawn = FAMILIES[family(kind, slug, near)](Dice(f"{kind}/{slug}"), width, height)
    shapes = [f'<path class="ground" fill="{inks["ground"]}" d="M0 0h{width}v{height}H0z"/>']
    for ink, how, shape in drawn:
        if how.startswith("stroke"):
            shapes.append(f'<g class="{ink}-" fill="none" stroke="{inks[ink]}" {how}>{shape}</g>')
        else:
            shapes.append(f'<g class="{ink}" fill="{inks[ink]}"{" " + how if how else ""}>{shape}</g>')
    return "".join(shapes)


# What a family gives: (ink, attributes: beginning with "stroke" for lines, shapes).
Layer = tuple[str, str, str]


def _circle(x: float, y: float, radius: float) -> str:
    return f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{radius:.0f}"/>'


def _ripples(dice: Dice, width: int, height: int) -> Iterable[Layer]:
    """Rings that spread from two or three places and meet."""
    unit = height / 8
    centres = [(width * dice.between(0.66, 0.8), height * dice.between(0.35, 0.65))]
    centres.append((width * dice.between(0.16, 0.4), height * dice.between(-0.1, 1.1)))
    if dice.whole(0, 1):
        centres.append((width * dice.between(0.9, 1.0), height * dice.between(0.8, 1.1)))
    for (x, y), ink, first in zip(centres, ("mid", "low", "low"), (0.7, 1.2, 1.0), strict=False):
        step = unit * dice.between(0.62, 0.8)
        rings = "".join(_circle(x, y, unit * first + step * number) for number in range(dice.whole(9, 12)))
        yield ink, f'stroke-width="{unit * 0.24:.0f}"', rings
    x, y = centres[0]
    yield "high", f'stroke-width="{unit * 0.24:.0f}"', _circle(x, y, unit * 1.75) + _circle(x, y, unit * 2.5)
    yield "spark", "", _circle(x, y, unit * dice.between(0.8, 1.0))


def _petal(x: float, y: float, length: float, breadth: float, turn: float) -> str:
    """Give one petal that begins at a point, turned by degrees."""
    path = f"M0 0C{breadth:.0f} {-length * 0.35:.0f} {breadth:.0f} {-length * 0.8:.0f} 0 {-length:.0f}"
    path += f"C{-breadth:.0f} {-length * 0.8:.0f} {-breadth:.0f} {-length * 0.35:.0f} 0 0z"
    return f'<path transform="translate({x:.0f} {y:.0f})rotate({turn:.0f})" d="{path}"/>'


def _flower(x: float, y: float, reach: float, petals: int, turn: float) -> str:
    breadth = reach * 2.1 / petals
    return "".join(_petal(x, y, reach, breadth, turn + 360 * number / petals) for number in range(petals))


def _petals(dice: Dice, width: int, height: int) -> Iterable[Layer]:
    """One large flower, and others that drift."""
    x, y, turn = width * dice.between(0.66, 0.76), height * dice.between(0.44, 0.56), dice.between(0, 40)
    petals = dice.whole(7, 10)
    yield "low", "", _flower(x, y, height * 0.92, petals, turn)
    yield "mid", "", _flower(x, y, height * 0.64, petals, turn + 180 / petals)
    yield "high", "", _flower(x, y, height * 0.4, petals, turn)
    yield "spark", "", _circle(x, y, height * 0.085)
    small = [(dice.between(0.04, 0.44), dice.between(0.1, 0.95), dice.between(0.08, 0.22)) for _ in range(4)]
    yield "low", "", "".join(_flower(width * a, height * b, height * c, 7, 60 * a) for a, b, c in small)
    yield "mid", "", "".join(_circle(width * a, height * b, height * c / 6) for a, b, c in small)


def _doors(dice: Dice, width: int, height: int) -> Iterable[Layer]:
    """Four and twenty doors; a few stand open, with light behind them."""
    across, down = (12, 2) if width > 2 * height else (8, 3)
    step_x, step_y = width / across, height / down
    wide, tall = step_x * 0.56, step_y * 0.7
    frames, opened, leaves, knobs = [], [], [], []
    light = {dice.whole(0, 23) for _ in range(4)} | {dice.whole(across // 2, across - 1)}
    for number in range(across * down):
        x, y = step_x * (number % across + 0.22), step_y * (number // across + 0.18)
        arch = f"M{x:.0f} {y + tall:.0f}v{wide / 2 - tall:.0f}a{wide / 2:.0f} {wide / 2:.0f} 0 0 1 {wide:.0f} 0"
        arch += f"v{tall - wide / 2:.0f}z"
        if number in light:
            opened.append(f'<path d="{arch}"/>')
            slope = wide * 0.16
            leaf = f"M{x + wide:.0f} {y + wide / 2:.0f}l{wide * 0.36:.0f} {slope:.0f}v{tall - wide / 2 - slope / 3:.0f}"
            leaves.append(f'<path d="{leaf}l{-wide * 0.36:.0f} {-slope * 2 / 3:.0f}z"/>')
        else:
            frames.append(f'<path d="{arch}"/>')
            knobs.append(_circle(x + wide * 0.8, y + tall * 0.6, max(2, wide * 0.055)))
    yield "low", "", "".join(frames)
    yield "high", "", "".join(knobs)
    yield "spark", "", "".join(opened)
    yield "mid", "", "".join(leaves)


def _threads(dice: Dice, width: int, height: int) -> Iterable[Layer]:
    """Threads that come from both sides and cross in one place."""
    knot_x, knot_y = width * dice.between(0.6, 0.74), height * dice.between(0.42, 0.58)
    count = dice.whole(11, 15)
    inks = ("low", "mid", "high", "low", "mid")
    lines: dict[str, list[str]] = {}
    for number in range(count):
        start, end = height * (number + 0.5) / count, height * (count - number - 0.5) / count
        pull = height * (number / (count - 1) - 0.5) * 0.16
        x, y = knot_x, knot_y + pull
        bend = width * dice.between(0.14, 0.22)
        path = f"M-20 {start * 1.5 - height / 4:.0f}C{knot_x * 0.45:.0f} {start * 1.3 - height * 0.15:.0f} "
        path += f"{x - bend:.0f} {y + pull * 3:.0f} {x:.0f} {y:.0f}S{width * 0.93:.0f} "
        path += f"{end * 1.6 - height * 0.3:.0f} {width + 20} {end * 1.7 - height * 0.35:.0f}"
        ink = "spark" if number == count // 3 else inks[number % 5]
        lines.setdefault(ink, []).append(f'<path d="{path}"/>')
    for ink in ("low", "mid", "high", "spark"):
        yield ink, f'stroke-width="{height / 44:.0f}" stroke-linecap="round"', "".join(lines.get(ink, ()))


def _horizon(dice: Dice, width: int, height: int) -> Iterable[Layer]:
    """A sun, or a moon, over waves."""
    x, y, radius = width * dice.between(0.64, 0.78), height * dice.between(0.34, 0.44), height * 0.2
    yield "low", "", _circle(x, y, radius * 2.1) + ""
    yield "mid", 'opacity=".5"', _circle(x, y, radius * 1.5)
    yield "spark", "", _circle(x, y, radius)
    for number, ink in enumerate(("mid", "low", "high", "mid", "low")):
        level = height * (0.52 + 0.105 * number)
        length = width / dice.between(2.2, 4.2)
        rise = height * dice.between(0.045, 0.08)
        begin = -length * dice.between(0.1, 0.9)
        waves = int(width / length) + 3
        path = f"M{begin:.0f} {level:.0f}q{length / 4:.0f} {-rise:.0f} {length / 2:.0f} 0"
        path += f"t{length / 2:.0f} 0" * (waves * 2) + f"V{height}H{begin:.0f}z"
        yield ("ground" if number % 2 else ink), "", f'<path d="{path}"/>'
        yield ink, f'stroke-width="{height / 90:.0f}"', f'<path d="{path}"/>'


def _eight(dice: Dice, width: int, height: int) -> Iterable[Layer]:
    """Eight who sit in a circle, three minutes each; one of them speaks."""
    x, y, ring = width * dice.between(0.64, 0.74), height * 0.5, height * 0.34
    turn, speaks = dice.between(0, pi / 4), dice.whole(0, 7)
    seats = [(x + ring * cos(turn + pi * n / 4), y + ring * sin(turn + pi * n / 4)) for n in range(8)]
    yield "low", "", _circle(x, y, height * 0.62)
    yield "ground", "", _circle(x, y, ring)
    yield "mid", f'stroke-width="{height / 130:.0f}"', "".join(
        f'<path d="M{x:.0f} {y:.0f}L{a:.0f} {b:.0f}"/>' for a, b in seats
    ) + _circle(x, y, height * 0.8) + _circle(x, y, height * 1.02)  # fmt: skip
    size = height * 0.105
    for ink, chosen in (("mid", (1, 4, 6)), ("high", (2, 5, 7)), ("pale", (3,)), ("spark", (0,))):
        yield ink, "", "".join(_circle(*seats[(speaks + n) % 8], size * (1.15 if n == 0 else 1)) for n in chosen)


def _leaves(dice: Dice, width: int, height: int) -> Iterable[Layer]:
    """A few stems with their leaves, leaning as in a light wind."""
    stems = dice.whole(5, 7)
    lines, fruit = [], []
    dark: list[str] = []
    light: list[str] = []
    for number in range(stems):
        foot = width * (0.2 + 0.76 * (number + dice.between(0.2, 0.8)) / stems)
        tall, lean = height * dice.between(0.6, 0.98), dice.between(4, 14)
        pairs = dice.whole(4, 6)
        tip_x = foot + tall * sin(lean * pi / 180)
        lines.append(
            f'<path d="M{foot:.0f} {height + 4}Q{foot:.0f} {height - tall / 2:.0f} {tip_x:.0f} {height - tall:.0f}"/>'
        )
        for pair in range(pairs):
            share = 0.3 + 0.64 * pair / pairs
            x, y = foot + (tip_x - foot) * share * share, height - tall * share
            length = tall * (0.34 - 0.16 * share)
            for side, leaves in ((-1, dark), (1, light)):
                leaves.append(_petal(x, y, length, length * 0.3, lean + side * dice.between(48, 62)))
        fruit.append(_circle(tip_x, height - tall, height * 0.028))
    yield "mid", f'stroke-width="{height / 90:.0f}"', "".join(lines)
    yield "low", "", "".join(dark)
    yield "mid", "", "".join(light)
    yield "spark", "", "".join(fruit)


FAMILIES: dict[str, Callable[[Dice, int, int], Iterable[Layer]]] = {
    "ripples": _ripples, "petals": _petals, "doors": _doors, "threads": _threads,
    "horizon": _horizon, "circle": _eight, "leaves": _leaves,
}  # fmt: skip
