"""What hundreds of screens ask for every two seconds, read from the database once a second at most.

For each process and event one thread reads (one statement), and the others take what is there meanwhile. What a
screen shows is made once for that second, for each kind of screen, zone and language. A screen says which version it
has (`v=`) and gets 204 when that is what it would get again. Each answer tells the server's time, so that a screen
with a wrong clock counts the same seconds as all others.
"""

import hashlib
import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask import Response, current_app, make_response, request
from sqlalchemy.exc import DBAPIError

from gatherings.core.clock import utc_now
from gatherings.db import current_session
from gatherings.db.session import unavailable
from gatherings.live.queries import Facts, Held, find_held
from gatherings.live.rules import Board, board
from gatherings.live.rules.shown import ENDED, WAITING
from gatherings.web.i18n import language_now

EVERY = timedelta(seconds=1)  # how long what was read is good
AT_WORST = timedelta(seconds=60)  # how long it is shown while the database cannot be asked
STAYS = timedelta(seconds=60)  # how long screens go on asking after the end: it may have been pressed by mistake
FORGOTTEN = timedelta(hours=3)  # after the planned end, a run that nobody ended is over for screens
VERSION = "v-0000000000000000"  # stands in what is rendered where the version goes: hx-get="…?v={{ version }}"
_MOST = 200  # events that are kept at once; more is somebody trying addresses

CLOCK = "Clock"  # the header: seconds since 1970 with milliseconds


@dataclass(frozen=True)
class Known:
    """What is known of one event's run of show at `read_at`, with the answers made of it so far."""

    event: Facts
    board: Board
    read_at: datetime
    over: bool  # screens stop asking
    answers: dict[Hashable, tuple[str, str]] = field(default_factory=dict)  # (version, body)


def shown(slug: str, now: datetime) -> Known | None:
    """Give what screens may show of an event's run of show; None where there is no running order."""
    return _keeper().give(slug, now)


def press_made(slug: str) -> None:
    """Let the next screen that asks this process see a press at once; other processes see it within a second."""
    _keeper().drop(slug)


def answer(known: Known, screen: Hashable, render: Callable[[], str]) -> Response:
    """Answer a screen that asks again: what `render` gives, or 204 where it has that already, or 286 when it is over.

    `screen` is what the answer depends on besides the event and the language: the kind of screen, the zone, whose.
    `render` is called once a second at most for each; it puts VERSION where the screen's next request names it.
    """
    key = (screen, language_now())
    made = known.answers.get(key)
    if made is None:
        body = render()
        version = f"{known.board.turn}-{hashlib.sha256(body.encode()).hexdigest()[:16]}"
        made = known.answers[key] = (version, body.replace(VERSION, version))
    version, body = made
    if known.over:
        return tell_time(make_response(body, 286))
    if request.args.get("v") == version:
        return tell_time(make_response("", 204))
    response = tell_time(make_response(body))
    response.set_etag(version, weak=True)
    return response


def tell_time(response: Response) -> Response:
    """Write on an answer what the server's clock shows now; every answer of a screen carries it, kept ones too."""
    response.headers[CLOCK] = f"{utc_now().timestamp():.3f}"
    response.headers["Cache-Control"] = "no-store"
    return response


class Keeper:
    """The events whose screens somebody looks at, as they were read last; safe to use from many threads."""

    def __init__(self) -> None:
        self._known: dict[str, Known | None] = {}
        self._read_at: dict[str, datetime] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def give(self, slug: str, now: datetime) -> Known | None:
        """Give what was read within the last second; else read it, or give the last while somebody else reads."""
        read_at = self._read_at.get(slug)
        if read_at is not None and abs(now - read_at) < EVERY:
            return self._known.get(slug)
        with self._lock:
            if len(self._locks) >= _MOST and slug not in self._locks:
                self._clear()
            mine = self._locks.setdefault(slug, threading.Lock())
        patient = read_at is None or abs(now - read_at) > 2 * EVERY
        if not mine.acquire(blocking=patient):
            return self._known.get(slug)
        try:
            read_at = self._read_at.get(slug)
            if read_at is None or abs(now - read_at) >= EVERY:  # nobody did while we waited
                self._read(slug, now)
            return self._known.get(slug)
        finally:
            mine.release()

    def drop(self, slug: str) -> None:
        """Let the next one who asks read again."""
        self._read_at.pop(slug, None)

    def _read(self, slug: str, now: datetime) -> None:
        try:
            held = find_held(current_session(), slug)
        except DBAPIError as trouble:
            last = self._known.get(slug)
            if last is None or not unavailable(trouble) or now - last.read_at > AT_WORST:
                raise
            current_session().rollback()
            return  # the clocks of the screens go on by themselves
        self._known[slug] = None if held is None else _known(held, now)
        self._read_at[slug] = now

    def _clear(self) -> None:
        self._known.clear()
        self._read_at.clear()
        self._locks.clear()


def _keeper() -> Keeper:
    made: Keeper = current_app.extensions.setdefault("gatherings.live", Keeper())
    return made


def _known(held: Held, now: datetime) -> Known:
    return Known(held.event, board(held.plan, held.run, now), now, _is_over(held, now))


def _is_over(held: Held, now: datetime) -> bool:
    """Tell whether screens may stop asking: some time after the end, or long after an end that nobody pressed."""
    run = held.run
    if run.state == ENDED:
        return run.ended_at is None or now >= run.ended_at + STAYS
    planned_end = max([held.event.ends_at, *(timed.ends_at for timed in held.plan[-1:])])
    late = now >= planned_end + FORGOTTEN
    return late if run.state == WAITING or run.pressed_at is None else late and now >= run.pressed_at + FORGOTTEN
