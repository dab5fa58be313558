"""Finished public answers, given again in front of Flask until a write or a moment in time makes them old.

What is kept is the same for everybody who asks with the same address, host, zone and kind of answer, and carries no
cookie. Each look first asks the database for a stamp: a few numbers that only ever grow, raised by whatever changes
something public. An answer is given again only under the very stamp it was made with, so it is never stale after a
write, whichever process wrote.
"""

import logging
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache, wraps
from typing import TYPE_CHECKING, Any

import brotli
from flask import Response, request
from sqlalchemy.orm import Session

from gatherings.core.clock import utc_now
from gatherings.core.tokens import new_public_id
from gatherings.db.session import current_session
from gatherings.db.stamps import Stamp, Stamps
from gatherings.web.i18n import LANGUAGES, language_of

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication

log = logging.getLogger("gatherings.requests")

BYTES_KEPT = 16 * 1024 * 1024
LONGEST = timedelta(seconds=60)  # "begins in 20 minutes" is true for a minute
_LONGEST_PART = 200  # characters of each thing in a key: what strangers send is not what fills the memory
_MARK = "gatherings.keep"  # in the environ: (stamp, until) of an answer that may be kept
_OWN = frozenset({"date", "x-request-id"})  # set anew for each answer
_NOT_IN_304 = frozenset({"content-length", "content-type", "content-disposition", "content-encoding"})
_NEVER = re.compile(r";\s*q=0(\.0*)?\s*$")
_ALONE = "gatherings.alone"  # in the environ: this answer is one visitor's
_PACK = "gatherings.pack"  # in the environ: how hard to pack it, for brotli
_FAST, _BEST = 5, 11
# A page that was made anew within this time changes with every registration: packing it hard would cost as much as
# making it. One that stays is packed once and sent often.
_CALM = timedelta(seconds=10)

Key = tuple[str | None, ...]
_PACKING = 3  # where in a key the packing stands


@dataclass(frozen=True)
class Kept:
    """A finished answer with status 200: its bytes and headers, when (UTC) it was made and until when it is true."""

    stamp: Stamp
    until: datetime
    body: bytes
    headers: tuple[tuple[str, str], ...]
    made_at: datetime
    etag: str | None = None

    @property
    def size(self) -> int:
        """Give about the bytes of memory that this needs."""
        return len(self.body) + 2000


class PageCache:
    """The answers that were asked for last, up to a number of bytes; safe to use from many threads."""

    def __init__(self, most: int = BYTES_KEPT) -> None:
        self._most = most
        self._size = 0
        self._kept: OrderedDict[Key, Kept] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, key: Key) -> Kept | None:
        """Give what is kept for a key; whether it still is true is for the caller to see."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
            return kept

    def keep(self, key: Key, kept: Kept) -> None:
        """Keep an answer; the ones that were asked for longest ago make room for it."""
        with self._lock:
            self._drop(key)
            self._kept[key] = kept
            self._size += kept.size
            while self._size > self._most and len(self._kept) > 1:
                self._drop(next(iter(self._kept)))

    def _drop(self, key: Key) -> None:
        old = self._kept.pop(key, None)
        if old is not None:
            self._size -= old.size


def kept(
    stamp_of: Callable[[Session], Stamp], boundary: Callable[[Session, datetime], datetime | None]
) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """Let what a public view answers be kept.

    It is made anew when `stamp_of(session)` has changed, at the next `boundary(session, now)`, and each minute.
    """

    def keeping(view: Callable[..., Response]) -> Callable[..., Response]:
        @wraps(view)
        def marked(**values: str) -> Response:
            session, now = current_session(), utc_now()
            stamp = stamp_of(session)  # before the view reads anything
            next_edge = boundary(session, now)
            response = view(**values)
            if request.environ.get(_ALONE):
                return response
            if response.mimetype == "text/html" and response.status_code == 200:
                response.vary.add("Accept-Encoding")
                if request.accept_encodings["br"] > 0:
                    response.set_data(brotli.compress(response.get_data(), quality=request.environ.get(_PACK, _FAST)))
                    response.headers["Content-Encoding"] = "br"
            until = now + LONGEST if next_edge is None else min(now + LONGEST, next_edge)
            request.environ[_MARK] = (stamp, until)
            return response

        return marked

    return keeping


def for_one_alone(response: Response) -> Response:
    """Let what a kept view answers this time be kept by nobody: something in it is this visitor's (a form's key)."""
    request.environ[_ALONE] = True
    response.headers["Cache-Control"] = "private, no-cache"
    return response


class KeptFirst:
    """WSGI middleware that answers from the cache, and keeps what views have marked."""

    def __init__(
        self, app: "WSGIApplication", cache: PageCache, stamps: Stamps, languages: tuple[str, ...] = LANGUAGES
    ) -> None:
        self._app = app
        self._cache = cache
        self._stamps = stamps
        self._languages = languages

    def __call__(self, environ: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
        key = _key(environ, self._languages)
        if key is None:
            return self._app(environ, start_response)
        found, now = self._cache.find(key), utc_now()
        if found is not None and now < found.until and self._stamps.read() == found.stamp:
            return _give(found, environ, start_response)
        changes = environ["QUERY_STRING"] or (found is not None and now - found.made_at < _CALM)
        environ[_PACK] = _FAST if changes else _BEST
        return self._make(key, environ, start_response)

    def _make(self, key: Key, environ: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
            started[:] = [(status, headers)]
            return start_response(status, headers, exc_info)

        answer = self._app(environ, start)
        mark = environ.get(_MARK)
        if mark is None or environ["REQUEST_METHOD"] != "GET" or not started or not started[0][0].startswith("200"):
            return answer
        headers = tuple((name, value) for name, value in started[0][1] if name.lower() not in _OWN)
        names = {name.lower(): value for name, value in headers}
        if "set-cookie" in names or names.get("content-encoding", key[_PACKING]) != key[_PACKING]:
            return answer
        try:
            body = b"".join(answer)
        finally:
            if hasattr(answer, "close"):
                answer.close()
        if len(body) == int(names.get("content-length", -1)):
            stamp, until = mark
            self._cache.keep(key, Kept(stamp, until, body, headers, utc_now(), names.get("etag")))
        return [body]


def _key(environ: dict[str, Any], languages: tuple[str, ...]) -> Key | None:
    """Give what an answer depends on besides the database and the time; None for what is never kept.

    Other headers are taken as they came: two spellings of one wish are kept twice, and never mixed up.
    """
    get = environ.get
    cookie = get("HTTP_COOKIE") or ""
    if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
        return None
    if cookie and (";" in cookie or not cookie.startswith("zone=")):
        return None
    key: Key = (
        environ["PATH_INFO"],
        environ["QUERY_STRING"],
        cookie,
        _packing(get("HTTP_ACCEPT_ENCODING") or ""),
        language_of(get("HTTP_ACCEPT_LANGUAGE") or "", languages),
        get("HTTP_HOST"),
        get("wsgi.url_scheme"),
        get("HTTP_X_VISITOR_ZONE"),
        get("HTTP_HX_REQUEST"),
        get("HTTP_HX_BOOSTED"),
        get("HTTP_HX_HISTORY_RESTORE_REQUEST"),
    )
    return None if any(part is not None and len(part) > _LONGEST_PART for part in key) else key


@lru_cache(256)
def _packing(accepted: str) -> str:
    """Give the packing that an answer to this `Accept-Encoding` may have, at the most: br, gzip or none."""
    taken = {part.split(";")[0].strip() for part in accepted.lower().split(",") if not _NEVER.search(part)}
    return next((packing for packing in ("br", "gzip") if packing in taken), "")


def _give(found: Kept, environ: dict[str, Any], start_response: "StartResponse") -> list[bytes]:
    request_id = new_public_id()[:12]
    headers = [*found.headers, ("X-Request-Id", request_id)]
    fresh = found.etag is not None and _names(environ.get("HTTP_IF_NONE_MATCH"), found.etag)
    if log.isEnabledFor(logging.INFO):
        log.info("%s (kept) %s", environ["REQUEST_METHOD"], 304 if fresh else 200, extra={"request_id": request_id})
    if fresh:
        start_response("304 NOT MODIFIED", [pair for pair in headers if pair[0].lower() not in _NOT_IN_304])
        return []
    start_response("200 OK", headers)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [found.body]


def _names(if_none_match: str | None, etag: str) -> bool:
    """Tell whether a header names this version (RFC 9110 13.1.2: weakly compared)."""
    if not if_none_match:
        return False
    wanted = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return "*" in wanted or etag.removeprefix("W/") in wanted
