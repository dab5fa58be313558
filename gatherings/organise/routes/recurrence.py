"""The recurrence builder: the dates of a rule are seen, with all that they mean, before it is saved."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Response, request

from gatherings.core import zones
from gatherings.core.clock import utc_now
from gatherings.core.errors import Conflict, InvalidInput, Problem
from gatherings.core.recurrence import Rule
from gatherings.core.words import Sentence
from gatherings.db import current_session, transact
from gatherings.events.models import Event, Series
from gatherings.organise.access import may, organiser
from gatherings.organise.forms.reading import starts_asked
from gatherings.organise.forms.recurrence import RuleForm, first_rule, rule_form, skipped_of
from gatherings.organise.routes.blueprint import bp
from gatherings.planning.actions.rule_setting import NO_ROOM, count_kept, is_same, set_rule
from gatherings.planning.queries.dates import get_series, list_live_dates, list_made_dates
from gatherings.planning.queries.people import People, people_of_series
from gatherings.planning.rules import building
from gatherings.planning.rules.building import Built, Coming
from gatherings.planning.rules.clocks import other_zones
from gatherings.planning.rules.stretches import Move, NoRoom, Stretch, moves, stands_as_it_is
from gatherings.web.answers import answer, go
from gatherings.web.i18n import words
from gatherings.web.requests import settings
from gatherings.web.times import Clock, clock, time_words, weekday_words
from gatherings.web.visitor import visitor_zone

SHOWN = 12
_OTHERS = 3


@dataclass(frozen=True)
class Fate:
    """What becomes of a date that is made already: its present start, and the new one (None: called off)."""

    event: Event
    old: Clock
    new: Clock | None
    moves: bool
    people: int


@dataclass(frozen=True)
class Look:
    """What a rule would give, and what that means: shown before anything is saved."""

    words: Sentence
    time: str
    dates: Sequence[tuple[Coming, Clock, Sequence[tuple[Clock, str]]]]
    fates: Sequence[Fate]
    new: int
    skipped_months: Sentence | None
    same: bool
    ends: bool
    people: People
    mark: str


def rule_words_of(series: Series) -> str | None:
    """Say a series' rule in words, None for one without."""
    if not series.rules:
        return None
    rule = series.rules[-1]
    parsed = Rule.parse(rule.rule)
    said = parsed if rule.until_at is None else parsed.with_until(rule.until_at)
    return words(said.words(rule.zone))


@bp.route("/series/<series>/rule", methods=["GET", "POST"])
@may("edit")
def rule(series: Series) -> Response:
    """Show a series' rule as a form, its dates at the first press, and save it at the second."""
    built, unshown = _present(series)
    form = rule_form(built, _later_dates(series))
    if request.method != "POST":
        form.edits.data = str(series.edits)
        since = request.args.get("since", "")  # "all from here on", asked for at a date
        form.since.data = since if since in [key for key, _words in form.since.choices] else ""
        kinder = starts_asked(request.args.get("starts", ""))  # an hour that was found to be a kinder one
        if kinder is not None:
            form.at.data = f"{kinder:%H:%M}"
        return _page(form, series, unshown=unshown)
    if not form.validate():
        return _page(form, series, status=422)
    try:
        wanted = form.built()
        look = _look(series, wanted, form.since.data)
    except InvalidInput as refusal:
        form.take_problems(refusal)
        return _page(form, series, status=422)
    pressed, shown = request.form.get("do"), form.shown.data
    if pressed == "save" and look.same and not request.form.getlist("skipped"):  # pressed twice
        return go(f"/organise/series/{series.slug}?done=there")
    form.shown.data = look.mark
    if pressed != "save" or shown != look.mark:  # nothing is saved that was not seen
        form.edits.data = str(series.edits)
        return _page(form, series, look=look, changed_since=pressed == "save")
    return _save(form, series, wanted)


def _save(form: RuleForm, series: Series, wanted: Built) -> Response:
    series_id, slug = series.id, series.slug
    text = form.edits.data or ""
    stretch = Stretch(building.pattern_of(wanted), building.starts_of(wanted), wanted.zone)
    try:
        done = transact(
            set_rule,
            series_id,
            stretch,
            wanted.minutes,
            settings().site,
            skipped=skipped_of(request.form.getlist("skipped")),
            since=form.since.data,
            edits=int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else -1,
            actor=organiser().public_id,
            now=utc_now(),
        )
    except InvalidInput as refusal:
        form.take_problems(refusal)
        return _page(form, get_series(current_session(), series_id), status=422)
    except Conflict as conflict:
        series = get_series(current_session(), series_id)
        look = _look(series, wanted, form.since.data)
        form.edits.data, form.shown.data = str(series.edits), look.mark
        return _page(form, series, look=look, conflict=conflict.sentence, status=409)
    return go(f"/organise/series/{slug}?done={'rule' if done else 'there'}")


def _present(series: Series) -> tuple[Built, str | None]:
    """Give what the form begins with: the series' rule; for one that it cannot show, a first one and its words."""
    if not series.rules:
        return first_rule(zones.to_local(utc_now(), series.community.zone).date(), series.community.zone), None
    stretch = series.rules[-1]
    parsed = Rule.parse(stretch.rule)
    built = building.built_of(parsed, stretch.starts_local, stretch.zone, stretch.minutes)
    if built is not None:
        return built, None
    today = zones.to_local(utc_now(), stretch.zone).date()
    return first_rule(today, stretch.zone), words(parsed.words(stretch.zone))


def _look(series: Series, wanted: Built, since: str) -> Look:
    """Work out what a rule gives; raises InvalidInput where it gives no date."""
    session, now = current_session(), utc_now()
    pattern, starts = building.pattern_of(wanted), building.starts_of(wanted)
    found = building.coming(pattern, starts, wanted.zone, wanted.minutes, now=now, limit=SHOWN)
    people = people_of_series(session, series.id, now)
    stretch = Stretch(pattern, starts, wanted.zone)
    same = is_same(series, stretch, wanted.minutes, now)
    live = list_live_dates(session, series, now)
    kept = count_kept([date.slug for date in live], since)
    fates, new = ([], 0) if same else _fates(series, live, stretch, wanted.minutes, people, now, kept)
    begins = fates[kept].new if fates and kept else None
    if begins is not None:  # what stays until then is told below
        found = [one for one in found if one.starts_at.isoformat() >= begins.starts_iso]
    beside = _zones_beside(wanted.zone, people, found[0].starts_at if found else now)
    beyond = building.coming(pattern, starts, wanted.zone, wanted.minutes, now=now, limit=SHOWN + 1)
    return Look(
        words=pattern.words(wanted.zone),
        time=time_words(wanted.at),
        dates=[_row(one, wanted.zone, beside, now) for one in found],
        fates=fates,
        new=new,
        skipped_months=building.skipped_months(wanted),
        same=same,
        ends=len(beyond) <= SHOWN,
        people=people,
        mark=_mark(stretch, wanted.minutes, since, series),
    )


def _fates(
    series: Series, live: Sequence[Event], stretch: Stretch, minutes: int, people: People, now: datetime, kept: int
) -> tuple[list[Fate], int]:
    """Say for each date that is made and to come what becomes of it, and how many of those ahead will be new."""
    if not live:
        return [], 0
    old, free = series.rules[-1], stretch.coming(now)
    originals = [
        date.original_local for date in list_made_dates(current_session(), series.id) if date.series_rule_id == old.id
    ]
    present = [date.original_local for date in live]
    if stretch.zone == old.zone and stands_as_it_is(originals, present, free, stretch):
        going = [Move(local, stays=True) for local in present]
    else:
        try:
            going = moves([date.starts_local for date in live], stretch, now, kept=kept)
        except NoRoom as refusal:
            raise InvalidInput([Problem("since", NO_ROOM)]) from refusal
    fates = []
    for number, (date, move) in enumerate(zip(live, going, strict=True)):
        longer = timedelta() if number < kept else timedelta(minutes=minutes - old.minutes)
        fates.append(_fate(date, move, stretch.zone, old.minutes, longer, people.by_date.get(date.id, 0), now))
    taken = {move.original for move in going}
    new = 0 if series.status != "published" else sum(local not in taken for local in free[: series.ahead])
    return fates, new


def _fate(date: Event, move: Move, zone: str, usual: int, longer: timedelta, people: int, now: datetime) -> Fate:
    """Say what becomes of one date; those of the `usual` length become `longer` with the rule."""
    was = clock(date.starts_at, date.ends_at, date.zone, now=now)
    if move.original is None:
        return Fate(date, was, None, False, people)
    length = date.ends_at - date.starts_at
    if date.ends_local - date.starts_local == timedelta(minutes=usual):
        length += longer
    begins, where = date.starts_at, date.zone
    if not move.stays:
        begins, where = zones.to_utc_rfc(move.original, zone)[0], zone
    becomes = clock(begins, begins + length, where, now=now)
    moved = (becomes.starts_iso, becomes.ends_iso) != (was.starts_iso, was.ends_iso)
    return Fate(date, was, becomes, moved, people)


def _later_dates(series: Series) -> list[tuple[str, str]]:
    """List the dates to come after the next one: a rule can hold from one of them on."""
    now = utc_now()
    live = list_live_dates(current_session(), series, now)
    return [(date.slug, clock(date.starts_at, date.ends_at, date.zone, now=now).start) for date in live[1:]]


def _zones_beside(host: str, people: People, at: datetime) -> list[str]:
    """Choose whose clocks stand beside the host's: one's own, then three where people are, or the world's."""
    own = visitor_zone()
    mine = [own] if own is not None and own != host else []
    return [*mine, *[zone for zone in other_zones(host, people.zones, at) if zone not in mine][:_OTHERS]]


def _row(
    one: Coming, host: str, beside: Sequence[str], now: datetime
) -> tuple[Coming, Clock, Sequence[tuple[Clock, str]]]:
    """Read a date on several clocks; beside the host's, each with its weekday where it is another day there."""
    here = clock(one.starts_at, one.ends_at, host, now=now)
    others = [clock(one.starts_at, one.ends_at, zone, now=now) for zone in beside]
    days = [weekday_words(other.date.weekday()) if other.date != here.date else "" for other in others]
    return one, here, list(zip(others, days, strict=True))


def _mark(stretch: Stretch, minutes: int, since: str, series: Series) -> str:
    """Tell what was looked at by a few characters: a rule in the state that the series has now."""
    seen: tuple[Any, ...] = (stretch.rule.text, stretch.starts.isoformat(), stretch.zone, minutes, since, series.edits)
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]


def _page(
    form: RuleForm,
    series: Series,
    *,
    status: int = 200,
    look: Look | None = None,
    unshown: str | None = None,
    changed_since: bool = False,
    conflict: Sentence | None = None,
) -> Response:
    return answer(
        "organise/series_rule.html",
        status=status,
        form=form,
        series=series,
        community=series.community,
        look=look,
        skipped=set(request.form.getlist("skipped")),
        unshown=unshown,
        changed_since=changed_since,
        conflict=words(conflict) if conflict is not None else None,
        now=utc_now(),
    )
