"""What a call says of itself, in words with both clocks (templates/calls/_call_state.html)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gatherings.calls.queries.call import told_of
from gatherings.calls.routes.blueprint import bp
from gatherings.calls.rules.call import CallState, Room, room_of, state_of, time_left
from gatherings.core import zones
from gatherings.db import current_session
from gatherings.web.i18n import gettext as _
from gatherings.web.i18n import ngettext, words
from gatherings.web.times import instant_words, length_words


@dataclass(frozen=True)
class CallTold:
    """A call in words: its state, what comes next and when (`mine`: on the reader's clock, if another)."""

    state: str
    heading: str
    comes: str
    mine: str
    there: str
    slots: str
    minutes: str
    room: Room


@bp.app_template_global("call_told")
def call_told(call: Any, event: Any, zone: str | None, now: datetime, *, to_hosts: bool = False) -> CallTold:
    """Put a call into words for a reader in `zone` (None: unknown): who might speak, or the hosts."""
    state, told = state_of(call, event, now), told_of(current_session(), call.id)
    room = room_of(call, event, told)
    heading, comes, at = _moment(call, event, state, now)
    mine = ""
    if at is not None and zone is not None and zones.to_local(at, zone) != zones.to_local(at, event.zone):
        mine = _("%(when)s, your time", when=instant_words(at, zone, now))
    there = instant_words(at, event.zone, now) if at is not None else ""
    slots, minutes = slot_length_words(call), _minutes(room, state, to_hosts)
    return CallTold(state.value, heading, comes, mine, there, slots, minutes, room)


def _moment(call: Any, event: Any, state: CallState, now: datetime) -> tuple[str, str, datetime | None]:
    closes = min(call.closes_at, event.ends_at)
    if state is CallState.NOT_YET:
        opens = _("It opens %(when)s:", when=words(time_left(call.opens_at - now)))
        return _("The call is not open yet"), opens, call.opens_at
    if state is CallState.OPEN:
        return _("The call is open"), _("It closes %(when)s:", when=words(time_left(closes - now))), closes
    if state is CallState.CLOSED:
        return _("The call has closed"), _("It closed:"), closes
    if state is CallState.CANCELLED:
        return _("This gathering was cancelled by its hosts."), "", None
    return _("The call is a draft"), _("It would open:"), call.opens_at


def slot_length_words(call: Any) -> str:
    """Say how long a slot is: "A slot is 3:00 minutes long, or anything from 2:00 to 5:00"."""
    usual, least, most = (length_words(one) for one in (call.slot_seconds, call.least_seconds, call.most_seconds))
    if call.least_seconds == call.most_seconds:
        return _("A slot is %(usual)s minutes long.", usual=usual)
    if call.most_seconds == call.slot_seconds:
        return _("A slot is %(usual)s minutes long, or shorter, down to %(least)s.", usual=usual, least=least)
    if call.least_seconds == call.slot_seconds:
        return _("A slot is %(usual)s minutes long, or longer, up to %(most)s.", usual=usual, most=most)
    return _(
        "A slot is %(usual)s minutes long, or anything from %(least)s to %(most)s.", usual=usual, least=least, most=most
    )


def _minutes(room: Room, state: CallState, to_hosts: bool) -> str:
    if state in (CallState.CLOSED, CallState.CANCELLED):
        return ""
    if room.more == 0 and to_hosts:
        return _("Every place is given. Whom you put on reserve is asked when somebody cannot come.")
    if room.more == 0:
        return _("Every place is given at the moment. You can still offer yours: somebody may not be able to come.")
    left = length_words(room.left)
    return ngettext(
        "%(left)s minutes are left: room for one more slot.",
        "%(left)s minutes are left: room for %(num)s more slots.",
        room.more,
        left=left,
    )
