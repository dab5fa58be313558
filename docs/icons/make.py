"""Draw static/touch-icon.png (180 × 180) and static/favicon.ico (32 × 32) from static/icon.svg: for developers.

    python docs/icons/make.py [path of Chromium]

The touch icon has no round corners: phones cut their own. Both are committed; run this again when the icon changes.
"""

import struct
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

STATIC = Path(__file__).resolve().parents[2] / "static"


def draw(svg: str, size: int, chromium: str) -> bytes:
    """Give the picture as a PNG, see-through where nothing is drawn."""
    sized = svg.replace("<svg ", f"<svg width={size} height={size} style=display:block ", 1)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": size, "height": size})
        page.set_content(f"<!doctype html><body style=margin:0>{sized}")
        picture = page.screenshot(omit_background=True)
        browser.close()
    return picture


def as_ico(png: bytes, size: int) -> bytes:
    """Put one PNG into an .ico (a header of 6 bytes, an entry of 16)."""
    return struct.pack("<HHHBBBBHHII", 0, 1, 1, size, size, 0, 0, 1, 32, len(png), 22) + png


def main() -> None:
    """Write both files."""
    chromium = sys.argv[1] if len(sys.argv) > 1 else "/usr/bin/chromium"
    svg = (STATIC / "icon.svg").read_text()
    (STATIC / "touch-icon.png").write_bytes(draw(svg.replace(' rx="7"', ""), 180, chromium))
    (STATIC / "favicon.ico").write_bytes(as_ico(draw(svg, 32, chromium), 32))


if __name__ == "__main__":
    main()
