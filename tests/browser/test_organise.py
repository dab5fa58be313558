"""Organisers' screens in a browser: they keep their shape, axe finds nothing, and they are whole without scripts."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from gatherings.communities.models import Member
from gatherings.core.clock import utc_now
from gatherings.core.folding import fold
from gatherings.core.tokens import new_public_id
from gatherings.registration.models import Registration
from gatherings.tickets.models import Order
from tests.browser.kit import Visitor, faults
from tests.browser.looks import LOOKS
from tests.browser.shape import misshapen, open_all
from tests.browser.town import LONG
from tests.databases import SqliteTemplate
from tests.drills.houses import House, open_house
from tests.factories import make_community, make_consent, make_event, make_question, make_registration, make_series
from tests.many_orders import fill_orders
from tests.parts import need
from tests.signing import COOKIE, make_role, make_sign_in
from tests.slotting import make_call, make_order, make_submission
from tests.ticketing import make_code, make_kind, make_sale

pytestmark = pytest.mark.needs("browser")
Visit = Callable[..., Visitor]
Hall = tuple[House, str, list[str]]

NAMES = ("Zoë & Sons <3", "李雷", "محمد", LONG)
ZONES = ("Pacific/Auckland", "Europe/Stockholm", "America/St_Johns", "Asia/Kathmandu")
TEA = [{"key": "tea", "label": LONG}]
SCREENS = {
    "": ("", "/account"),
    "/communities/{community}": (
        "", "/edit", "/members", "/members/import", "/letters", "/letters/new", "/kinder-hour", "/team", "/log",
        "/seller", "/takings", "/events/new", "/series/new",
    ),
    "/series/{series}": ("", "/edit", "/rule", "/questions", "/kinder-hour"),
    "/events/{event}": (
        "", "/edit", "/questions", "/registrations", "/registrations?state=cancelled", "/registrations/{person}",
        "/registrations/new", "/registrations/import", "/registrations/export", "/registrations/print", "/letters",
        "/letters/new", "/kinder-hour", "/day", "/day/scan", "/twin", "/copy", "/cancel", "/picture",
        "/slots", "/call", "/tickets", "/tickets/sale", "/tickets/new", "/tickets/kinds/{kind}", "/tickets/codes",
        "/tickets/codes/new", "/orders", "/orders?state=unpaid&words=x", "/orders/{order}", "/orders/{order}/paid",
        "/orders/{order}/give-back", "/takings", "/reconcile", "/everybody-back",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def hall(sqlite_template: SqliteTemplate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """An installation with a community, its people and an owner; her cookie, and the addresses of all screens."""
    need("browser")
    folder = tmp_path_factory.mktemp("organise")
    with sqlite_template.fresh(folder) as url, open_house(folder, url, workers=1) as house:
        cookie, values = furnish(house)
        paths = [
            "/organise" + base.format(**values) + path.format(**values) for base in SCREENS for path in SCREENS[base]
        ]
        yield house, cookie, paths


def furnish(house: House) -> tuple[str, dict[str, str]]:
    now = utc_now()
    start = now.replace(tzinfo=None, hour=18, minute=0, second=0, microsecond=0) + timedelta(days=30)
    with house.writing() as session:
        community = make_community(session, name=LONG, joining="Everybody is welcome.", slug="kind")
        series = make_series(session, community, now=now, title=LONG)
        event = make_event(
            session, community, title=f"{LONG} in a corridor", mode="hybrid", capacity_room=3, capacity_online=40,
            starts_local=start, now=now, place_name=LONG,
        )  # fmt: skip
        make_question(session, event, "one_of", required=True, label=LONG, options={"choices": TEA})
        make_consent(session, event)
        for number in range(12):
            row = make_registration(
                session, event, address=f"p{number}@{'long' * 10}.example.org", name=NAMES[number % 4],
                zone=ZONES[number % 4], wish="room" if number % 2 else "online", now=now,
            )  # fmt: skip
            session.add(
                Member(
                    public_id=new_public_id(), community_id=community.id, person_id=row.person_id, name=row.name,
                    name_folded=fold(row.name), zone=row.zone, state="active", source="form", created_at=now,
                )
            )  # fmt: skip
        call = make_call(
            session, event, opens_local=start - timedelta(days=40), closes_local=start - timedelta(days=6),
            contact=LONG, intro=LONG,
        )  # fmt: skip
        chosen = [
            make_submission(session, call, f"p{number}@example.org", state="accepted", name=NAMES[number], title=LONG)
            for number in range(4)
        ]
        make_order(session, event, chosen)
        make_sale(session, event, state="draft")
        kind = make_kind(
            session,
            event,
            20,
            name=LONG,
            about=LONG,
            side="room",
            early_amount=500_000,
            early_until_at=now + timedelta(days=9),
        )
        make_kind(session, event, name="Bursary", price="free", by_application=True, position=2)
        make_kind(session, event, name=LONG, hidden=True, position=3)
        make_code(session, event, LONG[:40].upper(), note=LONG, kinds=[kind.public_id])
        fill_orders(session, event, [kind], 60, now=now)
        due = session.scalars(select(Order).where(Order.state == "due").order_by(Order.id)).first()
        owner = make_role(session, community, "owner", name=LONG)
        make_role(session, community, "helper")
        cookie = make_sign_in(house.app, session, owner)
        person = session.scalars(select(Registration.public_id).where(Registration.event_id == event.id)).first()
        assert person is not None
        slugs = {"community": community.slug, "series": series.slug, "event": event.slug, "person": person}
        assert due is not None
        slugs |= {"kind": kind.public_id, "order": due.public_id}
    return cookie, slugs


@pytest.fixture
def owner(hall: Hall, visit: Visit) -> Callable[..., Visitor]:
    """Let the owner come, signed in."""
    house, cookie, _paths = hall

    def come(**options: object) -> Visitor:
        somebody = visit(house, **options)
        somebody.context.add_cookies([{"name": COOKIE, "value": cookie, "url": house.server.url}])
        return somebody

    return come


def test_screens_keep_their_shape_and_axe_finds_nothing(hall: Hall, owner: Callable[..., Visitor]) -> None:
    somebody, found = owner(), dict[str, list[str]]()
    for path in hall[2]:
        page = somebody.open(path)
        assert page.locator("h1").count() == 1, path
        open_all(page)
        for scheme, width, rules in LOOKS:
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 800})
            if problems := [*faults(page, only=rules), *(misshapen(page) if scheme == "light" or width > 400 else [])]:
                found[f"{path}, {scheme}, {width}"] = problems
    assert found == {}, "\n".join(f"{path}: {problems}" for path, problems in found.items())


def test_screens_are_whole_without_scripts_and_with_large_type(hall: Hall, owner: Callable[..., Visitor]) -> None:
    somebody, found = owner(scripts=False), dict[str, list[str]]()
    for path in hall[2]:
        page = somebody.open(path)
        for width in (320, 768):
            page.set_viewport_size({"width": width, "height": 800})
            if problems := misshapen(page):
                found[f"{path}, {width}"] = problems
        assert page.title().strip(), path
    assert found == {}, "\n".join(f"{path}: {problems}" for path, problems in found.items())
