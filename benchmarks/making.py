"""What is measured: gatherings as real ones are, in our database and, the same, in the bare app's."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import event as events
from sqlalchemy import select
from sqlalchemy.orm import Session

from benchmarks import bare
from benchmarks.pages import write_templates
from benchmarks.screens import make_stage
from gatherings.accounts.models import Person
from gatherings.core.clock import utc_now
from gatherings.core.tokens import Signer
from gatherings.db.places import Places
from gatherings.db.session import db
from gatherings.events.models import Event, Resource, Series, Speaker
from gatherings.registration.models import Registration
from tests.databases import SECRET, make_app
from tests.factories import make_community, make_event, make_registration, make_series
from tests.many import fill_event
from tests.signing import COOKIE, make_role, make_sign_in

SLUG, TITLE = "what-matters-to-you", "What matters to you, and to whom you care for"
ABOUT = "\n\n".join(
    [
        "We meet for an hour and **talk about kindness** in health care: what it does, and what gets in its way.",
        "- somebody tells a story from their own place\n- we talk in small circles\n- everybody takes one thing home",
        "You need no preparation. [The notes of the last hour](https://example.org/notes) show what it is like.",
    ]
    * 3
)
CALENDARS = (f"/events/{SLUG}/event.ics", "/communities/fifty/calendar.ics", "/communities/wide/calendar.ics")
MANY = 1_000_000
DESK = "/organise/events/ten-thousand/registrations"  # an organiser's list
PEOPLE = 10_000


@dataclass
class Made:
    """The addresses that are asked for, and what the bare app needs."""

    feed: str = ""
    signed_in: str = ""  # the cookie of an organiser
    etag: str = ""
    pages: dict[str, str] = field(default_factory=dict)
    queries: dict[str, float] = field(default_factory=dict)


def fill(app: Flask) -> tuple[str, str]:
    """Fill our database; give the token of a personal feed, and an organiser's cookie."""
    now = utc_now()
    with app.app_context(), Session(db.engine, expire_on_commit=False) as session:
        session.connection(execution_options={"writing": True})
        fifty = make_community(session, slug="fifty", name="Conversations for Kindness")
        wide = make_community(session, slug="wide", name="Resonance Circles")
        start = now.replace(tzinfo=None, hour=18, minute=0, second=0, microsecond=0) + timedelta(days=3)
        kinds: dict[str, Any] = {"capacity_online": MANY, "now": now}
        page = make_event(session, fifty, slug=SLUG, title=TITLE, about=ABOUT, starts_local=start, **kinds)
        _furnish(session, page)
        for day in range(1, 50):
            at = start + timedelta(days=day)
            make_event(session, fifty, title=f"What matters to you: hour {day}", starts_local=at, **kinds)
        for day in range(200):
            at = start + timedelta(days=60 + day)
            make_event(session, wide, title=f"Circle {day}", starts_local=at, **kinds)
        make_series(
            session, wide, slug="monthly", starts_local=_third_thursday(start + timedelta(days=300)), ahead=12, now=now
        )
        for one in session.scalars(select(Event).order_by(Event.id).limit(3)).all():
            make_registration(session, one, address="somebody@example.org", now=now)
        person = session.scalars(select(Person)).one()
        feed = Signer((SECRET,)).sign("feed", person.public_id, person.feed_version)
        desk = make_community(session, slug="desk", name="The desk")
        big = make_event(
            session, desk, slug="ten-thousand", listing="link", starts_local=start + timedelta(days=400), **kinds
        )
        fill_event(session, big, PEOPLE, now=now)
        make_stage(session, desk, now=now)
        cookie = f"{COOKIE}={make_sign_in(app, session, make_role(session, desk, 'organiser'))}"
        session.commit()
        return feed, cookie


def _furnish(session: Session, page: Event) -> None:
    for number in range(3):
        about = "Works on a ward and writes about it. " * 3
        session.add(
            Speaker(
                event_id=page.id, position=number, name=f"Ada Example {number}", role="Nurse", group="The Old Hospital",
                country="NZ", talk="What a kind word costs", about=about,
            )
        )  # fmt: skip
        url = f"https://example.org/{number}"
        session.add(Resource(event_id=page.id, position=number, title=f"Notes {number}", url=url, note="4 pages"))


def _third_thursday(after: datetime) -> datetime:
    first = (after.replace(day=1) + timedelta(days=32)).replace(day=1)
    return first + timedelta(days=(3 - first.weekday()) % 7 + 14)


def look_at(app: Flask, token: str, cookie: str) -> Made:
    """Ask our own app for each page once and count its queries the second time (without BEGIN and PRAGMA)."""
    made = Made(feed=token, signed_in=cookie)
    client = app.test_client()
    client.set_cookie("zone", "Pacific/Auckland", domain="localhost")
    with app.app_context():
        engine = db.engine
    count = _Counter(engine)
    paths = {
        "listing": "/",
        "series": "/series/monthly",
        "event": f"/events/{SLUG}",
        "done": f"/events/{SLUG}/registered",
    }
    paths |= {"ics": CALENDARS[0], "feed 50": CALENDARS[1], "feed 200": CALENDARS[2], "304": f"/calendar/{token}.ics"}
    for name, path in paths.items():
        headers = {"Host": app.config["GATHERINGS"].host}
        first = client.get(path, headers=headers)
        if first.status_code != 200:
            raise RuntimeError(f"{path} answers {first.status_code}")
        if name == "304":
            headers["If-None-Match"] = made.etag = first.headers["ETag"]
        else:
            made.pages[name] = first.get_data(as_text=True)
        count.queries = 0
        client.get(path, headers=headers)
        made.queries[name] = count.queries
    signed_in = app.test_client(use_cookies=False)
    for name, path in (("desk", DESK), ("desk, last", f"{DESK}?at=last")):
        headers = {"Host": app.config["GATHERINGS"].host, "Cookie": cookie}
        made.pages[name] = signed_in.get(path, headers=headers).get_data(as_text=True)
        count.queries = 0
        if signed_in.get(path, headers=headers).status_code != 200:
            raise RuntimeError(f"{path} is not shown")
        made.queries[name] = count.queries
    for state in ("all", "cancelled"):
        headers = {"Host": app.config["GATHERINGS"].host, "Cookie": cookie}
        count.queries = 0
        answer = signed_in.get(f"{DESK}/export.csv?state={state}", headers=headers)
        if answer.status_code != 200 or not answer.get_data():
            raise RuntimeError("the list is not given away")
        made.queries[f"csv {state}"] = count.queries
    for who in ("first", "second"):
        count.queries = 0
        form = {"name": "Ada", "email": f"{who}@example.org", "zone": "Pacific/Auckland"}
        headers = {"Host": app.config["GATHERINGS"].host, "Sec-Fetch-Site": "same-origin"}
        answer = client.post(f"/events/{SLUG}/register", data=form, headers=headers)
        client.get(answer.headers["Location"], headers=headers)
        made.queries["registration"] = count.queries
    return made


class _Counter:
    def __init__(self, engine: Any) -> None:
        self.queries = 0
        events.listen(engine, "before_cursor_execute", self._count)

    def _count(self, connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            self.queries += 1


def make_ours(folder: Path, url: str) -> Made:
    """Fill our database at `url` and look at every page."""
    app = make_app(folder / "instance", url, BASE_URL="http://localhost", REGISTRATIONS_PER_NETWORK=str(MANY))
    token, cookie = fill(app)
    made = look_at(app, token, cookie)
    with app.app_context():
        db.engine.dispose()
    return made


def make_bare(folder: Path, ours: str, url: str, made: Made) -> None:
    """Fill the bare app's database with what stands in ours, and write its templates."""
    app = make_app(folder / "instance", ours)
    with app.app_context(), Session(db.engine) as session:
        rows = session.execute(
            select(Event, Places.capacity, Series.slug)
            .join(Places, Places.id == Event.online_id)
            .outerjoin(Series, Series.id == Event.series_id)
            .order_by(Event.id)
        ).all()
        gatherings = [
            {
                "slug": one.slug,
                "community": "fifty" if one.title.startswith("What") else "wide",
                "series": series,
                "title": one.title,
                "summary": one.summary,
                "starts_at": one.starts_at.replace(tzinfo=None),
                "zone": one.zone,
                "capacity": capacity,
            }
            for one, capacity, series in rows
        ]
        desk = [event.slug for event, _capacity, _series in rows].index("ten-thousand") + 1
        people = [
            {"gathering_id": desk, "name": row.name, "zone": row.zone, "state": row.state, "key": key,
             "created_at": row.created_at.replace(tzinfo=None), "public_id": row.public_id}
            for row, key in session.execute(
                select(Registration, Person.key)
                .join(Person, Person.id == Registration.person_id)
                .join(Event, Event.id == Registration.event_id)
                .where(Event.slug == "ten-thousand")
                .order_by(Registration.id)
            )
        ]  # fmt: skip
        db.engine.dispose()
    calendars = {
        path: made.pages[name].encode() for path, name in zip(CALENDARS, ("ics", "feed 50", "feed 200"), strict=True)
    }
    bare.prepare(url, gatherings, calendars, made.feed, people)
    write_templates(folder / "bare", made.pages, title=TITLE, slug=SLUG)
