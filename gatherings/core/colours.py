"""The twelve accents as numbers, for what is drawn outside the stylesheet: covers and preview pictures.

The stylesheet has the same values (static/app.css.d/10-tokens.css); a test compares them.
"""

from typing import Literal

Scheme = Literal["light", "dark"]

PAPER: dict[Scheme, str] = {"light": "#faf6ee", "dark": "#1b1813"}
INK, FADED = "#26211a", "#61574a"  # in the light; pictures have no other scheme
SHEET: dict[Scheme, str] = {"light": "#fffdf8", "dark": "#25211a"}

ACCENTS: dict[str, dict[Scheme, str]] = {
    "plum": {"light": "#6d2f6b", "dark": "#d9a3d6"},
    "moss": {"light": "#4a5a1c", "dark": "#b9c983"},
    "sea": {"light": "#0f5d66", "dark": "#7fc9d0"},
    "clay": {"light": "#94412a", "dark": "#eba48c"},
    "sun": {"light": "#7a5200", "dark": "#f0c04f"},
    "rose": {"light": "#a02c53", "dark": "#f3a0b9"},
    "slate": {"light": "#44546a", "dark": "#b0c0d6"},
    "berry": {"light": "#8a1f4b", "dark": "#ee8fb4"},
    "fern": {"light": "#23603a", "dark": "#8ccba0"},
    "sky": {"light": "#1c5a8d", "dark": "#93c4ee"},
    "ochre": {"light": "#6f4a1f", "dark": "#dcb483"},
    "ink": {"light": "#2b3350", "dark": "#b6bfe6"},
}

# The second ink of a cover, as a booklet is printed in two: warm beside cool, cool beside warm.
SPARKS: dict[str, str] = {
    "plum": "#f0a868", "moss": "#f2c14e", "sea": "#f4a261", "clay": "#8fb8b0", "sun": "#f6e3a1", "rose": "#f7c59f",
    "slate": "#e9b872", "berry": "#f4b860", "fern": "#f3c969", "sky": "#f7b267", "ochre": "#9fc2a8", "ink": "#f2a65a",
}  # fmt: skip


def mix(one: str, other: str, share: float) -> str:
    """Mix two colours (#rrggbb), `share` (0 to 1) of the other one."""
    parts = ((int(one[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in parts)


def tones(accent: str, scheme: Scheme = "light") -> dict[str, str]:
    """Give the six inks of a cover: its ground, three lighter steps, the palest and the second ink.

    The ground stays deep in the dark, and all of it is dimmed, so that a cover is not a lamp at night.
    """
    deep = ACCENTS[accent]["light"]
    inks = {
        "ground": deep,
        "low": mix(deep, SHEET["light"], 0.14),
        "mid": mix(deep, SHEET["light"], 0.34),
        "high": mix(deep, SHEET["light"], 0.62),
        "pale": mix(deep, SHEET["light"], 0.9),
        "spark": SPARKS[accent],
    }
    if scheme == "dark":
        return {name: mix(ink, PAPER["dark"], 0.32 if name == "ground" else 0.16) for name, ink in inks.items()}
    return inks
