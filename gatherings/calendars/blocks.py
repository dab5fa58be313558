"""Feeds joined from stored calendar bytes; a block that is missing is written on the fly, by the same rules."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from threading import Lock
from typing import Any

from sqlalchemy.orm import Session

from gatherings import ics
from gatherings.calendars import queries, rules
from gatherings.events.models import Event, Series
from gatherings.invites.rules import public_entry, series_entries

_CACHE_BYTES = 8 * 1024 * 1024


class FeedCache:
    """Joined feeds by everything that they depend on; the least used go first, 8 MiB in all, per process."""

    def __init__(self, most: int = _CACHE_BYTES) -> None:
        self._most = most
        self._held = 0
        self._feeds: OrderedDict[tuple[Any, ...], tuple[bytes, str]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: tuple[Any, ...]) -> tuple[bytes, str] | None:
        """Give a feed's bytes and ETag."""
        with self._lock:
            found = self._feeds.get(key)
            if found is not None:
                self._feeds.move_to_end(key)
            return found

    def put(self, key: tuple[Any, ...], data: bytes) -> tuple[bytes, str]:
        """Keep a feed; give its bytes and ETag."""
        made = (data, ics.strong_etag(data))
        with self._lock:
            old = self._feeds.pop(key, None)
            self._held += len(data) - (len(old[0]) if old else 0)
            self._feeds[key] = made
            while self._held > self._most and len(self._feeds) > 1:
                _, (gone, _etag) = self._feeds.popitem(last=False)
                self._held -= len(gone)
        return made


_cache = FeedCache()


def event_file(event: Event, base_url: str) -> bytes:
    """Give the calendar file of one event, with nothing personal in it."""
    return ics.calendar([_event_block(event, base_url)])


def series_feed(session: Session, series: Series, base_url: str, now: datetime) -> bytes:
    """Give the feed of a series: its rules with every date that differs, or its editions."""
    blocks = _series_blocks(session, series, base_url, now)
    blocks += [_event_block(event, base_url) for event in queries.list_feed_events(session, now, series=series)]
    return _joined(blocks, series.title)


def community_feed(
    session: Session, community: queries.CommunityState, base_url: str, now: datetime
) -> tuple[bytes, str]:
    """Give the feed of a community and its ETag; joined once for each state of it and each day."""
    key = (base_url, community.id, community.name, community.state, rules.start_of_day(now))
    found = _cache.get(key)
    if found is not None:
        return found
    blocks: list[ics.Block] = []
    for series in queries.list_feed_series(session, community.id, now):
        blocks += _series_blocks(session, series, base_url, now)
    events = queries.list_feed_events(session, now, community_id=community.id)
    blocks += [_event_block(event, base_url) for event in events]
    return _cache.put(key, _joined(blocks, community.name))


def _joined(blocks: Sequence[ics.Block], name: str) -> bytes:
    return ics.calendar(blocks, name=name, feed=True)


def _event_block(event: Event, base_url: str) -> ics.Block:
    if event.calendar_block is None:
        return ics.vevent(public_entry(event, base_url))
    return ics.Block(event.calendar_block, event.calendar_zones)


def _series_blocks(session: Session, series: Series, base_url: str, now: datetime) -> list[ics.Block]:
    """Give a series' stored bytes with the zones they name; a cancelled one says so for six weeks, then nothing."""
    if series.status == "cancelled":
        if not rules.still_told(series.changed_at, now):
            return []
        return _written(session, series, base_url, status="CANCELLED")
    if series.calendar_block is None:
        return _written(session, series, base_url)
    zones = (series.calendar_zones or "").split()
    if not series.calendar_block:
        return []
    # One block holds all of a series; further zones that its moved dates name come along as empty ones.
    return [ics.Block(series.calendar_block), *(ics.Block(b"", zone) for zone in zones)]


def _written(session: Session, series: Series, base_url: str, *, status: str | None = None) -> list[ics.Block]:
    whole, dates = queries.list_dates_of_series(session, series.id)
    blocks: list[ics.Block] = []
    for rule in whole.rules:
        own = [date for date in dates if date.series_rule_id == rule.id]
        entries = series_entries(whole, rule, own, base_url)
        blocks += ics.vevents(replace(entry, status=status or entry.status) for entry in entries)
    return blocks
