"""Make docs/pictures: pages of the demo on a phone beside the same page on a desk, seen from Auckland.

python -m tests.browser.picture [event listing series community dark organise-registrations …]
"""

import sys
import tempfile
from base64 import b64encode
from datetime import timedelta
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import select

from gatherings.cli.demo_slots import fill_slots
from gatherings.cli.demo_tickets import fill_tickets
from gatherings.communities.models import Community
from gatherings.core import zones
from gatherings.core.clock import utc_now
from gatherings.core.tokens import Signer
from gatherings.events.models import Event, Series
from gatherings.live.models import Run
from gatherings.tickets.models import Order
from tests.browser.kit import Visitor, visitor
from tests.databases import SqliteTemplate
from tests.drills.houses import House, open_house
from tests.factories import make_event, make_registration
from tests.parts import need
from tests.servers import ROOT
from tests.signing import COOKIE, make_role, make_sign_in
from tests.slotting import make_item, make_order

FOLDER = ROOT / "docs" / "pictures"
ON_AIR = "advent-on-air"
MOST = 250_000  # bytes each
PHONE, DESK, HEIGHT = 360, 1100, 760
SCHEMES: dict[str, Literal["light", "dark"]] = {"dark": "dark"}  # the others are light
SOLD = ["tickets", "order"]
PUBLIC = ["event", "listing", "series", "community", "dark", "present", "running-order", "live", "doors", *SOLD]
ORGANISE = [
    "organise-series", "organise-registrations", "organise-kinder", "organise-day", "organise-submissions",
    "organise-running-order", "organise-live", "organise-orders",
]  # fmt: skip
GROUPS = (
    ("What Matters To You?", "Maureen and Mathieu"), ("The Patient Revolution", "Sheila"),
    ("Conversations for Kindness", "Bob and Nicki"), ("Civility Saves Lives", "Chris"),
    ("Spaces for Listening", "Brigid"), ("Kaleidoscope Health and Care", "Shane and Rowan"),
    ("Gathering of Kindness", "Cath"), ("Microsystem Festival", "Göran"),
)  # fmt: skip
ZONES = (
    "Europe/London Europe/Stockholm America/New_York Australia/Melbourne Pacific/Auckland America/Toronto Asia/Kolkata "
    "Africa/Lagos Europe/Paris America/Los_Angeles Asia/Tokyo America/Sao_Paulo Europe/Dublin Africa/Johannesburg"
).split()
NAMES = "Aroha Bo Chidi Dana Elin Farid Grace Hana Ines Jonas Kōwhai Leif Mei Noor Oskar Priya".split()
FROM = {
    "series": ("#dates", 24),
    "organise-kinder": (".heat thead", 220),
}  # what stands at the top of the picture, with so many pixels above it
FRAME = """<!doctype html><style>
  body {{ margin: 0; padding: 32px; background: #e4dccb; display: inline-flex; gap: 32px; align-items: start; }}
  img {{ display: block; border-radius: 10px; box-shadow: 0 6px 24px rgb(60 45 20 / 25%); }}
</style><img src="data:image/png;base64,{phone}"><img src="data:image/png;base64,{desk}">"""


def main() -> None:
    """Write the pictures; ends with 1 if one became too heavy for a README."""
    wanted = sys.argv[1:] or [*PUBLIC, *ORGANISE]
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        browser = playwright.chromium.launch(executable_path=need("browser"), args=["--no-sandbox", "--disable-gpu"])
        with SqliteTemplate(folder).fresh(folder) as url, open_house(folder, url, workers=1) as house:
            FOLDER.mkdir(parents=True, exist_ok=True)
            paths = _paths(house)
            cookie = _people(house, paths)
            fill_slots(house.app, house.site, by="nicki@example.org", now=utc_now())
            fill_tickets(house.app, house.site, by="nicki@example.org", now=utc_now())
            paths |= {"order": _order(house)}
            _on_air(house)
            sizes = {one: _draw(browser, house, one, paths[one], cookie) for one in wanted}
        browser.close()
    for one, size in sizes.items():
        print(f"docs/pictures/{one}.png: {size} bytes")
    sys.exit(max(sizes.values()) > MOST)


def _paths(house: House) -> dict[str, str]:
    """Load the demo's programme; give the path of each picture's page."""
    done = house.command("load", str(ROOT / "gatherings" / "loading" / "programme.yaml"))
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    coming = (
        select(Event.slug, Series.slug, Community.slug)
        .join(Series, Series.id == Event.series_id)
        .join(Community, Community.id == Event.community_id)
        .where(Event.starts_at > utc_now(), Event.series_rule_id.is_not(None))
        .order_by(Event.starts_at)
        .limit(1)
    )
    ((event, series, community),) = house.ask(coming)
    paths = {"event": f"/events/{event}", "listing": "/", "series": f"/series/{series}"}
    paths |= {"community": f"/communities/{community}", "dark": f"/events/{event}"}
    paths |= {
        "organise-series": f"/organise/series/{series}",
        "organise-kinder": f"/organise/events/{event}/kinder-hour",
    }
    advent, now = "/events/advent-calendar", f"/events/{ON_AIR}/live"
    paths |= {"present": f"{advent}/present", "running-order": f"{advent}/running-order", "doors": f"{advent}/doors"}
    paths |= {"live": now, "organise-live": f"/organise{now}"}
    paths |= {f"organise-{one}": f"/organise{advent}/{one}" for one in ("submissions", "running-order")}
    festival = "/events/microsystem-festival-next"
    paths |= {"tickets": f"{festival}/order", "organise-orders": f"/organise{festival}/orders"}
    hall = "gathering-of-kindness-melbourne"
    return paths | {
        "organise-registrations": f"/organise/events/{event}/registrations",
        "organise-day": f"/organise/events/{hall}/day?q=a",
    }


def _order(house: House) -> str:
    """Give the path of an order of a team, paid by card, with one code."""
    with house.session() as session:
        order = session.scalars(select(Order).where(Order.state == "paid").order_by(Order.total.desc())).first()
        assert order is not None
        signer: Signer = house.app.extensions["gatherings.signer"]
        return f"/orders/{signer.sign('order', order.public_id, order.link_version)}"


def _people(house: House, paths: dict[str, str]) -> str:
    """Register people for the organisers' pictures; give the cookie of who organises."""
    now = utc_now()
    with house.writing() as session:
        festivals = session.scalars(select(Community).where(Community.slug == "microsystem-festival")).one()
        make_role(session, festivals, "owner", "nicki@example.org", "Nicki")
        for slug in (paths["event"].rpartition("/")[2], "gathering-of-kindness-melbourne"):
            event = session.scalars(select(Event).where(Event.slug == slug)).one()
            for number in range(46):
                zone = ZONES[number * 5 % len(ZONES)]
                wish = None if event.mode == "online" else "room" if number % 2 else "online"
                name = f"{NAMES[number % len(NAMES)]} {chr(65 + number % 23)}."
                make_registration(
                    session, event, address=f"person{number}@example.org", name=name, zone=zone, wish=wish,
                    code_agreed=True, now=now - timedelta(hours=11 * number),
                )  # fmt: skip
            community = session.get_one(Community, event.community_id)
            nicki = make_role(session, community, "owner", "nicki@example.org", "Nicki")
        return make_sign_in(house.app, session, nicki)


def _on_air(house: House) -> None:
    """Hold a session just now: the fourth of eight has spoken for a little over a minute."""
    begun = utc_now().replace(microsecond=0) - timedelta(seconds=120 + 3 * 210 + 75)
    with house.writing() as session:
        community = session.scalars(select(Community).where(Community.slug == "conversations-for-kindness")).one()
        event = make_event(
            session, community, slug=ON_AIR, title="An Advent calendar of kindness", listing="link",
            starts_local=zones.to_local(begun, "Europe/London"), now=begun - timedelta(days=9),
        )  # fmt: skip
        order = make_order(session, event, published_at=begun, host_name="Nicki")
        items = [make_item(session, order, 1, kind="opening", seconds=120, title="Welcome")]
        items += [make_item(session, order, n, title=title, speakers=who) for n, (title, who) in enumerate(GROUPS, 2)]
        for number, item in enumerate(items[:5]):
            item.began_at = begun + timedelta(seconds=120 + (number - 1) * 210 if number else 0)
            item.ended_at = item.began_at + timedelta(seconds=item.seconds) if number < 4 else None
        session.add(
            Run(
                order_id=order.id, state="running", item_id=items[4].id, item_since=items[4].began_at, turn=5,
                pressed_by="Nicki", pressed="next", pressed_at=items[4].began_at, began_at=begun,
            )
        )  # fmt: skip


def _draw(browser: Browser, house: House, name: str, path: str, cookie: str) -> int:
    """Write one picture; gives its size in bytes."""
    shots = {}
    for place, width in (("phone", PHONE), ("desk", DESK)):
        seen = _from_auckland(browser, house, width, SCHEMES.get(name, "light"))
        if name in ORGANISE:
            seen.context.add_cookies([{"name": COOKIE, "value": cookie, "url": house.server.url}])
        page = seen.open(path)
        if name not in ORGANISE:
            page.locator("main").get_by_text("Stockholm" if name in SOLD else "Auckland").first.wait_for()
        page.wait_for_function("() => document.fonts.status === 'loaded'")
        if name in FROM:
            what, above = FROM[name]
            page.locator(what).evaluate(
                "(one, above) => { one.parentElement.scrollIntoView(); scrollBy(0, -above); }", above
            )
        shots[place] = b64encode(page.screenshot()).decode()
        seen.context.close()
    page = browser.new_page(viewport={"width": PHONE + DESK + 96, "height": HEIGHT + 64})
    page.set_content(FRAME.format(**shots))
    page.screenshot(path=FOLDER / f"{name}.png")
    page.close()
    return (FOLDER / f"{name}.png").stat().st_size


def _from_auckland(browser: Browser, house: House, width: int, scheme: Literal["light", "dark"]) -> Visitor:
    size = {"width": width, "height": HEIGHT}
    return visitor(browser, house.server.url, timezone_id="Pacific/Auckland", color_scheme=scheme, viewport=size)


if __name__ == "__main__":
    main()
