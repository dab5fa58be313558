"""How a page is looked at with axe-core: all rules on a phone in the light, and what changes with dark and a desk."""

from typing import Literal

from playwright.sync_api import Page

from tests.browser.kit import faults

# All rules once; what colours and room decide in each look.
COLOURS = ("color-contrast", "link-in-text-block")
ROOM = (*COLOURS, "target-size", "scrollable-region-focusable")
LOOKS: tuple[tuple[Literal["light", "dark"], int, tuple[str, ...]], ...] = (
    ("light", 360, ()), ("dark", 1280, ROOM),
)  # fmt: skip


def faults_in_each_look(page: Page, name: str) -> dict[str, list[str]]:
    """Name what axe-core finds on a page as it stands, by the look in which it finds it."""
    found = {}
    for scheme, width, rules in LOOKS:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 800})
        if problems := faults(page, only=rules):
            found[f"{name}, {scheme}, {width}"] = problems
    return found
