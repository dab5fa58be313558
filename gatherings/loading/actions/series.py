"""Loading series: their rule, their dates, and what single dates have of their own."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from gatherings.core import zones
from gatherings.core.tokens import new_public_id
from gatherings.events import rules as event_rules
from gatherings.events import search
from gatherings.events.actions import change_event, make_dates, new_uid, note_series_change
from gatherings.events.models import Event, Series, SeriesRule
from gatherings.invites.rules import rule_text
from gatherings.loading import queries
from gatherings.loading.actions.communities import keep_questions
from gatherings.loading.actions.dates import load_dates
from gatherings.loading.actions.events import refuse_mode, set_capacities
from gatherings.loading.actions.memory import Loading
from gatherings.loading.actions.rule_change import change_rule
from gatherings.loading.programme import SeriesItem
from gatherings.questions.models import Question
from gatherings.registration.jobs import fill_all

_SHARED = (*queries.TEXT_COLUMNS, *queries.WHERE_COLUMNS)  # what a date has from its series, unless it has its own
_CAPACITIES = ("capacity_room", "capacity_online")


def load_series(loading: Loading, starts: Mapping[str, datetime | None], resolved: Mapping[str, Any]) -> None:
    """Make and change the series of a file; `starts` are their first dates (wall clock), `resolved` by slug."""
    items = loading.programme.series
    present = queries.read_series(loading.session, [item.slug for item in items])
    questions = queries.read_asked(loading.session, Question.series_id, [series.id for series in present.values()])
    for item in items:
        wanted = {**item.values, "community": item.community, "minutes": item.minutes if item.rule else 0}
        rule = _rule_values(item, starts[item.slug])
        series = present.get(item.slug)
        if series is None:
            series, values = _make(loading, item, wanted, rule), {**wanted, "rule": rule, "kept_rule": rule}
            keep_questions(loading.session, {"series_id": series.id}, [], item.questions)
            values["questions"] = list(item.questions)
        else:
            values = _change(loading, item, series, wanted, questions[series.id])
            values |= _change_rule(loading, item, series, rule)
        going_on = bool(series.rules) and series.status == "published"
        new = make_dates(loading.session, series, host=loading.site.domain, now=loading.now) if going_on else []
        known = {**loading.resolved("series", item.slug), **resolved.get(item.slug, {})}
        known["dates"] = load_dates(loading, item, series, known.get("dates", {}))
        loading.remember("series", item.slug, values, known)
        _note_moved(loading, new)
        if new or loading.series_ids & {series.id}:
            loading.event_ids |= {event.id for event in new}
            loading.series_ids.add(series.id)
            if going_on and f"series {item.slug}" not in loading.report.made:
                if new:
                    loading.report.change(f"series {item.slug}", "dates")
                fill_all(loading.session, series, loading.site, now=loading.now, new=bool(new))


def _rule_values(item: SeriesItem, starts: datetime | None) -> dict[str, Any] | None:
    if item.rule is None or starts is None:
        return None
    return {"rule": item.rule, "starts": starts.isoformat(), "zone": item.zone}


def _make(loading: Loading, item: SeriesItem, wanted: Mapping[str, Any], rule: Mapping[str, Any] | None) -> Series:
    public_id = new_public_id()
    series = Series(
        public_id=public_id,
        slug=item.slug,
        community_id=loading.community_id(item.community),
        revision=0,
        changed_at=loading.now,
        created_at=loading.now,
        **{name: wanted[name] for name in queries.SERIES_COLUMNS},
    )
    series.rules = []
    if rule is not None:
        series.rules.append(
            SeriesRule(
                uid=new_uid("series", public_id, loading.site.domain),
                rule=rule["rule"],
                starts_local=datetime.fromisoformat(rule["starts"]),
                zone=rule["zone"],
                minutes=item.minutes,
            )
        )
    loading.session.add(series)
    loading.session.flush()
    loading.session.refresh(series, ["community"])
    loading.series_ids.add(series.id)
    loading.report.made.append(f"series {item.slug}")
    return series


def _change(
    loading: Loading, item: SeriesItem, series: Series, wanted: Mapping[str, Any], rows: list[Question]
) -> dict[str, Any]:
    """Change what is the series' own, and the coming dates that have it from there; give what to remember."""
    asked = {"questions": list(item.questions)}
    current = {**queries.series_values(series), "questions": queries.question_values(rows)}
    changes, values = loading.compare("series", item.slug, {**wanted, **asked}, current)
    if not changes:
        return values
    session, now, delay = loading.session, loading.now, loading.site.change_delay
    coming = [date for date in queries.list_series_dates(session, series.id) if date.ends_at > now]
    following = [date for date in coming if date.mode == current["mode"]] if "mode" in changes else []
    if any(refuse_mode(loading, item.place, date, changes["mode"]) for date in following):
        return values
    loading.report.change(f"series {item.slug}", *changes)
    loading.series_ids.add(series.id)
    if "questions" in changes:
        keep_questions(session, {"series_id": series.id}, rows, item.questions)
    before, kept = _facts(series), _for_mail(series)
    for name in queries.SERIES_COLUMNS:
        if name in changes:
            setattr(series, name, changes[name])
    if "community" in changes:
        series.community_id = loading.community_id(changes["community"])
    if "minutes" in changes and series.rules:
        series.rules[-1].minutes = changes["minutes"]
    session.flush()
    session.refresh(series, ["community"])
    for date in coming:
        _follow(loading, date, changes, current)
    if "title" in changes:
        search.renew_of(session, series_id=series.id)
    kinds = event_rules.kinds_of_change(before, _facts(series))
    if kinds:
        told = {name: value for kind in kinds for name, value in kept.get(kind, {}).items()}
        note_series_change(session, series, kinds, told, now=now, delay=delay)
    series.changed_at = now
    session.flush()
    return values


def _facts(series: Series) -> dict[str, Any]:
    minutes = series.rules[-1].minutes if series.rules else 0
    # "ends_local" stands for the length: it is one of the facts of time.
    return {**{name: getattr(series, name) for name in (*_SHARED, "status")}, "ends_local": minutes}


def _for_mail(series: Series) -> dict[str, dict[str, Any]]:
    """Give how it was by kind of change, as the mail about "every month" tells it."""
    place = {name: getattr(series, name) for name in ("mode", "place_name", "place_address")}
    status = {"status": series.status}
    if not series.rules:
        return {"place": place, "status": status}
    rule = series.rules[-1]
    starts = rule.starts_local.isoformat()
    time = {"text": rule_text(rule), "starts_local": starts, "minutes": rule.minutes, "zone": rule.zone}
    return {"place": place, "time": time, "status": status}


def _follow(loading: Loading, date: Event, changes: Mapping[str, Any], old: Mapping[str, Any]) -> None:
    """Let a coming date follow its series in all that it does not have of its own."""
    own = loading.values("date", f"{date.public_id}")
    values = {
        name: changes[name]
        for name in (*_SHARED, "status")
        if name in changes and name not in own and getattr(date, name) == old[name]
    }
    if "community" in changes and date.community.slug == old["community"]:
        values["community_id"] = loading.community_id(changes["community"])
    length = timedelta(minutes=int(old["minutes"]))
    if "minutes" in changes and date.starts_at > loading.now and date.ends_local - date.starts_local == length:
        values["ends_local"] = date.starts_local + timedelta(minutes=changes["minutes"])
    pools = {"capacity_room": date.room, "capacity_online": date.online}
    capacities = {
        name: changes[name]
        for name, pool in pools.items()
        if name in changes and (pool.capacity if pool else None) == old[name]
    }
    if values:
        change_event(loading.session, date, values, now=loading.now, delay=loading.site.change_delay, via_series=True)
    set_capacities(loading, date, f"date {date.slug}", capacities)
    if values or capacities:
        loading.event_ids.add(date.id)


def _change_rule(loading: Loading, item: SeriesItem, series: Series, wanted: dict[str, Any] | None) -> dict[str, Any]:
    """Change the rule if the file changed it and nobody else did; give what to remember of it."""
    remembered = loading.values("series", item.slug)
    kept = {"rule": remembered.get("rule"), "kept_rule": remembered.get("kept_rule")}
    if wanted == remembered.get("rule"):
        return kept
    if wanted is None or not series.rules or queries.rule_values(series.rules[-1]) != remembered.get("kept_rule"):
        loading.report.keep(f"series {item.slug}", "rule")
        return kept
    change_rule(loading, series, wanted)
    loading.report.change(f"series {item.slug}", "rule")
    loading.series_ids.add(series.id)
    return {"rule": wanted, "kept_rule": queries.rule_values(series.rules[-1])}


def _note_moved(loading: Loading, new: list[Event]) -> None:
    """Tell of each new date that a gap or fold of the clocks moved (RFC 5545 3.3.5)."""
    for event in new:
        note = zones.to_utc_rfc(event.starts_local, event.zone)[1]
        if note is not None:
            loading.report.notes.append(f"{event.slug}: {note}")
