"""A second sitting of the same gathering, at an hour that is kind to those who sleep during the first."""

from datetime import datetime
from typing import Any

from flask import Response, make_response, render_template, request

from gatherings.core.clock import utc_now
from gatherings.core.errors import InvalidInput, Problem
from gatherings.core.words import say
from gatherings.db import current_session, transact
from gatherings.events.models import Event
from gatherings.events.queries import find_twin
from gatherings.organise.access import may, organiser
from gatherings.organise.forms.day import SittingForm
from gatherings.organise.forms.reading import starts_asked
from gatherings.organise.routes.blueprint import bp
from gatherings.organise.routes.events.when import Clocks, clocks_of
from gatherings.planning.actions.twins import Sitting, make_twin
from gatherings.planning.queries.events import editable
from gatherings.web.answers import answer, go
from gatherings.web.requests import settings


@bp.route("/events/<event>/twin", methods=["GET", "POST"])
@may("edit")
def twin(event: Event) -> Response:
    """Ask for the hour of a second sitting, or make it; where there is one, lead to it."""
    event_id = event.id
    if request.method != "POST":
        return _page(event_id, _fresh(event))
    form = SittingForm()
    valid = form.validate()
    if valid and (form.starts_date.clean is None or form.starts_time.clean is None):
        form.take_problems(InvalidInput([Problem("starts_date", say("Please choose the day and the time."))]))
        valid = False
    if not valid:
        return _page(event_id, form, 422)
    wanted = Sitting(
        datetime.combine(form.starts_date.clean, form.starts_time.clean),
        form.join_url.clean or None,
        form.capacity_room.clean,
        form.capacity_online.clean,
    )
    try:
        slug = transact(make_twin, event_id, wanted, by=organiser().id, site=settings().site, now=utc_now())
    except InvalidInput as refusal:
        form.take_problems(refusal)
        return _page(event_id, form, 422)
    return go(f"/organise/events/{slug}/twin")


@bp.get("/events/<event>/twin/clocks")
@may("edit")
def twin_clocks(event: Event) -> Response:
    """Give the clocks for the hour that is being typed."""
    clocks = _clocks(event, request.args.get("starts_date", ""), request.args.get("starts_time", ""))
    return make_response(render_template("organise/_clocks.html", clocks=clocks, now=utc_now()))


def _fresh(event: Event) -> SittingForm:
    starts = starts_asked(request.args.get("starts", ""))
    return SittingForm(
        formdata=None,
        starts_date=f"{starts:%Y-%m-%d}" if starts else "",
        starts_time=f"{starts:%H:%M}" if starts else "",
        join_url=event.join_url or "",
        capacity_room=event.room.capacity if event.room else None,
        capacity_online=event.online.capacity if event.online else None,
    )


def _clocks(event: Event, day: str, hour: str) -> Clocks:
    """Work out the clocks of a sitting as long as the first."""
    sent: dict[str, Any] = {"starts_date": day, "starts_time": hour, "zone": event.zone}
    try:
        ends = datetime.fromisoformat(f"{day}T{hour}") + (event.ends_local - event.starts_local)
        sent |= {"ends_date": f"{ends:%Y-%m-%d}", "ends_time": f"{ends:%H:%M}"}
    except (ValueError, OverflowError):
        return Clocks([], [], [], [])
    return clocks_of(sent, event.community, event)


def _page(event_id: int, form: SittingForm, status: int = 200) -> Response:
    session = current_session()
    event = editable(session, event_id)
    other = find_twin(session, event)
    if other is not None and other.status == "cancelled":
        other = None
    return answer(
        "organise/twin.html", status=status, event=event, community=event.community, other=other, form=form,
        clocks=_clocks(event, str(form.starts_date.data or ""), str(form.starts_time.data or "")), now=utc_now(),
        possible=event.status != "cancelled" and not event.all_day and not event.approximate,
    )  # fmt: skip
