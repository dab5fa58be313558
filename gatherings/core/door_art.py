"""The drawing of a calendar of doors: a house at night, its doors, and a small thing behind each.

All from a slug and numbers, the same every time. Shapes are drawn once, as symbols, and used by each door; inks are
the stylesheet's (static/doors.css.d), so that one drawing serves light and dark. What is behind a door is chosen by
its number alone: it says nothing of what organisers put there.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from math import cos, pi, sin

from gatherings.core.covers import Dice

WIDTH, HEIGHT = 100, 130  # of one door, its frame and step
_SHAPES = 5
_PANELS = 7
_TONES = 5
_PLANTS = 4  # beside a door: one in so many has something


@dataclass(frozen=True)
class DoorLook:
    """How one door looks: numbers of its shape, panels, tone of paint, what is behind it, and what stands beside it."""

    shape: int
    panel: int
    tone: int
    motif: int
    beside: int


@lru_cache(maxsize=256)
def looks(slug: str, count: int) -> tuple[DoorLook, ...]:
    """Give the looks of all doors of a calendar: neighbours differ, and no motif comes twice before all came once."""
    dice = Dice(f"doors/{slug}")
    order = _shuffled(dice, len(MOTIFS))
    made: list[DoorLook] = []
    for number in range(count):
        tone, shape = dice.whole(0, _TONES - 1), dice.whole(0, _SHAPES - 1)
        if made and made[-1].tone == tone:
            tone = (tone + 1) % _TONES
        if made and made[-1].shape == shape:
            shape = (shape + 2) % _SHAPES
        beside = dice.whole(1, 2) if dice.whole(1, _PLANTS) == 1 else 0
        made.append(DoorLook(shape, dice.whole(0, _PANELS - 1), tone, order[number % len(order)], beside))
    return tuple(made)


def columns(count: int) -> tuple[int, int, int]:
    """Give how many doors stand side by side on a phone, a tablet and a desk: with the fewest gaps in the last row."""
    return (
        _across(count, (4,) if count > 6 else (3, 2)),
        _across(count, (6, 5, 4)),
        _across(count, (8, 7, 6, 5)),
    )


def _across(count: int, choices: tuple[int, ...]) -> int:
    if count <= max(choices):
        return max(1, count)
    return min(choices, key=lambda many: (-count % many, -many))


def sprite(used: Iterable[DoorLook], opened: Iterable[DoorLook]) -> str:
    """Draw the symbols that these doors use; things behind doors only for those that are `opened`."""
    doors = list(used)
    parts = [_GLOW]
    parts += [_shape(number) for number in sorted({door.shape for door in doors})]
    parts += [f'<g id="p{number}" class="line">{_PANEL_ART[number]}</g>' for number in sorted({d.panel for d in doors})]
    parts += [f'<g id="b{number}">{_BESIDE[number]}</g>' for number in sorted({d.beside for d in doors} - {0})]
    parts += [f'<g id="m{number}">{MOTIFS[number]}</g>' for number in sorted({door.motif for door in opened})]
    return "".join(parts)


# Doors ---------------------------------------------------------------------------------------------------------------

_GLOW = (
    '<radialGradient id="glow" cx=".5" cy=".45" r=".62"><stop class="near" offset=".1"/><stop class="far" offset="1"/>'
    "</radialGradient>"
)


def _shape(number: int) -> str:
    """Draw a kind of arch three times: the frame f, the opening h, and the leaf s that closes it."""
    return (
        f'<path id="f{number}" class="frame" d="{_arch(number, 9, 3, 82, 119)}"/>'
        f'<path id="h{number}" fill="url(#glow)" d="{_arch(number, 15, 9, 70, 113)}"/>'
        f'<path id="s{number}" class="paint" d="{_arch(number, 15, 9, 70, 113)}"/>'
    )


def _arch(number: int, x: float, y: float, w: float, h: float) -> str:
    foot, half = y + h, w / 2
    match number:
        case 0:  # round
            top = f"V{y + half:g}a{half:g} {half:g} 0 0 1 {w:g} 0"
        case 1:  # pointed
            top = f"V{y + w * 0.6:g}Q{x + w * 0.04:g} {y + w * 0.2:g} {x + half:g} {y:g}"
            top += f"Q{x + w * 0.96:g} {y + w * 0.2:g} {x + w:g} {y + w * 0.6:g}"
        case 2:  # a low arch
            top = f"V{y + w * 0.2:g}Q{x + half:g} {y - w * 0.12:g} {x + w:g} {y + w * 0.2:g}"
        case 3:  # straight
            top = f"V{y + 5:g}q0-5 5-5h{w - 10:g}q5 0 5 5"
        case _:  # a keel
            top = f"V{y + w * 0.5:g}C{x:g} {y + w * 0.22:g} {x + w * 0.4:g} {y + w * 0.24:g} {x + half:g} {y:g}"
            top += f"C{x + w * 0.6:g} {y + w * 0.24:g} {x + w:g} {y + w * 0.22:g} {x + w:g} {y + w * 0.5:g}"
    return f"M{x:g} {foot:g}{top}V{foot:g}z"


# Panels stand below the number, which has the upper half of each leaf.
_KNOB = '<circle class="knob" cx="77" cy="82" r="3.4"/>'
_PANEL_ART = (
    '<path d="M24 76h21v14H24zM55 76h17v14H55zM24 97h21v18H24zM55 97h21v18H55z"/>' + _KNOB,
    '<path d="M29 122V64M43 122V14M57 122V14M71 122V74M15 74h8M15 108h8"/>' + _KNOB,
    '<path d="M24 92h52v23H24z"/><path d="M24 80h44"/><path d="M33 98.500h34v10H33z"/>' + _KNOB,
    '<path d="M50 122V12"/><path d="M23 78h19v36H23zM58 90h19v24H58z"/><circle class="knob" cx="45.500" cy="84" '
    'r="2.600"/>'
    '<circle class="knob" cx="54.500" cy="84" r="2.600"/>',
    '<path d="M24 115V86q26-19 52 0v29z"/><path d="M50 77v38"/>' + _KNOB,
    '<path d="M50 76l25 19-25 20-25-20z"/><path d="M50 86l12 9-12 10-12-10z"/>' + _KNOB,
    '<circle cx="50" cy="94" r="19"/><circle cx="50" cy="94" r="12"/><circle class="knob" cx="50" cy="94" r="3.400"/>',
)

# What stands beside a door: a small tree in a pot, a lamp.
_BESIDE = (
    "",
    '<path class="leafy" d="M5 92c-7 0-9-8-5-12-4-5 0-12 5-12s9 7 5 12c4 4 2 12-5 12z"/>'
    '<path class="pot" d="M4 92h2v12h5l-2 18H1l-2-18h5z"/>',
    '<path class="pot" d="M92 34h4v5h-4z"/><path class="light" d="M92 42h9l-1.500 11h-6z"/>'
    '<path class="pot" d="M91 42l5.500-6 5.500 6zM92.500 53h8v2.500h-8z"/>',
)


# Behind the doors ----------------------------------------------------------------------------------------------------


def _ring(count: int, at: str, x: float = 50, y: float = 56) -> str:
    return "".join(f'<g transform="rotate({360 * n / count:g} {x:g} {y:g})">{at}</g>' for n in range(count))


def _star(points: int, long: float, short: float, x: float = 50, y: float = 56) -> str:
    corners = []
    for number in range(points * 2):
        reach = short if number % 2 else long
        turn = pi * number / points
        corners.append(f"{x + reach * sin(turn):.1f} {y - reach * cos(turn):.1f}")
    return "M" + "L".join(corners) + "z"


MOTIFS = (
    # a star
    f'<path d="{_star(8, 25, 10)}"/><circle class="spot" cx="50" cy="56" r="5"/>',
    # the moon
    f'<path d="M58 32a25 25 0 1 0 13 38 20 20 0 1 1-13-38z"/><path d="{_star(4, 6, 2, 68, 46)}"/>',
    # a candle
    '<path d="M42 58h16v28H42zM34 86h32v5H34z"/><path d="M50 30c9 11 9 20 0 22-9-2-9-11 0-22z"/>'
    '<path class="spot" d="M50 39c4 6 4 9 0 10-4-1-4-4 0-10z"/>',
    # a cup
    '<path d="M30 56h32v16a14 14 0 0 1-14 14h-4a14 14 0 0 1-14-14zM62 60h5a8 8 0 0 1 0 16h-6v-4h6a4 4 0 0 0 0-8h-5z"/>'
    '<path class="thin" d="M40 50c-4-5 4-8 0-14M51 50c-4-5 4-8 0-14"/>',
    # a bird
    '<path d="M24 58c10-2 14-12 25-12 4 0 6 1 8 3 2-8 12-10 16-4l6 3-6 3c0 18-12 29-27 29 5-3 8-6 9-10-10 '
    '2-19-2-22-9z"/>'
    '<circle class="spot" cx="67" cy="46" r="1.900"/><path class="thin" d="M47 80v10M54 79v11"/>',
    # a leaf
    '<path d="M30 80c-6-26 12-44 42-46 2 30-14 50-38 44l-6 10-4-2z"/>'
    '<path class="vein" d="M33 80L63 44M42 69l16 0M50 59V46"/>',
    # a heart
    '<path d="M50 84C22 64 26 40 39 40c6 0 9 4 11 8 2-4 5-8 11-8 13 0 17 24-11 44z"/>'
    '<path class="vein" d="M36 52c0-4 2-6 5-6"/>',
    # a key
    '<path d="M46 52h8v37h-8zM52 71h11v6H52zM52 81h9v6h-9z"/><path class="ring" d="M50 32a11 11 0 1 0 .1 0z"/>',
    # a book
    '<path d="M48 48c-7-6-16-7-24-5v34c8-2 17-1 24 5zM52 48c7-6 16-7 24-5v34c-8-2-17-1-24 5z"/>'
    '<path class="vein" d="M30 52c5-1 9 0 13 3M30 61c5-1 9 0 13 3M70 52c-5-1-9 0-13 3M70 61c-5-1-9 0-13 3"/>',
    # a boat
    '<path d="M24 74h52c-3 10-8 14-14 14H38c-6 0-11-4-14-14zM48 30v39H27c3-16 10-29 21-39zM52 38c9 7 14 17 17 '
    '31H52z"/>',
    # trees
    '<path d="M42 30l16 22h-7l12 16h-8l11 14H46v9h-8v-9H18l11-14h-8l12-16h-7z"/>'
    '<path d="M70 54l9 14h-4l7 12H73v11h-6V80h-5"/>',
    # a bell
    '<path d="M50 32c3 0 5 2 5 5 12 3 13 14 13 24 0 8 3 12 7 15v4H25v-4c4-3 7-7 7-15 0-10 1-21 13-24 0-3 2-5 5-5z"/>'
    '<circle cx="50" cy="86" r="5.500"/><path class="vein" d="M39 62c0-9 2-14 7-16"/>',
    # a flower
    _ring(8, '<ellipse cx="50" cy="40" rx="6.500" ry="11"/>', y=56) + '<circle class="spot" cx="50" cy="56" r="7"/>',
    # hills and the sun
    '<circle class="spot thick" cx="60" cy="47" r="11"/><path d="M22 86l20-34 12 19 8-10 16 25z"/>'
    '<path class="spot" d="M42 52l-6.500 11 5-2 3 4 4-3 2.500 3z"/>',
    # a note
    '<path d="M42 36l30-7v42a9 8 0 1 1-5-7V43l-20 5v32a9 8 0 1 1-5-7z"/>',
    # a butterfly
    '<path d="M48 56C40 36 24 34 24 46c0 9 8 13 16 13-10 0-14 6-12 13 3 9 15 9 20-9zM52 56c8-20 24-22 24-10 0 '
    "9-8 13-16 13 10 0 "
    '14 6 12 13-3 9-15 9-20-9z"/><path class="thin" d="M50 50v27M49 48c-2-6-5-9-9-11M51 48c2-6 5-9 9-11"/>',
    # mushrooms
    '<path d="M24 62c0-17 11-28 25-28s25 11 25 28c-12 4-38 4-50 0zM43 68h13l3 20H40z"/>'
    '<g class="spot"><circle cx="40" cy="50" r="4"/><circle cx="55" cy="44" r="3.200"/><circle cx="60" cy="56" '
    'r="3.600"/></g>',
    # a balloon
    '<path d="M50 28c14 0 23 10 23 22 0 11-9 19-18 26H45c-9-7-18-15-18-26 0-12 9-22 23-22zM44 81h12v9H44z"/>'
    '<path class="vein" d="M50 28c-9 9-9 36-4 48M50 28c9 9 9 36 4 48"/>',
    # an apple
    '<path d="M50 46c6-5 24-5 24 14 0 15-11 27-18 27-3 0-4-2-6-2s-3 2-6 2c-7 0-18-12-18-27 0-19 18-19 24-14z"/>'
    '<path d="M52 42c0-8 6-13 14-13 0 8-6 13-14 13z"/><path class="vein" d="M35 62c0-6 3-9 7-9"/>',
    # two who shake hands, seen as two cups that meet: friends
    '<circle cx="38" cy="44" r="9"/><circle cx="62" cy="44" r="9"/><path d="M24 88c0-20 5-31 14-31 6 0 9 4 12 '
    "10 3-6 6-10 12-10 9 0 14 "
    '11 14 31z"/><path class="vein" d="M50 70v18"/>',
)


# The house around them -----------------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def stars(slug: str) -> tuple[str, str]:
    """Scatter stars over a sky of 800 × 300: paths of the small and of the bright ones, drawn with round ends."""
    dice = Dice(f"stars/{slug}")
    made: list[list[str]] = [[], []]
    for number in range(40):
        x, y = dice.between(8, 792), dice.between(6, 250)
        made[number % 5 == 0].append(f"M{x:.0f} {y:.0f}h0")
    return "".join(made[0]), "".join(made[1])


@lru_cache(maxsize=64)
def roof(slug: str) -> tuple[str, str, str]:
    """Draw the roofs above the doors, 800 × 120: what is behind, what is in front, and the small windows in it."""
    dice = Dice(f"roof/{slug}")
    gables, windows, behind = [], [], []
    x = 0.0
    widths = _parts(dice, 800, dice.whole(3, 4))
    for number, wide in enumerate(widths):
        tall = dice.between(58, 100)
        middle = x + wide / 2
        if dice.whole(0, 2) or number == 0:
            gables.append(f"M{x - 9:.0f} 120L{middle:.0f} {120 - tall:.0f}L{x + wide + 9:.0f} 120z")
            windows.append(_window(middle, 120 - tall * 0.36))
        else:
            slope = wide * 0.16
            top = 120 - tall * 0.66
            gables.append(f"M{x - 6:.0f} 120L{x + slope:.0f} {top:.0f}H{x + wide - slope:.0f}L{x + wide + 6:.0f} 120z")
            windows += [_window(x + wide * share, top + (120 - top) * 0.56) for share in (0.32, 0.5, 0.68)]
        chimney = x + wide * dice.between(0.16, 0.3) if dice.whole(0, 1) else x + wide * dice.between(0.68, 0.82)
        behind.append(f"M{chimney:.0f} 120V{120 - tall * 0.78:.0f}h18V120z")
        x += wide
    return "".join(behind), "".join(gables), "".join(windows)


def _window(x: float, y: float) -> str:
    return f"M{x - 8:.0f} {y + 11:.0f}v-13q0-9 8-9t8 9v13z"


def _parts(dice: Dice, whole: float, count: int) -> list[float]:
    shares = [dice.between(0.7, 1.3) for _ in range(count)]
    return [whole * share / sum(shares) for share in shares]


def _shuffled(dice: Dice, count: int) -> list[int]:
    order = list(range(count))
    for last in range(count - 1, 0, -1):
        other = dice.whole(0, last)
        order[last], order[other] = order[other], order[last]
    return order
