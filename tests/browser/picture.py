"""Make docs/pictures/event.png: an event page on a phone beside the same page on a desk.

    python -m tests.browser.picture

The page is the demo's next third Thursday, seen from Auckland.
"""

import sys
import tempfile
from base64 import b64encode
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import select

from gatherings.core.clock import utc_now
from gatherings.events.models import Event, Series
from tests.browser.kit import Visitor, visitor
from tests.databases import SqliteTemplate
from tests.drills.houses import House, open_house
from tests.parts import need
from tests.servers import ROOT

PICTURE = ROOT / "docs" / "pictures" / "event.png"
MOST = 250_000  # bytes
PHONE, DESK, HEIGHT = 360, 1100, 760
FRAME = """<!doctype html><style>
  body {{ margin: 0; padding: 32px; background: #e4dccb; display: inline-flex; gap: 32px; align-items: start; }}
  img {{ display: block; border-radius: 10px; box-shadow: 0 6px 24px rgb(60 45 20 / 25%); }}
</style><img src="data:image/png;base64,{phone}"><img src="data:image/png;base64,{desk}">"""


def main() -> None:
    """Write the picture; ends with 1 if it became too heavy for a README."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        browser = playwright.chromium.launch(executable_path=need("browser"), args=["--no-sandbox", "--disable-gpu"])
        with SqliteTemplate(folder).fresh(folder) as url, open_house(folder, url, workers=1) as house:
            PICTURE.parent.mkdir(parents=True, exist_ok=True)
            _draw(browser, house)
        browser.close()
    size = PICTURE.stat().st_size
    print(f"{PICTURE.relative_to(ROOT)}: {size} bytes")
    sys.exit(size > MOST)


def _draw(browser: Browser, house: House) -> None:
    done = house.command("load", str(ROOT / "gatherings" / "loading" / "programme.yaml"))
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    coming = (
        select(Event.slug)
        .join(Series, Series.id == Event.series_id)
        .where(Event.starts_at > utc_now(), Event.series_rule_id.is_not(None))
        .order_by(Event.starts_at)
        .limit(1)
    )
    path = f"/events/{house.ask(coming)[0][0]}"
    shots = {}
    for name, width in (("phone", PHONE), ("desk", DESK)):
        seen = _from_auckland(browser, house, width)
        page = seen.open(path)
        page.locator("#when").get_by_text("Auckland").wait_for()
        shots[name] = b64encode(page.screenshot()).decode()
        seen.context.close()
    page = browser.new_page(viewport={"width": PHONE + DESK + 96, "height": HEIGHT + 64})
    page.set_content(FRAME.format(**shots))
    page.screenshot(path=PICTURE)


def _from_auckland(browser: Browser, house: House, width: int) -> Visitor:
    size = {"width": width, "height": HEIGHT}
    return visitor(browser, house.server.url, timezone_id="Pacific/Auckland", color_scheme="light", viewport=size)


if __name__ == "__main__":
    main()
