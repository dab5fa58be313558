"""How events and series become calendar entries: what everybody may see, and what one person's invite says."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from gatherings import ics
from gatherings.core import zones
from gatherings.core.recurrence import Rule


def public_entry(event: Any, base_url: str) -> ics.Entry:
    """Make the entry of an event for feeds and downloads: nothing personal, the event's page instead of a link in.

    `event.community` must be loaded. Calendars are shared: no meeting link (domain.md 13b, calendars.md 19).
    """
    page = f"{base_url}/events/{event.slug}"
    return ics.Entry(
        uid=event.uid,
        sequence=event.revision,
        stamp=event.changed_at,
        changed_at=event.changed_at,
        created_at=event.created_at,
        summary=event.title,
        description=_described(event.summary, page),
        location=_location(event.mode, event.place_name, event.place_address, page),
        url=page,
        starts_local=event.starts_local,
        ends_local=event.ends_local,
        zone=event.zone,
        all_day=event.all_day,
        status="CANCELLED" if event.status == "cancelled" else "CONFIRMED",
        transparent=event.all_day,
        categories=(event.community.name,),
    )


def _described(summary: str, page: str) -> str:
    return f"{summary}\n\n{page}" if summary else page


def _location(mode: str, place_name: str | None, place_address: str | None, online: str) -> str:
    if mode == "online":
        return online
    return ", ".join(part for part in (place_name, place_address) if part)


def series_entries(series: Any, rule: Any, dates: Sequence[Any], base_url: str) -> list[ics.Entry]:
    """Make the public entries of one stretch of a series: the master with its rule, then each date that differs.

    `dates` are the made events of this rule, in order. A date that differs in time, title, place or status is an
    override with RECURRENCE-ID (calendars.md 12); all share the series' revision as SEQUENCE (11).
    """
    page = f"{base_url}/series/{series.slug}"
    common = {"uid": rule.uid, "sequence": series.revision, "stamp": series.changed_at, "changed_at": series.changed_at}
    master = ics.Entry(
        **common,
        created_at=series.created_at,
        summary=series.title,
        description=_described(series.summary, page),
        location=_location(series.mode, series.place_name, series.place_address, page),
        url=page,
        starts_local=rule.starts_local,
        ends_local=rule.starts_local + timedelta(minutes=rule.minutes),
        zone=rule.zone,
        rule=rule_text(rule),
        dates=tuple(date.original_local for date in dates),
        categories=(series.community.name,),
    )
    if dates and not ics.keeps_rule(master):
        # Written out, a series begins with a date that is made: the rule's first may never have been one. Its span
        # stays the whole rule's, so that all entries choose the same way of writing times.
        first = min(date.original_local for date in dates)
        length = timedelta(minutes=rule.minutes)
        master = replace(master, span=ics.span(master), starts_local=first, ends_local=first + length)
    entries = [master]
    for date in dates:
        if differs(series, rule, date):
            own = f"{base_url}/events/{date.slug}"
            entries.append(
                ics.Entry(
                    **common,
                    summary=date.title,
                    description=_described(date.summary, own),
                    location=_location(date.mode, date.place_name, date.place_address, own),
                    url=own,
                    starts_local=date.starts_local,
                    ends_local=date.ends_local,
                    zone=date.zone,
                    series_zone=rule.zone,
                    original_local=date.original_local,
                    span=ics.span(master),
                    status="CANCELLED" if date.status == "cancelled" else "CONFIRMED",
                    categories=(series.community.name,),
                )
            )
    return entries


def told_by_rule(series: Any, rule: Any, dates: Sequence[Any]) -> bool:
    """Tell whether calendars know the dates to come by the rule; else each is written out (calendars.md 4)."""
    return ics.keeps_rule(series_entries(series, rule, dates, "")[0])


def differs(series: Any, rule: Any, date: Any) -> bool:
    """Tell whether a date says anything that the series' rule does not say already."""
    return (
        date.starts_local != date.original_local
        or date.ends_local != date.original_local + timedelta(minutes=rule.minutes)
        or date.zone != rule.zone
        or date.status == "cancelled"
        or (date.title, date.summary) != (series.title, series.summary)
        or (date.mode, date.place_name, date.place_address) != (series.mode, series.place_name, series.place_address)
    )


def rule_text(rule: Any) -> str:
    """Give a series rule's RRULE value, ended where the stretch was ended (UNTIL in UTC, RFC 5545 3.3.10)."""
    parsed = Rule.parse(rule.rule)
    if parsed.count is not None and rule.until_at is None:
        # Written as an end, so that an entry that begins later does not run on for longer.
        last = parsed.occurrences(rule.starts_local, rule.zone, limit=parsed.count)[-1]
        return parsed.with_until(zones.to_utc_rfc(last, rule.zone)[0]).text
    return parsed.with_until(rule.until_at).text if rule.until_at is not None else parsed.text


def personal_entry(facts: Mapping[str, Any], *, organizer: ics.Organizer, join: str, page: str) -> ics.Entry:
    """Make the entry of one person's invite from a mail's facts: `event`, `invite`, `to`.

    `join` is the person's own way in: LOCATION for whoever attends online, nowhere for who has a place in the room.
    `page` is the event's. A date of a series that one comes to every month is an override of the series' entry.
    """
    event, invite, to = facts["event"], facts["invite"], facts["to"]
    one_of_series = facts.get("rule") is not None
    return ics.Entry(
        uid=invite["uid"],
        sequence=invite["sequence"],
        stamp=datetime.fromisoformat(invite["stamp"]),
        summary=event["title"],
        description=_described(event["summary"], page),
        location=_location_for(event, to["attends"], join),
        url=page,
        starts_local=datetime.fromisoformat(event["starts_local"]),
        ends_local=datetime.fromisoformat(event["ends_local"]),
        zone=event["zone"],
        all_day=event["all_day"],
        original_local=datetime.fromisoformat(event["original_local"]) if one_of_series else None,
        series_zone=facts["rule"]["zone"] if one_of_series else None,
        span=_span(facts["rule"]) if one_of_series else None,
        status="CANCELLED" if event["status"] == "cancelled" else "CONFIRMED",
        transparent=event["all_day"],
        organizer=organizer,
        attendee=ics.Attendee(to["name"], to["address"]),
    )


def _span(rule: Mapping[str, Any]) -> tuple[datetime, datetime]:
    return datetime.fromisoformat(rule["span"][0]), datetime.fromisoformat(rule["span"][1])


def _location_for(event: Mapping[str, Any], attends: str | None, join: str) -> str:
    place = _location("in person", event["place_name"], event["place_address"], "")
    if event["mode"] == "online" or (event["mode"] == "hybrid" and attends == "online"):
        return join
    return place


def series_invite_entry(facts: Mapping[str, Any], *, organizer: ics.Organizer, join: str, page: str) -> ics.Entry:
    """Make the master entry of "every month" from a mail's facts: `series`, `rule`, `invite`, `to`.

    `rule.excluded` are the dates that this person left or waits for (EXDATE, domain.md 13c).
    """
    series, rule, invite, to = facts["series"], facts["rule"], facts["invite"], facts["to"]
    starts = datetime.fromisoformat(rule["starts_local"])
    return ics.Entry(
        uid=invite["uid"],
        sequence=invite["sequence"],
        stamp=datetime.fromisoformat(invite["stamp"]),
        summary=series["title"],
        description=_described(series["summary"], page),
        location=_location_for(series, to["attends"], join),
        url=page,
        starts_local=starts,
        ends_local=starts + timedelta(minutes=rule["minutes"]),
        zone=rule["zone"],
        rule=rule["text"],
        dates=tuple(datetime.fromisoformat(text) for text in rule["dates"]),
        excluded=tuple(datetime.fromisoformat(text) for text in rule["excluded"]),
        # The whole series', not one's own: messages about single dates choose by it too, and both must be of a kind.
        span=_span(rule),
        organizer=organizer,
        attendee=ics.Attendee(to["name"], to["address"]),
    )


def series_date_entries(facts: Mapping[str, Any], master: ics.Entry, *, join: str, base_url: str) -> list[ics.Entry]:
    """Make the overrides that go with the master of "every month": each date of its rule that says something else.

    Dates that are left out (EXDATE) have none. All share the master's UID, SEQUENCE and DTSTAMP (calendars.md 11).
    """
    made, excluded = set(facts["rule"]["dates"]), set(facts["rule"]["excluded"])
    entries = []
    for date in facts["dates"]:
        original = date["original_local"]
        if original not in made or original in excluded or not _differs_for(facts, date):
            continue
        page = f"{base_url}/events/{date['slug']}"
        entries.append(
            replace(
                master,
                summary=date["title"],
                description=_described(date["summary"], page),
                location=_location_for(date, date["attends"], join),
                url=page,
                starts_local=datetime.fromisoformat(date["starts_local"]),
                ends_local=datetime.fromisoformat(date["ends_local"]),
                zone=date["zone"],
                all_day=date["all_day"],
                rule=None,
                dates=(),
                excluded=(),
                original_local=datetime.fromisoformat(original),
                series_zone=master.zone,
                span=ics.span(master),
            )
        )
    return entries


def _differs_for(facts: Mapping[str, Any], date: Mapping[str, Any]) -> bool:
    series, rule = facts["series"], facts["rule"]
    starts = datetime.fromisoformat(date["original_local"])
    times = (starts.isoformat(), (starts + timedelta(minutes=rule["minutes"])).isoformat(), rule["zone"])
    said = ("title", "summary", "mode", "place_name", "place_address")
    return (
        (date["starts_local"], date["ends_local"], date["zone"]) != times
        or any(date[name] != series[name] for name in said)
        or (date["mode"] == "hybrid" and date["attends"] != facts["to"]["attends"])
    )
