"""How the run of show is put into words and drawn, for one reader's clock."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from flask import render_template

from gatherings.core import covers
from gatherings.core.clock import utc_now
from gatherings.core.zones import to_local
from gatherings.live import kept
from gatherings.live.rules import Board, Shown
from gatherings.live.rules.turns import is_sure, until_start
from gatherings.web.i18n import gettext, ngettext
from gatherings.web.times import exact_words, instant_words, time_words

_FAR = timedelta(days=1)  # what is further away is said in days, and no clock ticks


def render(template: str, known: kept.Known, zone: str | None, *, still: bool, **more: Any) -> str:
    """Draw a screen, or the piece of it that is asked for again.

    `still`: nothing that changes by the second stands in it. The screen that asked counts by itself, and what it gets
    is the same until something happens.
    """
    event, board, now = known.event, known.board, known.read_at
    reader = zone or event.zone
    begins_at = board.items[0].planned_starts_at if board.items else event.starts_at
    return render_template(
        template,
        event=event,
        board=board,
        over=known.over,
        zone=reader,
        guessed=zone is None,
        still=still,
        version=kept.VERSION,
        server_clock=f"{utc_now().timestamp():.3f}",
        now=now,
        begins_at=begins_at,
        begins_words=_start_words(begins_at, reader, now),
        there_words=_start_words(begins_at, event.zone, now) if reader != event.zone else "",
        far_words=_far_words(begins_at, reader, now),
        start_words=partial(_expected_words, board, reader),
        until_start=partial(until_start, board, now=now),
        is_sure=partial(is_sure, board),
        cover=f"/events/{event.slug}/cover.svg?v="
        + covers.version("event", event.slug, event.accent, event.community_slug),
        **more,
    )


def _start_words(at: datetime, zone: str, now: datetime) -> str:
    """Write when it begins: "Tuesday 15 December, 18:00 in London"; with seconds where there are any."""
    return instant_words(at, zone, now, exact=bool(at.second))


def _far_words(at: datetime, zone: str, now: datetime) -> str:
    """Say how many days it is until then; an empty text where a clock counts."""
    if at - now < _FAR:
        return ""
    days = (to_local(at, zone).date() - to_local(now, zone).date()).days
    return gettext("Tomorrow") if days <= 1 else ngettext("In one day", "In %(num)s days", days)


def _expected_words(board: Board, zone: str, one: Shown) -> str:
    """Write when something begins, as expected now: to the second, or to the minute while that second moves on."""
    if board.state == "waiting":
        return exact_words(to_local(one.planned_starts_at, zone))
    at = to_local(one.starts_at, zone)
    return exact_words(at) if is_sure(board, one) else time_words(at)
