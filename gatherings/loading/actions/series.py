"""Loading series: their rule, their dates, and what single dates have of their own."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gatherings.core import zones
from gatherings.core.tokens import new_public_id
from gatherings.core.words import say
from gatherings.events.actions import make_dates, new_uid
from gatherings.events.models import Event, Series, SeriesRule
from gatherings.loading import queries
from gatherings.loading.actions.communities import keep_questions
from gatherings.loading.actions.dates import load_dates
from gatherings.loading.actions.events import refuse_mode
from gatherings.loading.actions.memory import Loading
from gatherings.loading.programme import SeriesItem
from gatherings.planning.actions.rules import change_rule
from gatherings.planning.actions.series import change_series
from gatherings.planning.rules.stretches import Stretch
from gatherings.questions.models import Question
from gatherings.registration.jobs import fill_all


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
    session, now = loading.session, loading.now
    coming = [date for date in queries.list_series_dates(session, series.id) if date.ends_at > now]
    following = [date for date in coming if date.mode == current["mode"]] if "mode" in changes else []
    if any(refuse_mode(loading, item.place, date, changes["mode"]) for date in following):
        return values
    loading.report.change(f"series {item.slug}", *changes)
    loading.series_ids.add(series.id)
    if "questions" in changes:
        keep_questions(session, {"series_id": series.id}, rows, item.questions)
    columns = {name: value for name, value in changes.items() if name not in ("questions", "community")}
    if "community" in changes:
        columns["community_id"] = loading.community_id(changes["community"])
    followed = change_series(
        session, series, columns, loading.site, now=now, own=lambda date: loading.values("date", date.public_id)
    )
    loading.event_ids |= followed.event_ids
    for slug, capacity in followed.above:
        loading.note_above(f"date {slug}", capacity)
    return values


def _change_rule(loading: Loading, item: SeriesItem, series: Series, wanted: dict[str, Any] | None) -> dict[str, Any]:
    """Change the rule if the file changed it and nobody else did; give what to remember of it."""
    remembered = loading.values("series", item.slug)
    kept = {"rule": remembered.get("rule"), "kept_rule": remembered.get("kept_rule")}
    if wanted == remembered.get("rule"):
        return kept
    if wanted is None or not series.rules or queries.rule_values(series.rules[-1]) != remembered.get("kept_rule"):
        loading.report.keep(f"series {item.slug}", "rule")
        return kept
    stretch = Stretch.of(wanted["rule"], datetime.fromisoformat(wanted["starts"]), wanted["zone"])
    moved = change_rule(loading.session, series, stretch, loading.site, now=loading.now)
    loading.event_ids |= moved.event_ids
    for slug in moved.called_off:
        note = say("%(date)s is called off: the new rule has no date left for it.", date=slug)
        loading.report.notes.append(str(note))
    loading.report.change(f"series {item.slug}", "rule")
    loading.series_ids.add(series.id)
    return {"rule": wanted, "kept_rule": queries.rule_values(series.rules[-1])}


def _note_moved(loading: Loading, new: list[Event]) -> None:
    """Tell of each new date that a gap or fold of the clocks moved (RFC 5545 3.3.5)."""
    for event in new:
        note = zones.to_utc_rfc(event.starts_local, event.zone)[1]
        if note is not None:
            loading.report.notes.append(f"{event.slug}: {note}")
