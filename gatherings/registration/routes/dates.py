"""Single dates of an "every month", and one's own invite as a file."""

from dataclasses import replace
from typing import Any

from flask import Response, request
from sqlalchemy.orm import Session

from gatherings import ics
from gatherings.core.clock import utc_now
from gatherings.core.errors import Conflict
from gatherings.core.words import say
from gatherings.db import current_session
from gatherings.invites import rules as invites
from gatherings.invites.models import Invite
from gatherings.registration import facts as snapshot
from gatherings.registration.actions import cancel
from gatherings.registration.actions.leaving_series import rejoin_date
from gatherings.registration.links import join_path
from gatherings.registration.models import Registration, SeriesRegistration
from gatherings.registration.queries import get_date_of, list_dates_of
from gatherings.registration.routes.blueprint import bp
from gatherings.registration.routes.managing import BOTH, only_shown, refuse_what_is_over
from gatherings.registration.routes.showing import Thing, back, look, press
from gatherings.registration.rules import LIVE
from gatherings.web.requests import absolute, settings
from gatherings.web.rights import by_link


@bp.route("/registrations/<token>/dates/<public_id>/leave", methods=BOTH)
@by_link("manage-series")
def leave_date(token: str, public_id: str) -> Response:
    """Leave one date of an "every month"."""
    thing = look(token)
    if request.method != "POST" or isinstance(thing, Registration):
        return only_shown(thing)

    def act(session: Session, every: Thing) -> str:
        assert isinstance(every, SeriesRegistration)  # looked at above, by the same token
        mine = get_date_of(session, every, public_id)
        if mine.state in LIVE:
            refuse_what_is_over(mine.event)
        return "left" if cancel(session, mine, settings().site, now=utc_now()) else "before"

    return back(token, press(token, act))


@bp.route("/registrations/<token>/dates/<public_id>/return", methods=BOTH)
@by_link("manage-series")
def return_to_date(token: str, public_id: str) -> Response:
    """Come back to one date of an "every month"."""
    thing = look(token)
    if request.method != "POST" or isinstance(thing, Registration):
        return only_shown(thing)

    def act(session: Session, every: Thing) -> str:
        assert isinstance(every, SeriesRegistration)  # looked at above, by the same token
        if every.state != "confirmed":
            raise Conflict(say("This registration was cancelled. You are welcome to register again."))
        mine = get_date_of(session, every, public_id)
        if not rejoin_date(session, mine, settings().site, now=utc_now()):
            return "before"
        return "waits" if mine.state == "waitlisted" else "back"

    return back(token, press(token, act))


@bp.get("/registrations/<token>/invite.ics")
@by_link("manage", "manage-series")
def invite_file(token: str) -> Response:
    """Give one's own invite as a file: the same UID as in the mail, the way in, and no other people."""
    thing = look(token)
    entries = _entries(thing) if isinstance(thing, Registration) else _series_entries(thing)
    response = Response(ics.calendar(ics.vevents(entries)), mimetype="text/calendar")
    response.headers["Content-Type"] = "text/calendar; charset=utf-8"
    response.headers["Content-Disposition"] = 'attachment; filename="invite.ics"'
    return response


def _invite(invite: Invite, made: Any) -> dict[str, object]:
    # The time of the last message, so that the same state always gives the same bytes.
    return {
        "uid": invite.uid,
        "sequence": max(invite.sequence, 0),
        "method": "PUBLISH",
        "stamp": (invite.sent_at or made).replace(microsecond=0).isoformat(),
    }


def _entries(registration: Registration) -> list[ics.Entry]:
    event = registration.event
    if registration.state != "confirmed":
        raise Conflict(say("There is an invite once you have a place."))
    rule = event.series_rule if registration.series_registration_id is not None else None
    body = snapshot.facts_for(
        registration,
        event,
        event.community,
        registration.person.address,
        invite=_invite(registration.invite, registration.created_at),
        rule=snapshot.rule_facts(rule, [event], []) if rule is not None else None,
    )
    entry = invites.personal_entry(
        body, organizer=_nobody(), join=absolute(join_path(registration)), page=absolute(f"/events/{event.slug}")
    )
    return [replace(entry, organizer=None, attendee=None)]


def _series_entries(every: SeriesRegistration) -> list[ics.Entry]:
    session, series = current_session(), every.series
    dates = list_dates_of(session, every.id)
    rule = next((rule for rule in series.rules if rule.uid == every.invite.uid), None)
    if every.state != "confirmed" or rule is None:
        raise Conflict(say("There is an invite once you have a place."))
    body = snapshot.series_facts(
        every, series, rule, series.community, every.person.address, dates,
        invite=_invite(every.invite, every.created_at),
    )  # fmt: skip
    join = absolute(join_path(every))
    master = invites.series_invite_entry(body, organizer=_nobody(), join=join, page=absolute(f"/series/{series.slug}"))
    entries = [master, *invites.series_date_entries(body, master, join=join, base_url=settings().base_url)]
    return [replace(entry, organizer=None, attendee=None) for entry in entries]


def _nobody() -> ics.Organizer:
    # A file that one downloads is nobody's message: ORGANIZER would make some programs answer it (calendars.md).
    return ics.Organizer("", settings().mail_from)
