"""The clocks beside the form while one chooses a time: the host's and four that matter, changes of clocks, clashes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Response, make_response, render_template, request
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from gatherings.communities.models import Community
from gatherings.core import zones
from gatherings.core.clock import utc_now
from gatherings.core.hours import doing
from gatherings.db import current_session
from gatherings.events.models import Event
from gatherings.organise.access import may
from gatherings.organise.forms.when import WhenForm
from gatherings.organise.routes.blueprint import bp
from gatherings.planning.queries.events import clashes, zones_of_people
from gatherings.planning.rules.clocks import ClockChange, changes_before, other_zones
from gatherings.web.i18n import gettext as _
from gatherings.web.i18n import ngettext
from gatherings.web.times import Clock, clock, day_words, time_words

FIELDS = ("starts_date", "starts_time", "ends_date", "ends_time", "zone", "all_day")


@dataclass(frozen=True)
class Shown:
    """One clock: whose, how many people live by it, whether its day is another, what people do then."""

    clock: Clock
    people: int
    other_day: bool
    doing: str


@dataclass(frozen=True)
class Clocks:
    """All that is said about a time as it was typed: problems first, then clocks, warnings and clashes."""

    problems: list[str]
    shown: list[Shown]
    warnings: list[str]
    clashes: list[Event]
    lasts: str = ""


def clocks_of(sent: Mapping[str, Any], community: Community, event: Event | None, umbrella: str = "") -> Clocks:
    """Work out what there is to say about the time in `sent`, the form's fields by name."""
    form = WhenForm(formdata=MultiDict({name: sent[name] for name in FIELDS if sent.get(name)}))
    form.validate()
    typed = form.typed_time()
    unchanged = event is not None and typed is not None and typed.value["starts"] == event.starts_local.isoformat()
    found = form.instants_of(typed) if typed is not None else None
    if typed is None or found is None:
        return Clocks([sentence for name, sentence in form.problems if sent.get(name) or unchanged], [], [], [])
    now, session = utc_now(), current_session()
    people = zones_of_people(session, community.id, event.id if event is not None else None)
    others = [] if typed.all_day else other_zones(typed.zone, people, found[0])
    host = clock(*found, typed.zone, now=now, all_day=typed.all_day)
    shown = [_shown(host, host, people, found[0], whole=typed.all_day)]
    shown += [_shown(clock(*found, zone, now=now), host, people, found[0]) for zone in others]
    changes = [] if typed.all_day else changes_before([typed.zone, *others], now, found[0])
    warnings = _change_words(changes, typed.zone, found[0], now)
    if found[1] <= now:
        warnings.insert(0, _("This time is over already."))
    same_time = clashes(session, community.id, *found, but=event, umbrella=umbrella)
    return Clocks([], shown, warnings, same_time, _length(found[1] - found[0], whole=typed.all_day))


def _shown(own: Clock, host: Clock, people: Mapping[str, int], starts_at: datetime, *, whole: bool = False) -> Shown:
    said = {
        "asleep": _("asleep"),
        "breakfast": _("at breakfast"),
        "work": _("at work"),
        "evening": _("in the evening"),
    }
    part = "" if whole else said[doing(zones.to_local(starts_at, own.zone))]
    return Shown(own, people.get(own.zone, 0), own.date != host.date, part)


def _change_words(changes: Sequence[ClockChange], host: str, starts_at: datetime, now: datetime) -> list[str]:
    """Warn of changes of clocks: the host's, since it moves the hour everywhere else, and readers' in one sentence."""
    days = {one.zone: day_words(zones.to_local(one.at, one.zone).date(), year=now.year) for one in changes}
    said = []
    if host in days:
        said.append(
            _(
                "%(city)s changes its clocks on %(day)s: the hour stays %(time)s there and moves elsewhere.",
                city=zones.city(host),
                day=days.pop(host),
                time=time_words(zones.to_local(starts_at, host)),
            )
        )
    if days:
        places = "; ".join(f"{zones.city(zone)}, {day}" for zone, day in days.items())
        said.append(_("Clocks change before then: %(places)s. The hours above are those of the day.", places=places))
    return said


def _length(length: timedelta, *, whole: bool) -> str:
    minutes = int(length / timedelta(minutes=1))
    if whole or minutes > 24 * 60:
        return ""
    hours, rest = divmod(minutes, 60)
    if minutes < 120:
        return ngettext("Lasts %(num)s minute.", "Lasts %(num)s minutes.", minutes)
    if not rest:
        return ngettext("Lasts %(num)s hour.", "Lasts %(num)s hours.", hours)
    return _("Lasts %(hours)s h %(minutes)s min.", hours=hours, minutes=rest)


@bp.get("/communities/<community>/clocks")
@may("edit")
def event_clocks(community: Community) -> Response:
    """Give the clocks for a time that is being typed; `?event=` is the one that is edited."""
    event = (
        current_session()
        .scalars(
            select(Event).where(
                Event.slug == request.args.get("event", "").replace("\x00", ""), Event.community_id == community.id
            )
        )
        .one_or_none()
    )
    clocks = clocks_of(request.args, community, event)
    return make_response(render_template("organise/_clocks.html", clocks=clocks, now=utc_now()))
