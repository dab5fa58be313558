"""axe-core finds nothing on any page in any state, light and dark, on a phone and on a desk."""

from collections.abc import Callable
from typing import Literal

import pytest

from tests.browser.kit import Visitor, faults
from tests.browser.town import Town

pytestmark = pytest.mark.needs("browser")
Visit = Callable[..., Visitor]

# All rules once; what colours and room decide in each look.
COLOURS = ("color-contrast", "link-in-text-block")
ROOM = (*COLOURS, "target-size", "scrollable-region-focusable")
LOOKS: tuple[tuple[Literal["light", "dark"], int, tuple[str, ...]], ...] = (
    ("light", 360, ()), ("dark", 360, COLOURS), ("dark", 1280, COLOURS), ("light", 1280, ROOM),
)  # fmt: skip


def test_axe_finds_nothing_on_any_page(town: Town, visit: Visit) -> None:
    somebody = visit(town.house)
    found = {}
    for name, path in town.paths.items():
        page = somebody.open(path)
        for scheme, width, rules in LOOKS:
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 800})
            if problems := faults(page, only=rules):
                found[f"{name}, {scheme}, {width}"] = problems
    assert found == {}
