"""A page of every kind and in every state, with names as long and as foreign as names are."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

from playwright.sync_api import Page, Route
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gatherings.accounts.actions import make_fresh_link
from gatherings.accounts.models import Person
from gatherings.accounts.rules import normalise_address
from gatherings.communities.models import Community
from gatherings.core import zones
from gatherings.core.clock import utc_now
from gatherings.core.tokens import new_public_id
from gatherings.events.actions import change_event
from gatherings.events.models import Event, Resource, Series, Speaker
from gatherings.mail.models import OutboxMail
from gatherings.own_data.actions import PURPOSE
from gatherings.questions.types import TYPES
from gatherings.registration.actions import cancel, register, register_series
from gatherings.registration.models import Registration, SeriesRegistration
from gatherings.registration.rules import Wanted
from gatherings.web.errors import error_answer
from gatherings.web.rights import signer
from tests.browser.kit import Visitor
from tests.drills.houses import House
from tests.factories import (
    dates_of,
    get_registration,
    make_community,
    make_consent,
    make_event,
    make_question,
    make_series,
)
from tests.servers import ROOT

LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunter"  # one word of 61 letters
NAMES = (LONG, "李雷", "محمد بن عبد الله", "Aroha Ngāta-Wilson")
ABOUT = """\
An hour about **what matters**, with [something to read](https://example.org/read).

## Who comes

- People who care for others
- People who are cared for

> Kindness is not an extra.
"""
CODE = "We listen. We let each other finish. What is said here stays here."
NASTY = "Zoë & Sons <3, 李雷, محمد"
ASKED = [{"question": f"Is there tea at the {LONG}?", "answer": ABOUT}, {"question": NASTY + "?", "answer": "Yes."}]


@dataclass
class Town:
    """An installation and the paths of its pages by the names of their states.

    `drawn` are pages that no address gives in peace (errors): by the path under which `shown` puts them.
    """

    house: House
    paths: dict[str, str]
    drawn: dict[str, str] = field(default_factory=dict)

    def shown(self, somebody: Visitor, *, drawn: bool = True) -> Iterator[tuple[str, Page]]:
        """Open one page after the other; gives the name of its state and the page."""

        def draw(route: Route) -> None:
            route.fulfill(body=self.drawn[urlsplit(route.request.url).path], content_type="text/html; charset=utf-8")

        if drawn:
            somebody.page.route("**/drawn/*", draw)
        for name, path in (self.paths | {path: path for path in self.drawn if drawn}).items():
            yield name, somebody.open(path)


def build_town(house: House) -> Town:
    """Make all of it, through the product's own actions where there are any."""
    with house.writing() as session:
        built = _Builder(house, session, utc_now())
        paths = built.paths()
    done = house.command("load", str(ROOT / "gatherings" / "loading" / "programme.yaml"))
    assert done.returncode == 0, done.stdout + done.stderr
    paths |= {
        "event of the programme": f"/events/{_next_call(house)}",
        "community of the programme": "/communities/conversations-for-kindness",
    }
    house.receiver.wait(lambda: house.mail_waits() == 0, 30)
    ((mail_id,), *_) = house.ask(OutboxMail.__table__.select().with_only_columns(OutboxMail.id).limit(1))
    drawn = {f"/drawn/{status}": _draw(house, status) for status in (403, 422, 429, 500, 503)}
    return Town(house, {**paths, "mailbox": "/mailbox", "mail": f"/mailbox/{mail_id}"}, drawn)


def _next_call(house: House) -> str:
    """Give the slug of the programme's next date that repeats: the page that most people open."""
    ours = select(Event.slug).join(Community, Community.id == Event.community_id)
    coming = (Event.starts_at > utc_now(), Event.series_rule_id.is_not(None))
    asked = ours.where(Community.slug == "conversations-for-kindness", *coming).order_by(Event.starts_at).limit(1)
    return str(house.ask(asked)[0][0])


def _draw(house: House, status: int) -> str:
    form = {"name": NASTY, "email": "ada@example.org", "words": f"{LONG}\n" * 3}
    with house.app.test_request_context("/events/somewhere/register", method="POST", data=form):
        return error_answer(status, retry_after=2700 if status == 429 else None).get_data(as_text=True)


@dataclass
class _Builder:
    house: House
    session: Session
    now: datetime

    def paths(self) -> dict[str, str]:
        session = self.session
        self.plain = make_community(session, slug="plain", tagline="An hour a month.", about=ABOUT)
        self.kind = make_community(
            session,
            slug="kind",
            name=f"The circle of {LONG}",
            accent="sun",
            tagline="We meet, and we listen.",
            about=ABOUT,
            code_of_kindness=CODE,
            website="https://example.org/",
        )
        make_consent(session, self.kind)
        events = self._events()
        series = make_series(session, self.plain, now=self.now, about=ABOUT, slug="every-thursday")
        date = dates_of(session, series, now=self.now)[0]
        events["date of a series"] = date
        return {
            "listing": "/",
            "listing on a clock": "/?zone=Pacific/Auckland",
            "listing of what was": "/?past=1",
            "listing, narrowed": f"/?q={quote(NASTY)}&community=kind&mode=hybrid&hours=decent&zone=Asia/Kathmandu",
            "listing with nothing": "/?q=nothing-of-the-kind",
            "community": "/communities/plain",
            "community with a code": "/communities/kind",
            "series": "/series/every-thursday",
            "series on a clock": "/series/every-thursday?zone=Pacific/Auckland",
            "series of years": self._years(),
            **{f"event, {name}": f"/events/{event.slug}" for name, event in events.items()},
            "form alone": f"/events/{events['open'].slug}/register",
            "done": f"/events/{events['open'].slug}/registered",
            "done, waiting": f"/events/{events['full'].slug}/registered?full=1",
            **self._own(events, date),
            "find": "/find-my-registration",
            "find, sent": "/find-my-registration?sent=1",
            "my data, asked for": "/my-data",
            "my data, sent": "/my-data?sent=1",
            "my data, erased": "/my-data/erased",
            "zones": "/zones",
            "zones, searched": "/zones?q=new",
            "privacy": "/privacy",
            "not found": "/events/there-is-none",
            "forgotten": "/registrations/forgotten",
            "moved": "/registrations/moved",
        }

    def event(self, days: float = 30, **values: Any) -> Event:
        start = zones.to_local(self.now + timedelta(days=days), values.get("zone", "Europe/London"))
        values.setdefault("community", self.plain)
        return make_event(
            self.session, starts_local=start.replace(second=0, microsecond=0), now=self.now, about=ABOUT, **values
        )

    def _events(self) -> dict[str, Event]:
        session = self.session
        umbrella = self.event(40, title="A week of kindness", mode="online", minutes=6 * 24 * 60)
        for zone, title in (("Australia/Melbourne", "Songs from a ward"), ("America/Toronto", f"{LONG} tea")):
            self.event(41, zone=zone, title=title, umbrella_id=umbrella.id, mode="in person")
        asking = self.event(community=self.kind, title="What we ask", mode="hybrid", capacity_room=8)
        for number, kind in enumerate(TYPES):
            offered = [{"key": "a", "label": "Apple"}, {"key": "b", "label": f"{LONG} plum"}]
            options = {"choices": offered} if kind in ("one_of", "many_of") else {}
            help = "A line that helps." if number % 2 else ""
            make_question(session, asking, kind, label=f"What about {kind}?", options=options, required=True, help=help)
        make_consent(session, asking, text=f"I may be in photographs by {LONG}.")
        events = {
            "open": self.event(title=f"{LONG} and what matters to you, in Christchurch", summary="An hour, with tea."),
            "full": self.event(title="A circle of eight", capacity_online=1),
            "cancelled": self.event(title="Called off", capacity_online=5),
            "over": self.event(-9, title="Last month", recording_url="https://example.org/recording"),
            "not yet": self.event(title="Later", registration_opens_at=self.now + timedelta(days=9)),
            "umbrella": umbrella,
            "hybrid": self.event(title="Two doors", mode="hybrid", capacity_room=1, place_address=f"1 {LONG} Lane"),
            "two days": self.event(20, title="Two days", mode="in person", minutes=2 * 24 * 60),
            "asking": asking,
            "soon": self.event(5 / 24 / 60, title="In five minutes"),
            "now": self.event(-5 / 24 / 60, title="Begun five minutes ago"),
            **{f"nasty, {day}": self._nasty(day) for day in (50, -50)},
        }
        for number, name in enumerate(NAMES):
            speaker = {"name": name, "role": "Nurse", "group": "The Old Hospital", "country": "NZ", "talk": "Songs"}
            session.add(Speaker(event_id=events["open"].id, position=number, about="Sings." * number, **speaker))
        for number, title in enumerate(("A paper", LONG)):
            session.add(Resource(event_id=events["open"].id, position=number, title=title, url="https://example.org/"))
        session.flush()
        return events

    def _nasty(self, day: int) -> Event:
        place = {"place_name": f"{LONG} {NASTY}", "place_address": f"{LONG} 1\n{NASTY}"}
        place |= {"place_map": "https://example.org/", "zone": "America/North_Dakota/New_Salem", "mode": "in person"}
        event = self.event(
            day, community=self.kind, title=f"{NASTY} and {LONG}", theme=f"{LONG} {NASTY}", summary=f"{NASTY} {LONG}",
            access_notes=ABOUT + LONG, asked_often=ASKED, **place,
            recording_url="https://example.org/recording" if day < 0 else None,
        )  # fmt: skip
        speaker = {"name": f"{NASTY} {LONG}", "role": LONG, "group": LONG, "country": "GS", "talk": f"{LONG} {NASTY}"}
        self.session.add(Speaker(event_id=event.id, position=1, about=ABOUT + LONG, **speaker))
        resource = {"title": f"{NASTY} {LONG}", "url": f"https://example.org/{LONG}", "note": LONG}
        self.session.add(Resource(event_id=event.id, position=1, **resource))
        return event

    def _years(self) -> str:
        """Make a series of editions by year, without a rule, and give its path."""
        moments = {"created_at": self.now, "changed_at": self.now}
        years = Series(
            public_id=new_public_id(), slug="years", title=f"{NASTY} {LONG}", community_id=self.kind.id, **moments
        )
        self.session.add(years)
        self.session.flush()
        for number, theme in enumerate((LONG, NASTY, "Small steps", None, "Listening first")):
            year = self.now.year - 2 * number
            self.event(
                -400 * number - 9, community=self.kind, series_id=years.id, edition_year=year, theme=theme,
                approximate=number > 2, title=f"{NASTY} {year}", mode="in person", place_name=LONG,
            )  # fmt: skip
        return f"/series/{years.slug}"

    def _own(self, events: dict[str, Event], date: Event) -> dict[str, str]:
        session, now, site = self.session, self.now, self.house.site
        first = self._register(events["open"], "ada@example.org", NAMES[0])
        self._register(events["full"], "first@example.org", NAMES[1])
        waiting = self._register(events["full"], "second@example.org", NAMES[2])
        left = self._register(events["open"], "gone@example.org", NAMES[3])
        cancel(session, left, site, now=now)
        told = self._register(events["cancelled"], "told@example.org", NAMES[3])
        change_event(session, events["cancelled"], {"status": "cancelled"}, now=now, delay=0)
        inside = self._register(events["hybrid"], "room@example.org", NAMES[3], wish="room")
        both = self._register(events["hybrid"], "both@example.org", NAMES[3], wish="room")
        near = self._register(events["soon"], "near@example.org", NAMES[3])
        late = self._register(events["full"], "late@example.org", NAMES[3])
        ended = self.event(3, title="Just over")
        over = self._register(ended, "over@example.org", NAMES[3])
        past = now - timedelta(days=1)
        moved = {"starts_at": past - timedelta(hours=1), "ends_at": past}
        session.execute(update(Event).where(Event.id == ended.id).values(**moved))
        register_series(session, date.id, self._wanted("every@example.org", NAMES[0]), site, now=now)
        session.flush()
        every = session.query(SeriesRegistration).one()
        person = session.get_one(Person, first.person_id)
        own = make_fresh_link(session, person, PURPOSE, now=now)
        sign = self._sign
        return {
            "manage": sign("registrations", "manage", first),
            "manage, after a press": sign("registrations", "manage", first) + "?done=kept",
            "manage, waiting": sign("registrations", "manage", waiting),
            "manage, cancelled": sign("registrations", "manage", left),
            "manage, called off": sign("registrations", "manage", told),
            "manage, both doors": sign("registrations", "manage", both),
            "manage, in the room": sign("registrations", "manage", inside),
            "a code for the door": sign("c", "check-in", inside),
            "manage, soon": sign("registrations", "manage", near),
            "manage, over": sign("registrations", "manage", over),
            "manage, every month": sign("registrations", "manage-series", every),
            "cancel": sign("registrations", "manage", late) + "/cancel",
            "not me": sign("registrations", "manage", late) + "/not-me",
            "join, early": sign("join", "join", first),
            "join, open": sign("join", "join", near),
            "join, over": sign("join", "join", over),
            "join, every month": sign("join", "join-series", every),
            "my data": f"/my-data/{own}",
            "my data, erase": f"/my-data/{own}/erase",
        }

    def _wanted(self, address: str, name: str, **wanted: Any) -> Wanted:
        wanted = {"wish": None, "code_agreed": True, **wanted}
        return Wanted(normalise_address(address), name, "Pacific/Auckland", **wanted)

    def _register(self, event: Event, address: str, name: str, **wanted: Any) -> Registration:
        wish = self._wanted(address, name, **wanted)
        outcome = register(self.session, event.id, wish, self.house.site, now=self.now)
        assert outcome.public_id is not None
        return get_registration(self.session, outcome.public_id)

    def _sign(self, under: str, purpose: str, row: Registration | SeriesRegistration) -> str:
        with self.house.app.app_context():
            return f"/{under}/{signer().sign(purpose, row.public_id, row.link_version)}"
