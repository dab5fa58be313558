"""On the day: how many came, where the meeting is, who may come in; for whoever stands at the door."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from flask import Response, make_response, request

from gatherings.core.clock import utc_now
from gatherings.core.errors import Conflict
from gatherings.core.words import say
from gatherings.core.zones import to_local
from gatherings.db import current_session, transact
from gatherings.events.models import Event
from gatherings.organise.access import may, organiser
from gatherings.organise.forms.day import LinkForm
from gatherings.organise.routes.blueprint import bp
from gatherings.planning.actions.events import set_meeting_link
from gatherings.registration.actions.arriving import check_in, undo_check_in
from gatherings.registration.door_queries import (
    FOUND_AT_MOST,
    count_arrivals,
    find_at_door,
    find_by_short_code,
    is_enough,
    search_by_name,
)
from gatherings.registration.door_rules import Standing, door_day, door_times, is_day, read_short_code, standing
from gatherings.registration.facts import side_of
from gatherings.registration.listing import Held, sells, tickets_of
from gatherings.registration.models import Registration
from gatherings.registration.tickets import read_ticket
from gatherings.web.answers import answer, go, wants_fragment
from gatherings.web.requests import settings
from gatherings.web.times import instant_words, time_words

_CAMERA = "camera=(self), geolocation=(), microphone=(), payment=(), interest-cohort=()"
_LONGEST = 500  # characters of what is typed or scanned


@dataclass(frozen=True)
class Somebody:
    """Somebody at the door: their name, their tickets and how they stand, and never their address."""

    public_id: str
    name: str
    stands: Standing
    side: str | None
    tickets: Sequence[Held] = ()

    @property
    def to_pay(self) -> Sequence[Held]:
        """Give the orders of their tickets that are to be paid now, at the door; each once."""
        return list({one.reference: one for one in self.tickets if one.way == "door" and not one.paid}.values())

    @property
    def days(self) -> list[date]:
        """Give the days that their tickets are for, where those are not all."""
        valid = [one for one in self.tickets if one.state == "valid"]
        if not all(one.days for one in valid):
            return []
        return sorted({date.fromisoformat(day) for one in valid for day in one.days})


@bp.app_template_global("door_time")
def _door_time(event: Event, moment: datetime) -> str:
    """Write when somebody came: the hour where the gathering is, with the day where it is not this one."""
    local = to_local(moment, event.zone)
    same = local.date() == door_day(event, utc_now())
    return time_words(local) if same else instant_words(moment, event.zone)


@bp.get("/events/<event>/day")
@may("check_in")
def day(event: Event) -> Response:
    """Show how many came, the meeting's link, and the search by name."""
    return _day(event)


@bp.get("/events/<event>/day/counts")
@may("check_in")
def day_counts(event: Event) -> Response:
    """Give the numbers again; nothing (204) where they are what the page shows already."""
    counts = count_arrivals(current_session(), event, utc_now())
    if wants_fragment() and request.args.get("seen") == counts.stamp and is_day(event, utc_now()):
        return make_response("", 204)
    return answer("organise/_day_counts.html", event=event, counts=counts, live=is_day(event, utc_now()))


@bp.post("/events/<event>/day/link")
@may("run")
def meeting_link(event: Event) -> Response:
    """Change where the meeting is: who comes in from now on is led there, and nobody gets a mail."""
    form = LinkForm()
    if not form.validate():
        return _day(event, status=422, form=form)
    slug = event.slug
    if event.mode == "in person":
        raise Conflict(say("This gathering is held in person, so it has no meeting link."))
    person_id, link = organiser().id, form.join_url.clean or None
    transact(set_meeting_link, event.id, link, by=person_id, site=settings().site, now=utc_now())
    return go(f"/organise/events/{slug}/day?done=link")


@bp.post("/events/<event>/day/arrivals")
@may("check_in")
def arrive(event: Event) -> Response:
    """Check somebody in by name."""
    _needs_room(event)
    event_id, slug = event.id, event.slug
    public_id = request.form.get("registration", "")[:_LONGEST]
    done, stands = _check_in(event_id, public_id, "name")
    if stands is None:
        raise Conflict(say("This person is not registered here any more. Please look for the name again."))
    return _back(event_id, slug, did=public_id, new=done)


@bp.post("/events/<event>/day/arrivals/undo")
@may("check_in")
def undo_arrival(event: Event) -> Response:
    """Take a wrong press back."""
    _needs_room(event)
    event_id, slug = event.id, event.slug
    public_id = request.form.get("registration", "")[:_LONGEST]
    transact(undo_check_in, event_id, public_id, by=organiser().public_id, now=utc_now())
    return _back(event_id, slug, did=public_id, new=False)


@bp.route("/events/<event>/day/scan", methods=["GET", "POST"])
@may("check_in")
def scan(event: Event) -> Response:
    """Check people in by their codes: with the camera, or typed."""
    if request.method == "POST":
        return _scanned(event)
    session, now = current_session(), utc_now()
    word, somebody = request.args.get("said", ""), None
    if word not in ("other", "twin", "unknown"):
        somebody = _somebody(event, find_at_door(session, request.args.get("did", "")[:_LONGEST]))
    response = answer(
        "organise/scan.html", event=event, community=event.community, now=now, somebody=somebody,
        word=word if somebody is None else "", new="new" in request.args, **_times(event),
    )  # fmt: skip
    response.headers["Permissions-Policy"] = _CAMERA
    return response


def _scanned(event: Event) -> Response:
    _needs_room(event)
    event_id, slug = event.id, event.slug
    found, word = _read_code(event, request.form.get("code", "")[:_LONGEST])
    if found is None:
        if not wants_fragment():
            return go(f"/organise/events/{slug}/day/scan?said={word}")
        return answer("organise/_scan_answer.html", event=event, word=word, somebody=None, new=False, **_times(event))
    public_id = found.public_id
    done, _stands = _check_in(event_id, public_id, "scan")
    if not wants_fragment():
        return go(f"/organise/events/{slug}/day/scan?did={public_id}{'&new=1' if done else ''}")
    event = current_session().get_one(Event, event_id)
    somebody = _somebody(event, find_at_door(current_session(), public_id))
    word = "" if somebody else "unknown"
    return answer("organise/_scan_answer.html", event=event, word=word, somebody=somebody, new=done, **_times(event))


def _read_code(event: Event, code: str) -> tuple[Registration | None, str]:
    """Find whose code this is. Of another gathering's nothing is told but that it is one."""
    session = current_session()
    claim = read_ticket(code)
    if claim is not None:
        found = find_at_door(session, claim.public_id)
        if found is None or found.link_version != claim.version:
            return None, "unknown"
        if found.event_id == event.id:
            return found, ""
        return None, "twin" if found.event_id == event.twin_of_id else "other"
    typed = read_short_code(code)
    return (find_by_short_code(session, event, typed) if typed else None), "unknown"


def _check_in(event_id: int, public_id: str, how: str) -> tuple[bool, Standing | None]:
    return transact(check_in, event_id, public_id, how=how, by=organiser().public_id, now=utc_now())


def _needs_room(event: Event) -> None:
    if event.room_id is None or event.mode == "online":
        raise Conflict(say("This gathering is held online, so nobody is checked in at a door."))


def _back(event_id: int, slug: str, *, did: str, new: bool) -> Response:
    """Show the search again with what came of a press."""
    typed = request.form.get("q", "")[:_LONGEST]
    if not wants_fragment():
        return go(_day_path(slug, typed, did, new))
    event = current_session().get_one(Event, event_id)
    return answer(
        "organise/_day_found.html", event=event, counts=count_arrivals(current_session(), event, utc_now()),
        live=is_day(event, utc_now()), pressed=True, **_search(event, typed, did=did, new=new),
    )  # fmt: skip


def _day_path(slug: str, typed: str, did: str, new: bool) -> str:
    asked = {"q": typed, "did": did, **({"new": "1"} if new else {})}
    return f"/organise/events/{slug}/day?{urlencode(asked)}#found"


def _day(event: Event, *, status: int = 200, form: Any = None) -> Response:
    if form is None:
        form = LinkForm(formdata=None, join_url=event.join_url)
    args = request.args
    found = _search(event, args.get("q", "")[:_LONGEST], did=args.get("did", "")[:_LONGEST], new="new" in args)
    return answer(
        "organise/day.html", "organise/_day_found.html" if status == 200 else None, status=status, event=event,
        community=event.community, now=utc_now(), counts=None if wants_fragment() else _counts(event),
        live=is_day(event, utc_now()), pressed=False, form=form, link_kept=args.get("done") == "link", **found,
    )  # fmt: skip


def _counts(event: Event) -> Any:
    return count_arrivals(current_session(), event, utc_now())


def _search(event: Event, typed: str, *, did: str = "", new: bool = False) -> dict[str, Any]:
    """Give who was found by name, and who was just pressed."""
    session = current_session()
    rows = search_by_name(session, event, typed) if event.room_id is not None else []
    return {
        "q": typed,
        "people": _everybody(event, rows[:FOUND_AT_MOST]),
        "short": bool(typed.strip()) and not is_enough(typed),
        "more": len(rows) > FOUND_AT_MOST,
        "did": _somebody(event, find_at_door(session, did)) if did else None,
        "new": new,
        **_times(event),
    }


def _times(event: Event) -> dict[str, Any]:
    opens_at, closes_at = door_times(event)
    return {"opens_at": opens_at, "closes_at": closes_at}


def _somebody(event: Event, row: Registration | None) -> Somebody | None:
    return next(iter(_everybody(event, [row])), None)


def _everybody(event: Event, rows: Sequence[Registration | None]) -> list[Somebody]:
    here, now = [row for row in rows if row is not None and row.event_id == event.id], utc_now()
    held = tickets_of(current_session(), [row.id for row in here]) if sells(event) else {}
    return [
        Somebody(
            row.public_id,
            row.name,
            standing(row, event, now, held.get(row.id, ())),
            side_of(event, row.places_id),
            held.get(row.id, ()),
        )
        for row in here
    ]
