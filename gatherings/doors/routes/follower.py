"""A follower's own page, behind the link in their mails: begin, another hour or clock, stop. Opening it never acts."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, make_response, redirect, request
from sqlalchemy.orm import Session

from gatherings.accounts.links import wrong_links_counted
from gatherings.core.clock import utc_now
from gatherings.core.tokens import Claim
from gatherings.core.words import Sentence, say
from gatherings.db import current_session, transact
from gatherings.doors.actions import following
from gatherings.doors.forms import HourForm
from gatherings.doors.models import DoorFollower
from gatherings.doors.queries import days_of, get_follower, goes_on
from gatherings.doors.routes.blueprint import bp
from gatherings.doors.rules import mail_at
from gatherings.web.answers import answer, go
from gatherings.web.origin import refuse_other_sites
from gatherings.web.rights import by_link, claim_of, machine
from gatherings.web.times import instant_words

PURPOSE = "doors"
NOTES: Mapping[str, Sentence] = {
    "yes": say("Good. The doors come to you now, each on its own morning."),
    "kept": say("Your changes are kept."),
    "stopped": say("You get no more doors by mail."),
}


def _look(token: str) -> DoorFollower:
    with wrong_links_counted():
        return get_follower(current_session(), claim_of(token, PURPOSE)[1])


def _press(token: str, act: Callable[[Session, Claim], object]) -> None:
    with wrong_links_counted():
        claim = claim_of(token, PURPOSE)[1]
        transact(act, claim)


@bp.route("/doors/<token>", methods=["GET", "POST"])
@by_link(PURPOSE)
def follower(token: str) -> Response:
    """Show what comes when, with the ways to change it; a POST changes hour and clock."""
    mine = _look(token)
    if request.method != "POST":
        return _page(token, mine)
    form = HourForm()
    if not form.validate():
        return _page(token, mine, form=form, status=422)
    hour, zone = int(form.hour.data), form.zone.clean
    _press(token, lambda session, claim: following.change(session, claim, hour=hour, zone=zone, now=utc_now()))
    return go(f"/doors/{token}?done=kept")


@bp.route("/doors/<token>/confirm", methods=["GET", "POST"])
@by_link(PURPOSE)
def confirm(token: str) -> Response:
    """Begin, or begin again; whoever opens the button's address is led to the page it stands on."""
    if request.method != "POST":
        return _only_shown(token)
    _press(token, lambda session, claim: following.confirm(session, claim, now=utc_now()))
    return go(f"/doors/{token}?done=yes")


@bp.get("/doors/<token>/stop")
@by_link(PURPOSE)
def stop_asked(token: str) -> Response:
    """Lead whoever opened the address of the button to the page it stands on: a press acts, opening never does."""
    return _only_shown(token)


@bp.post("/doors/<token>/stop")
@machine
def stop(token: str) -> Response:
    """End it: by our button, or by a mail programme that presses for its reader (RFC 8058; letters/routes.py)."""
    one_click = request.form.get("List-Unsubscribe") == "One-Click"
    if not one_click:
        refuse_other_sites()
    _press(token, lambda session, claim: following.stop(session, claim, now=utc_now()))
    if one_click:
        return make_response("You get no more doors.\n", 200, {"Content-Type": "text/plain; charset=utf-8"})
    return go(f"/doors/{token}?done=stopped")


def _only_shown(token: str) -> Response:
    _look(token)
    return make_response(redirect(f"/doors/{token}", code=302))


def _page(token: str, mine: DoorFollower, *, form: Any = None, status: int = 200) -> Response:
    calendar, event, now = mine.calendar, mine.calendar.event, utc_now()
    following_now = mine.confirmed_at is not None and mine.ended_at is None
    days = days_of(calendar)
    next_at = None
    shown = goes_on(calendar) and event.status != "draft"
    if mine.sent_up_to < days.count and shown:
        next_at = max(mail_at(days, mine.sent_up_to + 1, mine.zone, mine.hour), now)
    return answer(
        "doors/follower.html",
        status=status,
        mine=mine,
        token=token,
        following=following_now,
        begun=mine.confirmed_at is not None,
        published=shown,
        off=event.status == "cancelled",
        next_said=instant_words(next_at, mine.zone, now) if following_now and next_at is not None else None,
        title=calendar.title or event.title,
        event=event,
        community=event.community,
        path=f"/events/{event.slug}/doors",
        note=NOTES.get(request.args.get("done", "")),
        form=form or HourForm(formdata=None, data={"hour": str(mine.hour), "zone": mine.zone}),
        zone=mine.zone,
    )
