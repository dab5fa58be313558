"""One door of an event's calendar: what stands behind it, its picture, and its place among the others."""

from typing import Any

from flask import Response, make_response, request
from sqlalchemy import select

from gatherings.core.errors import Conflict, InvalidInput, NotFound, Problem
from gatherings.core.pictures import MOST_BYTES
from gatherings.core.words import Sentence, say
from gatherings.db import current_session, transact
from gatherings.doors.actions import contents as actions
from gatherings.doors.models import Door, DoorCalendar
from gatherings.doors.queries import days_of, find_of_event, list_slots
from gatherings.events.models import Event
from gatherings.organise.access import may
from gatherings.organise.forms.doors import door_form
from gatherings.organise.forms.picture import PictureForm
from gatherings.organise.routes.blueprint import bp
from gatherings.organise.routes.doors import by_now, path_of
from gatherings.slots.queries import slot_words
from gatherings.web.answers import answer, go
from gatherings.web.requests import big_body
from gatherings.web.times import day_words

_ROOM = MOST_BYTES + 64 * 1024  # what a form adds around a file


def _read(event_id: int, number: int) -> tuple[DoorCalendar, Door]:
    found = find_of_event(current_session(), event_id)
    if found is None:
        raise NotFound(say("There is no calendar of doors here yet."))
    return found, actions.get_door(found, number)


@bp.route("/events/<event>/doors/<int:number>", methods=["GET", "POST"])
@may("choose")
def edit_door(event: Event, number: int) -> Response:
    """Show and change what stands behind a door."""
    event_id, path = event.id, path_of(event)
    found, door = _read(event_id, number)
    if request.method != "POST":
        return _page(found, door)
    form = door_form(door, _slots(event_id), seen=actions.stamp_of(door), read=True)
    if not form.validate():
        return _page(found, door, form=form, status=422)
    refused = None
    try:
        transact(actions.fill, event_id, number, form.content(), by_now(), seen=form.seen.data or "")
        return go(f"{path}/{number}?done=kept")
    except InvalidInput as refusal:
        form.take_problems(refusal)
    except Conflict as refusal:
        refused = refusal.sentence
    found, door = _read(event_id, number)
    form.seen.data = actions.stamp_of(door)
    return _page(found, door, form=form, refused=refused, status=409 if refused else 422)


@bp.post("/events/<event>/doors/<int:number>/picture")
@may("choose")
@big_body(_ROOM)
def send_door_picture(event: Event, number: int) -> Response:
    """Take a door's picture, or the words that go with it."""
    event_id, path = event.id, path_of(event)
    found, door = _read(event_id, number)
    form = PictureForm()
    written = form.read(has_one=door.picture_id is not None)
    if form.problems:
        return _page(found, door, picture=form, status=422)
    transact(actions.set_picture, event_id, number, written, form.alt.clean, by_now())
    return go(f"{path}/{number}?done=picture")


@bp.post("/events/<event>/doors/<int:number>/picture/remove")
@may("choose")
def remove_door_picture(event: Event, number: int) -> Response:
    """Take a door's picture away."""
    path = path_of(event)
    transact(actions.drop_picture, event.id, number, by_now())
    return go(f"{path}/{number}?done=no-picture")


@bp.get("/events/<event>/doors/<int:number>/picture.webp")
@may("choose")
def door_picture(event: Event, number: int) -> Response:
    """Give a door's picture to organisers, open or not."""
    _found, door = _read(event.id, number)
    data = current_session().scalar(select(Door.picture).where(Door.id == door.id))
    if data is None:
        raise NotFound()
    response = make_response(data)
    response.content_type = "image/webp"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@bp.post("/events/<event>/doors/<int:number>/place")
@may("choose")
def place_door(event: Event, number: int) -> Response:
    """Move what stands behind a door to another day, or exchange it with that day's."""
    event_id, path = event.id, path_of(event)
    typed, how = request.form.get("to", ""), request.form.get("how", "")
    to = {"earlier": number - 1, "later": number + 1}.get(typed)
    if to is None:
        to = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 4 else 0
    try:
        transact(actions.place, event_id, number, to, by_now(), swap=how != "move")
    except NotFound:
        found, door = _read(event_id, number)
        problem = Problem("to", say("Please choose one of the doors."))
        return _page(found, door, placing=problem.sentence, status=422)
    return go(f"{path}?done=placed#door-{to}")


def _slots(event_id: int) -> list[tuple[str, str]]:
    words = [(item.public_id, slot_words(item)) for item in list_slots(current_session(), event_id)]
    return [(key, f"{title} · {speakers}" if speakers else title) for key, (title, speakers) in words]


def _page(
    found: DoorCalendar,
    door: Door,
    *,
    form: Any = None,
    picture: PictureForm | None = None,
    refused: Sentence | None = None,
    placing: Sentence | None = None,
    status: int = 200,
) -> Response:
    days, event = days_of(found), found.event
    stored = door_form(door, _slots(event.id), seen=actions.stamp_of(door), read=False)
    return answer(
        "organise/doors/door.html",
        status=status,
        event=event,
        community=event.community,
        calendar=found,
        door=door,
        day=days.day(door.number),
        days=[(one.number, day_words(days.day(one.number), year=days.first.year)) for one in found.doors],
        form=form or stored,
        picture=picture or PictureForm(formdata=None, data={"alt": door.picture_alt}),
        refused=refused,
        placing=placing,
        done=request.args.get("done", ""),
    )
