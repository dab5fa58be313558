"""Finished public answers, kept in this process until a write or a moment in time makes them old.

What is kept is the same for everybody with the same address, zone and language. Each look first asks the database
for a stamp: a few numbers that only ever grow, raised by whatever changes something public. An answer is given again
only under the very stamp it was made with, so it is never stale after a write, whichever process wrote.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps

import brotli
from flask import Response, current_app, make_response, request
from sqlalchemy.orm import Session

from gatherings.core.clock import utc_now
from gatherings.db.session import current_session
from gatherings.web.answers import wants_fragment
from gatherings.web.i18n import locale_now
from gatherings.web.visitor import visitor_zone

BYTES_KEPT = 16 * 1024 * 1024
LONGEST = timedelta(seconds=60)  # "begins in 20 minutes" is true for a minute
_OWN = frozenset({"content-length", "date", "vary", "x-request-id"})  # set anew for each answer


@dataclass(frozen=True)
class Kept:
    """A finished answer: its bytes plain and (pages) in brotli, and until when (UTC) it is true."""

    stamp: Hashable
    until: datetime
    plain: bytes
    packed: bytes | None
    headers: tuple[tuple[str, str], ...]

    @property
    def size(self) -> int:
        """Count the bytes that are kept."""
        return len(self.plain) + len(self.packed or b"")


class PageCache:
    """The answers that were asked for last, up to a number of bytes; safe to use from many threads."""

    def __init__(self, most: int = BYTES_KEPT) -> None:
        self._most = most
        self._size = 0
        self._kept: OrderedDict[Hashable, Kept] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, key: Hashable, stamp: Hashable, now: datetime) -> Kept | None:
        """Give what is kept for a key if it still is what the database would say at `now`."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or kept.stamp != stamp or now >= kept.until:
                return None
            self._kept.move_to_end(key)
            return kept

    def keep(self, key: Hashable, kept: Kept) -> None:
        """Keep an answer; the ones that were asked for longest ago make room for it."""
        with self._lock:
            self._drop(key)
            self._kept[key] = kept
            self._size += kept.size
            while self._size > self._most and len(self._kept) > 1:
                self._drop(next(iter(self._kept)))

    def _drop(self, key: Hashable) -> None:
        old = self._kept.pop(key, None)
        if old is not None:
            self._size -= old.size


def kept(
    stamp_of: Callable[[Session], Hashable], boundary: Callable[[Session, datetime], datetime | None]
) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """Keep what a public view answers, by address, zone, language and kind (page or fragment).

    It is made anew when `stamp_of(session)` has changed, at the next `boundary(session, now)`, and each minute.
    """

    def keeping(view: Callable[..., Response]) -> Callable[..., Response]:
        @wraps(view)
        def through_cache(**values: str) -> Response:
            if len(request.query_string) > 200:
                return view(**values)
            cache: PageCache = current_app.extensions["gatherings.pages"]
            session, now = current_session(), utc_now()
            stamp = stamp_of(session)
            key = (request.path, request.query_string, visitor_zone(), locale_now(), wants_fragment())
            found = cache.find(key, stamp, now)
            if found is not None:
                return _answer(found)
            next_edge = boundary(session, now)
            until = min(now + LONGEST, next_edge) if next_edge is not None else now + LONGEST
            response = view(**values)
            if response.status_code == 200 and "Set-Cookie" not in response.headers:
                cache.keep(key, _finished(stamp, until, response))
            return response

        return through_cache

    return keeping


def _finished(stamp: Hashable, until: datetime, response: Response) -> Kept:
    plain = response.get_data()
    packed = brotli.compress(plain, quality=5) if response.mimetype == "text/html" else None
    headers = tuple((name, value) for name, value in response.headers if name.lower() not in _OWN)
    return Kept(stamp, until, plain, packed, headers)


def _answer(found: Kept) -> Response:
    packed = found.packed if found.packed is not None and request.accept_encodings["br"] > 0 else None
    response = make_response(packed or found.plain)
    for name, value in found.headers:
        response.headers[name] = value
    if found.packed is not None:
        response.vary.update(("HX-Request", "Accept-Encoding"))
    if packed is not None:
        response.headers["Content-Encoding"] = "br"
    if "ETag" in response.headers:
        response.make_conditional(request)
    return response
