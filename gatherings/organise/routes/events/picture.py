"""An event's picture: sent, shown in place of the drawn cover, taken away."""

from typing import Any

from flask import Response

from gatherings.core.clock import utc_now
from gatherings.core.pictures import MOST_BYTES
from gatherings.db import current_session, transact
from gatherings.events.models import Event
from gatherings.organise.access import may, organiser
from gatherings.organise.forms.picture import PictureForm
from gatherings.organise.routes.blueprint import bp
from gatherings.planning.actions.pictures import drop_picture, set_picture
from gatherings.planning.queries.events import editable
from gatherings.web.answers import answer, go
from gatherings.web.requests import big_body, settings

_ROOM = MOST_BYTES + 64 * 1024  # what a form adds around a file


@bp.get("/events/<event>/picture")
@may("edit")
def show_picture(event: Event) -> Response:
    """Show an event's picture and the form to send another."""
    found = editable(current_session(), event.id)
    return _page(PictureForm(formdata=None, data={"alt": found.picture_alt}), found)


@bp.post("/events/<event>/picture")
@may("edit")
@big_body(_ROOM)
def send_picture(event: Event) -> Response:
    """Take a picture, or the words that go with it."""
    event_id, by = event.id, organiser().id
    form = PictureForm()
    written = form.read(has_one=event.picture_id is not None)
    if form.problems:
        return _page(form, editable(current_session(), event_id), 422)
    slug = transact(set_picture, event_id, written, form.alt.clean, by=by, site=settings().site, now=utc_now())
    return go(f"/organise/events/{slug}?done=picture")


@bp.post("/events/<event>/picture/remove")
@may("edit")
def remove_picture(event: Event) -> Response:
    """Take the picture away: the drawn cover is back."""
    slug = transact(drop_picture, event.id, by=organiser().id, site=settings().site, now=utc_now())
    return go(f"/organise/events/{slug}?done=no-picture")


def _page(form: Any, event: Event, status: int = 200) -> Response:
    return answer(
        "organise/event_picture.html",
        form=form,
        event=event,
        community=event.community,
        problems=form.problems,
        status=status,
    )
