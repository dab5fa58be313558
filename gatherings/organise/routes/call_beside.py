"""What stands beside the form of a call while one fills it in: both moments on both clocks, and the minutes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from flask import Response, make_response, render_template, request
from werkzeug.datastructures import MultiDict

from gatherings.calls.models import Call
from gatherings.calls.queries.call import find_call
from gatherings.calls.rules.call import planned_seconds, room_of, room_seconds
from gatherings.core import zones
from gatherings.core.clock import utc_now
from gatherings.db import current_session
from gatherings.events.models import Event
from gatherings.organise.access import may
from gatherings.organise.forms.call import CallForm
from gatherings.organise.routes.blueprint import bp
from gatherings.web.i18n import gettext as _
from gatherings.web.i18n import ngettext, words
from gatherings.web.times import instant_words, length_words
from gatherings.web.visitor import visitor_zone

FIELDS = (
    "opens_date", "opens_time", "closes_date", "closes_time", "slot_seconds", "places", "change_seconds",
    "kept_minutes",
)  # fmt: skip


@dataclass(frozen=True)
class MomentTold:
    """When a call opens or closes: on the reader's clock (if another) and the host's, or why there is none."""

    label: str
    mine: str = ""
    there: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Sum:
    """One line of the minutes: what, how long; `strong` for what comes out."""

    label: str
    length: str
    strong: bool = False


@dataclass(frozen=True)
class Beside:
    """All that is said beside a call's form; `over`: the planned slots take more than there is."""

    moments: list[MomentTold]
    sums: list[Sum]
    fits: str
    over: bool


@bp.get("/events/<event>/call/beside")
@may("choose")
def call_beside(event: Event) -> Response:
    """Give what stands beside the form for what is typed into it."""
    call = find_call(current_session(), event.id)
    beside = beside_of(request.args, event, call)
    return make_response(render_template("organise/call/_beside.html", beside=beside))


def beside_of(sent: Mapping[str, Any], event: Event, call: Call | None) -> Beside:
    """Work out what there is to say about a call's form as it is filled in (`sent`: its fields by name)."""
    form = CallForm(formdata=MultiDict({name: sent[name] for name in FIELDS if sent.get(name)}))
    form.validate()
    moments = [_moment(form, "opens", _("Opens"), event), _moment(form, "closes", _("Closes"), event)]
    numbers = ("slot_seconds", "places", "change_seconds", "kept_minutes")
    if any(form[name].errors for name in numbers):
        return Beside(moments, [], "", False)
    plan = SimpleNamespace(
        slot_seconds=form.slot_seconds.clean,
        places=form.places.clean,
        change_seconds=form.change_seconds.clean,
        kept_seconds=form.kept_minutes.clean * 60,
        accepted=0,
        accepted_seconds=0,
    )
    return Beside(moments, *_minutes(plan, event, call))


def _moment(form: CallForm, name: str, label: str, event: Event) -> MomentTold:
    local = form.moment(name)
    if local is None:
        return MomentTold(label, problem=_("Choose a day and a time to see it on both clocks."))
    try:
        at = zones.to_utc(local, event.zone)
    except zones.LocalTimeProblem as problem:
        return MomentTold(label, problem=words(problem.sentence))
    now, zone = utc_now(), visitor_zone()
    mine = instant_words(at, zone, now) if zone is not None and _differs(at, zone, event.zone) else ""
    return MomentTold(label, mine, instant_words(at, event.zone, now))


def _differs(at: datetime, zone: str, host: str) -> bool:
    return zones.to_local(at, zone) != zones.to_local(at, host)


def _minutes(plan: Any, event: Event, call: Call | None) -> tuple[list[Sum], str, bool]:
    room, planned = room_seconds(plan, event), planned_seconds(plan)
    length = int((event.ends_at - event.starts_at).total_seconds())
    slots = ngettext(
        "%(num)s slot of %(slot)s", "%(num)s slots of %(slot)s", plan.places, slot=length_words(plan.slot_seconds)
    )
    if plan.places > 1 and plan.change_seconds:
        slots += " " + ngettext(
            "and %(num)s change of %(change)s",
            "and %(num)s changes of %(change)s",
            plan.places - 1,
            change=length_words(plan.change_seconds),
        )
    left = room - planned
    sums = [Sum(_("The gathering lasts"), length_words(length))]
    if plan.kept_seconds:
        sums.append(Sum(_("kept for opening, closing and breaks"), length_words(-plan.kept_seconds)))
    sums += [Sum(slots, length_words(-planned)), Sum(_("left over"), length_words(left), strong=True)]
    said = [_fits(plan, event, left)]
    if call is not None and call.accepted:
        used = length_words(room_of(call, event).used)
        said.append(
            ngettext(
                "One is accepted by now, and takes %(used)s.",
                "%(num)s are accepted by now, and take %(used)s.",
                call.accepted,
                used=used,
            )
        )
    return sums, " ".join(said), left < 0


def _fits(plan: Any, event: Event, left: int) -> str:
    if left < 0:
        plan.places = 10_000
        return ngettext(
            "That is more than there is room for: %(num)s slot would fit.",
            "That is more than there is room for: %(num)s slots would fit.",
            room_of(plan, event).more,
        )
    return _("They fit.") if plan.places > 1 else _("It fits.")
