"""The host's screen of the run of show: one press for each slot, everything else at hand."""

import hashlib
from datetime import datetime, timedelta
from typing import Any

from flask import Response, make_response, render_template, request
from sqlalchemy.orm import joinedload

from gatherings.core.clock import utc_now
from gatherings.core.csv_text import BOM, Writer
from gatherings.core.errors import Conflict, NotFound
from gatherings.core.words import say
from gatherings.core.zones import to_local
from gatherings.db import current_session, transact
from gatherings.events.models import Event
from gatherings.live import kept
from gatherings.live.actions import PRESSES, Outcome, Press, press
from gatherings.live.queries import Held, held_of, list_unconfirmed
from gatherings.live.rules import Board, board, presses
from gatherings.live.rules.shown import ENDED, WAITING
from gatherings.live.words import ago_words, called, last_words, lateness, now_words
from gatherings.organise.access import may, organiser
from gatherings.organise.routes.blueprint import bp
from gatherings.web.answers import go, wants_fragment
from gatherings.web.i18n import gettext, words

PAGE = "/events/<event>/live"
SOON = timedelta(hours=2)  # before this long before the planned start, one only tries it
_LONGEST = 100  # characters of what a form may name
NOTHING = say("There is nothing in the running order of this gathering yet.")
_NOTES = {
    "late": say("Somebody else was quicker, so your press did nothing."),
    "nothing": say("That press has no meaning now, so nothing was changed."),
    "forgotten": say("Nothing of it was kept."),
}


@bp.get(PAGE)
@may("run")
def live(event: Event) -> Response:
    """Show the run of show to its hosts: before it, while it is on, and what really happened."""
    held = held_of(current_session(), event.id, for_hosts=True)
    if held is None or not held.plan:
        return make_response(render_template("organise/live/none.html", event=event, community=event.community))
    values = _values(event, held)
    said = words(_NOTES[request.args["said"]]) if request.args.get("said") in _NOTES else ""
    if request.args.get("said") == "late":
        said = f"{ago_words(held.run, values['now'])} {said}"
    return kept.tell_time(make_response(render_template("organise/live/page.html", said=said, **values)))


@bp.get(f"{PAGE}/board")
@may("run")
def live_board(event: Event) -> Response:
    """Give the pieces of the screen that have changed since the one that asks saw them; nothing (204) if none has."""
    held = held_of(current_session(), event.id, for_hosts=True)
    if held is None or not held.plan:
        raise Conflict(NOTHING)
    values = _values(event, held)
    seen = request.args.get("v", "")[:_LONGEST]
    if seen == values["version"]:
        return kept.tell_time(make_response("", 204))
    turn, _, rest = seen.partition("-")
    same = rest.partition("-")[0] == values["controls"] and turn == str(held.run.turn)
    news = "" if turn == str(held.run.turn) else f"{ago_words(held.run, values['now'])} {now_words(values['board'])}"
    return _pieces(values, buttons=not same, news=news)


@bp.post(f"{PAGE}/press")
@may("run")
def live_press(event: Event) -> Response:
    """Take a host's press; on an old turn it does nothing, and says who was quicker."""
    event_id, slug, made = event.id, event.slug, _made()
    outcome = transact(press, event_id, made, now=utc_now())
    kept.press_made(slug)
    path = f"/organise/events/{slug}/live"
    if not wants_fragment():
        return go(f"{path}?said={_said(outcome, made)}" if _said(outcome, made) else path)
    session = current_session()
    held = held_of(session, event_id, for_hosts=True)
    if held is None:
        raise NotFound()
    values = _values(session.get_one(Event, event_id, options=[joinedload(Event.community)]), held)
    key = _said(outcome, made)
    said = words(_NOTES[key]) if key else ""
    if key == "late":
        said = f"{ago_words(held.run, values['now'])} {said}"
    return _pieces(values, buttons=True, note=said, news="" if said else now_words(values["board"]))


@bp.get(f"{PAGE}/times.csv")
@may("run")
def live_times(event: Event) -> Response:
    """Give what was planned and what really happened as a table, times on the event's clock."""
    held = held_of(current_session(), event.id, for_hosts=True)
    if held is None:
        raise Conflict(NOTHING)
    writer = Writer()
    rows = ["kind", "title", "speakers", "planned_start", "planned_seconds", "began", "ended", "spoken_seconds",
            "extended_seconds", "paused_seconds", "left_out"]  # fmt: skip
    lines = [BOM + writer.row(rows)]
    for timed in held.plan:
        part = timed.item
        lines.append(
            writer.row([
                part.kind, part.title, part.speakers, _stamp(timed.starts_at, event), part.seconds,
                _stamp(part.began_at, event), _stamp(part.ended_at, event), part.spoken, part.extended_seconds,
                part.paused_seconds, "yes" if part.skipped else "no",
            ])
        )  # fmt: skip
    made = Response("".join(lines), content_type="text/csv; charset=utf-8")
    made.headers["Content-Disposition"] = f'attachment; filename="times-{event.slug}.csv"'
    return made


def _stamp(moment: datetime | None, event: Event) -> str:
    return "" if moment is None else to_local(moment, event.zone).isoformat(" ", "seconds")[:19]


def _made() -> Press:
    """Read a press from the form; what is not a number counts as none."""
    form, person = request.form, organiser()
    name = form.get("press", "")
    if name not in PRESSES:
        raise NotFound()
    return Press(
        name,
        seen=_number(form.get("seen"), -1),
        by=person.name or gettext("Another host"),
        actor=person.public_id,
        age=_number(form.get("age"), 0),
        seconds=max(-3600, min(3600, _number(form.get("seconds"), 0))),
        item=form.get("item", "")[:_LONGEST],
    )


def _number(text: str | None, otherwise: int) -> int:
    text = (text or "").strip()
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdecimal() and len(digits) < 9 else otherwise


def _said(outcome: Outcome, made: Press) -> str:
    """Give the key of the note that a press leads to, if any; one's own second press on a turn needs none."""
    if outcome.done:
        return "forgotten" if made.name == "forget" else ""
    if not outcome.stale:
        return "nothing"
    again = (outcome.run.pressed_by, outcome.run.pressed, outcome.run.turn) == (made.by, made.name, made.seen + 1)
    return "" if again else "late"


def _pieces(values: dict[str, Any], **more: Any) -> Response:
    made = make_response(render_template("organise/live/_pieces.html", oob=True, **values, **more))
    made.vary.add("HX-Request")
    return kept.tell_time(made)


def _values(event: Event, held: Held) -> dict[str, Any]:
    """Give all that the screen shows; `version` is "turn-controls-hash"."""
    now = utc_now()
    shown = board(held.plan, held.run, now)
    controls = hashlib.sha256(repr((shown.state, shown.changing, shown.rehearsal, _soon(shown, now))).encode())
    hashed = hashlib.sha256(repr((shown, held.event)).encode()).hexdigest()[:16]
    key = controls.hexdigest()[:8]
    return {
        "event": event,
        "community": event.community,
        "facts": held.event,
        "held": held,
        "board": shown,
        "now": now,
        "zone": event.zone,
        "path": f"/organise/events/{event.slug}/live",
        "controls": key,
        "version": f"{held.run.turn}-{key}-{hashed}",
        "late_words": lateness(shown),
        "late": _tone(shown),
        "soon": _soon(shown, now),
        "called": called,
        "may_return": {timed.item.public_id for timed in held.plan[presses.after(held.plan, held.run) :]},
        "unconfirmed": list_unconfirmed(current_session(), held.event.order_id) if shown.state == WAITING else [],
        "last": last_words(held.run, event.zone),
    }


def _tone(shown: Board) -> str:
    return "over" if shown.over else "late" if shown.following is not None and shown.following.moved >= 10 else ""


def _soon(shown: Board, now: datetime) -> bool:
    """Tell whether the evening is near enough to begin in earnest; before that one only tries it."""
    if shown.state == ENDED:
        return True
    return bool(shown.items) and now >= shown.items[0].planned_starts_at - SOON
