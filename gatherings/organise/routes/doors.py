"""The doors of an event: made in one press, dated, published and taken back, looked at as on a day."""

from datetime import date, datetime
from typing import Any

from flask import Response, make_response, redirect, request

from gatherings.core.clock import utc_now
from gatherings.core.errors import Conflict, InvalidInput
from gatherings.core.text import TextProblem
from gatherings.core.words import Sentence
from gatherings.core.zones import to_local
from gatherings.db import current_session, transact
from gatherings.doors.actions import calendars as actions
from gatherings.doors.actions.calendars import By
from gatherings.doors.models import DoorCalendar
from gatherings.doors.queries import count_followers, days_of, find_of_event, list_slots, thing_of
from gatherings.doors.rules import day_begins
from gatherings.doors.showing import beside, opens_words, show, values_of
from gatherings.events.models import Event
from gatherings.organise.access import may, organiser
from gatherings.organise.forms.doors import CalendarForm, StartForm, calendar_form
from gatherings.organise.forms.reading import read_day
from gatherings.organise.routes.blueprint import bp
from gatherings.planning.queries.events import editable
from gatherings.web.answers import answer, go
from gatherings.web.markdown import render

NOTES = ("made", "kept", "published", "taken-back", "placed")


def by_now() -> By:
    """Give who acts in this request, and when."""
    return By(organiser().public_id, utc_now())


def path_of(event: Event) -> str:
    """Give the path of an event's screens of doors."""
    return f"/organise/events/{event.slug}/doors"


def to_start(event: Event) -> Response:
    """Lead to where a calendar is made, from a screen of one that is not there."""
    return make_response(redirect(path_of(event), code=302))


@bp.get("/events/<event>/doors")
@may("choose")
def doors(event: Event) -> Response:
    """Show the doors with what is behind them; or, where there are none, how to make them."""
    found = find_of_event(current_session(), event.id)
    return _list(event, found) if found is not None else _start(event)


@bp.post("/events/<event>/doors/make")
@may("choose")
def make_doors(event: Event) -> Response:
    """Make the calendar: a door for each slot, or empty ones."""
    path, event_id = path_of(event), event.id
    slots = len(list_slots(current_session(), event_id))
    form = StartForm(slots=slots)
    if not form.validate():
        return _start(event, form=form, status=422)
    try:
        transact(actions.make, event_id, form.settings(), by_now(), from_order=form.start.data == "order")
    except InvalidInput as refusal:
        form.take_problems(refusal)
        return _start(editable(current_session(), event_id), form=form, status=422)
    return go(f"{path}?done=made")


@bp.route("/events/<event>/doors/settings", methods=["GET", "POST"])
@may("choose")
def doors_settings(event: Event) -> Response:
    """Change title, words, days, zone and whose midnight counts."""
    found = find_of_event(current_session(), event.id)
    if found is None:
        return to_start(event)
    form = calendar_form(found, read=request.method == "POST")
    if request.method != "POST":
        return _settings(found, form)
    if not form.validate():
        return _settings(found, form, status=422)
    path, event_id = path_of(event), event.id
    try:
        transact(actions.change, event_id, form.settings(), by_now())
    except InvalidInput as refusal:
        form.take_problems(refusal)
        found = find_of_event(current_session(), event_id)
        return _settings(found, form, status=422) if found is not None else go(path)
    return go(f"{path}?done=kept")


@bp.post("/events/<event>/doors/publish")
@may("choose")
def publish_doors(event: Event) -> Response:
    """Let everybody see the doors."""
    path, event_id = path_of(event), event.id
    try:
        transact(actions.publish, event_id, by_now())
    except Conflict as refusal:
        found = find_of_event(current_session(), event_id)
        assert found is not None  # a calendar that is missing is refused otherwise
        return _list(found.event, found, refused=refusal.sentence, status=409)
    return go(f"{path}?done=published")


@bp.post("/events/<event>/doors/take-back")
@may("choose")
def take_back_doors(event: Event) -> Response:
    """Make the doors a draft again."""
    path = path_of(event)
    transact(actions.take_back, event.id, by_now())
    return go(f"{path}?done=taken-back")


@bp.get("/events/<event>/doors/preview")
@may("choose")
def preview_doors(event: Event) -> Response:
    """Show the calendar as it will be on a day; organisers alone see it."""
    found = find_of_event(current_session(), event.id)
    if found is None:
        return to_start(event)
    day, at = asked_day(found)
    shown = show(found, at, None)
    return answer(
        "organise/doors/preview.html",
        **values_of(shown, found, at, None),
        day=day,
        path=f"{path_of(event)}/preview",
        query=f"?day={day.isoformat()}",
        intro=render(found.intro) if found.intro else None,
    )


@bp.get("/events/<event>/doors/preview/<int:number>")
@may("choose")
def preview_door(event: Event, number: int) -> Response:
    """Show one door as it will be on a day."""
    found = find_of_event(current_session(), event.id)
    if found is None or not 1 <= number <= len(found.doors):
        return to_start(event)
    day, at = asked_day(found)
    shown = show(found, at, None)
    one = shown.doors[number - 1]
    return answer(
        "organise/doors/preview_door.html",
        **values_of(shown, found, at, None) | {"opens": opens_words(days_of(found), number, at, None)},
        day=day,
        door=one,
        **beside(shown.doors, number),
        path=f"{path_of(event)}/preview",
        query=f"?day={day.isoformat()}",
        picture=f"{path_of(event)}/{number}/picture.webp",
        body=render(one.thing.body) if one.thing is not None and one.thing.body else None,
    )


def asked_day(found: DoorCalendar) -> tuple[date, datetime]:
    """Give the day that `?day=` asks for (else today) and its beginning on the calendar's clock."""
    day = None
    try:
        day = read_day(request.args.get("day", ""))
    except TextProblem:
        day = None
    day = day or to_local(utc_now(), found.zone).date()
    return day, day_begins(day, found.zone)


def _start(event: Event, *, form: Any = None, status: int = 200) -> Response:
    slots = len(list_slots(current_session(), event.id))
    if form is None:
        first = date(event.starts_local.year, 12, 1) if event.starts_local.month == 12 else event.starts_local.date()
        values = {
            "start": "order" if slots else "empty", "title": "", "intro": "", "count": "24", "zone": event.zone,
            "first_day": first.isoformat(), "opening": "calendar",
        }  # fmt: skip
        form = StartForm(formdata=None, data=values, slots=slots)
    return answer(
        "organise/doors/start.html", status=status, event=event, community=event.community, form=form, slots=slots
    )


def _list(event: Event, found: DoorCalendar, *, refused: Sentence | None = None, status: int = 200) -> Response:
    now = utc_now()
    days = days_of(found)
    opened = days.opened(now)
    rows = [
        (door, days.day(door.number), thing_of(door, for_hosts=True), door.number <= opened) for door in found.doors
    ]
    done = request.args.get("done", "")
    return answer(
        "organise/doors/list.html",
        status=status,
        event=found.event,
        community=found.event.community,
        calendar=found,
        rows=rows,
        opened=opened,
        empty=sum(thing.empty for _door, _day, thing, _open in rows),
        followers=count_followers(current_session(), found.id),
        today=to_local(now, found.zone).date(),
        now=now,
        done=done if done in NOTES else "",
        refused=refused,
    )


def _settings(found: DoorCalendar, form: CalendarForm, *, status: int = 200) -> Response:
    return answer(
        "organise/doors/settings.html",
        status=status,
        event=found.event,
        community=found.event.community,
        calendar=found,
        form=form,
    )
