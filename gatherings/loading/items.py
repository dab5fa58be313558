"""Reading communities, series and events."""

import re
from datetime import date, datetime, timedelta
from typing import Any

import yaml

from gatherings.communities.models import ACCENTS
from gatherings.core import zones
from gatherings.core.errors import InvalidInput
from gatherings.core.recurrence import InvalidRule, Rule
from gatherings.core.words import say
from gatherings.events.rules import derive
from gatherings.loading.fields import Part, Reader, local_time
from gatherings.loading.parts import (
    read_asked_often,
    read_consents,
    read_questions,
    read_resources,
    read_speakers,
    read_when,
    read_where,
)
from gatherings.loading.programme import CommunityItem, DateItem, EventItem, SeriesItem
from gatherings.loading.rules import AfterStart, Fixed, When, ends_after
from gatherings.loading.tickets import read_tickets

COMMUNITY = (
    "slug", "name", "accent", "zone", "tagline", "about", "website", "sender", "code_of_kindness", "access_notes",
    "asked_often", "consents", "joining",
)  # fmt: skip
SERIES = (
    "slug", "community", "title", "summary", "about", "rule", "starts", "minutes", "zone", "language", "mode",
    "places", "place", "join", "ahead", "status", "questions", "dates", "editions",
)  # fmt: skip
DATE = (
    "on", "title", "summary", "about", "access_notes", "asked_often", "starts", "status", "speakers", "resources",
    "recording",
)  # fmt: skip
EVENT = (
    "slug", "community", "also_listed_by", "series", "edition", "umbrella", "title", "summary", "about", "starts",
    "minutes", "ends", "all_day", "zone", "language", "mode", "places", "place", "join", "status", "listing", "tickets",
    "speakers", "resources", "recording", "access_notes", "asked_often", "registration", "questions", "consents",
)  # fmt: skip
MOST_MINUTES = 60 * 24 * 60
STATUSES = ("published", "draft", "cancelled")


def item_part(reader: Reader, node: yaml.Node, kind: str, number: int, known: tuple[str, ...]) -> Part | None:
    """Take a node as an item, whose path has its slug if it has one: `events[summer-tea]`."""
    label = str(number)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == "slug" and isinstance(value, yaml.ScalarNode) and re.fullmatch(r"[\w-]{1,60}", value.value):
                label = value.value
    return reader.part(node, f"{kind}[{label}]", known)


def read_community(part: Part) -> CommunityItem:
    """Read a community."""
    part.need("slug", "name", "accent", "zone")
    name = part.name("name")
    values = {
        "name": name,
        "accent": part.one_of("accent", ACCENTS, ACCENTS[0]),
        "zone": part.zone(),
        "tagline": part.line_text("tagline"),
        "about": part.text("about"),
        "website": part.url("website", 500),
        "sender": part.name("sender") if part.has("sender") else name,
        "code_of_kindness": part.text("code_of_kindness") or None,
        "access_notes": part.text("access_notes"),
        "asked_often": read_asked_often(part),
    }
    if part.has("joining"):  # a file that says nothing of it leaves what organisers wrote
        values["joining"] = part.text("joining")
    return CommunityItem(part.slug("slug"), values, read_consents(part), part.place)


def read_series(part: Part) -> SeriesItem:
    """Read a series: by a rule, or by editions."""
    part.need("slug", "community", "title", "zone", "mode")
    editions = part.flag("editions")
    if editions:
        for name in ("rule", "starts", "dates", "ahead", "minutes"):
            if part.has(name):
                part.wrong(name, say("A series with editions has no rule; its events have dates of their own."))
    else:
        part.need("rule", "starts", "minutes")
    ahead = part.whole("ahead", 1, 60)
    zone = part.zone()
    rule = None if editions else _rule(part)
    starts = None if editions else read_when(part, "starts")
    if rule is not None and isinstance(starts, Fixed):
        _check_first(part, rule, starts)
    values = {
        "title": part.title("title"),
        "summary": part.line_text("summary", 500),
        "about": part.text("about"),
        "language": part.language(),
        **read_where(part),
        "ahead": 12 if ahead is None else ahead,
        "status": part.one_of("status", ("published", "cancelled"), "published"),
    }
    return SeriesItem(
        slug=part.slug("slug"),
        community=part.slug("community"),
        values=values,
        rule=rule.text if rule is not None else None,
        starts=starts,
        minutes=part.whole("minutes", 1, MOST_MINUTES) or 60,
        zone=zone,
        questions=read_questions(part),
        dates=() if editions else _dates(part),
        place=part.place,
    )


def _rule(part: Part) -> Rule | None:
    text = part.scalar("rule")
    if text is None:
        return None
    try:
        return Rule.parse(text)
    except InvalidRule as problem:
        part.wrong("rule", problem.sentence)
        return None


def _check_first(part: Part, rule: Rule, starts: Fixed) -> None:
    if not rule.includes(starts.local):
        part.wrong("starts", say("%(day)s is not a date of the rule.", day=starts.local.date().isoformat()))


def _dates(part: Part) -> tuple[DateItem, ...]:
    found = [part.reader.part(node, path, DATE) for node, path in part.list_of("dates")]
    dates = [_date(own) for own in found if own is not None]
    seen: set[date | int] = set()
    for item in dates:
        if item.on in seen:
            part.reader.wrong(item.place.of("on"), f"{item.place.path}.on", say("This date stands here twice."))
        seen.add(item.on)
    return tuple(dates)


def _date(own: Part) -> DateItem:
    own.need("on")
    values: dict[str, Any] = {}
    for name, read in (
        ("title", own.title),
        ("summary", lambda name: own.line_text(name, 500)),
        ("about", own.text),
        ("access_notes", own.text),
        ("recording", own.url),
    ):
        if own.has(name):
            values["recording_url" if name == "recording" else name] = read(name)
    if own.has("starts"):
        starts = read_when(own, "starts")
        if isinstance(starts, Fixed):
            values["starts"] = starts.written
        elif starts is not None:
            own.wrong("starts", say("A single date moves to a day and hour written out, as in 2026-03-05 18:00."))
    if own.has("status"):
        values["status"] = own.one_of("status", ("published", "cancelled"), "published")
    if own.has("asked_often"):
        values["asked_often"] = read_asked_often(own)
    if own.has("speakers"):
        values["speakers"] = list(read_speakers(own))
    if own.has("resources"):
        values["resources"] = list(read_resources(own))
    return DateItem(_on(own), values, own.place)


def _on(own: Part) -> date | int:
    if isinstance(own.nodes.get("on"), yaml.MappingNode):
        following = own.within("on", ("next",))
        assert following is not None
        following.need("next")
        return following.whole("next", 1, 60) or 1
    found = local_time(own.scalar("on") or "") if own.has("on") else None
    if own.has("on") and (found is None or found[1]):
        own.wrong("on", say("A date of the rule is written like 2024-09-19, or {next: 1}."))
    return found[0].date() if found else date.min


def read_event(part: Part) -> EventItem:
    """Read an event."""
    part.need("slug", "community", "title", "starts", "zone", "mode")
    all_day = part.flag("all_day")
    starts = read_when(part, "starts", hours=not all_day)
    ends = read_when(part, "ends", hours=not all_day, after_start=True)
    minutes = None if all_day else part.whole("minutes", 1, MOST_MINUTES)
    if all_day and part.has("minutes"):
        part.wrong("minutes", say("An all-day event has no minutes; it has “ends”, its last day."))
    elif all_day:
        part.need("ends")
    elif part.has("minutes") is part.has("ends"):
        part.wrong("minutes", say("An event has either “minutes” or “ends”: exactly one of the two."))
    zone = part.zone()
    opens, closes, takes = _registration(part)
    edition = part.within("edition", ("year", "theme", "approximate"))
    if edition is not None and not part.has("series"):
        part.wrong("edition", say("An edition belongs to a series; “series” is missing."))
    values = {
        "title": part.title("title"),
        "summary": part.line_text("summary", 500),
        "about": part.text("about"),
        "language": part.language(),
        **read_where(part),
        "recording_url": part.url("recording"),
        "access_notes": part.text("access_notes"),
        "asked_often": read_asked_often(part),
        "status": part.one_of("status", STATUSES, "published"),
        "listing": part.one_of("listing", ("public", "link"), "public"),
        "takes_registrations": takes,
    }
    item = EventItem(
        slug=part.slug("slug"),
        community=part.slug("community"),
        values=values,
        also_listed_by=_listed(part),
        series=part.slug("series") or None if part.has("series") else None,
        umbrella=part.slug("umbrella") or None if part.has("umbrella") else None,
        edition={
            "year": edition.whole("year", 1900, 2999) if edition else None,
            "theme": (edition.line_text("theme") or None) if edition else None,
            "approximate": edition.flag("approximate") if edition else False,
        },
        starts=starts or Fixed(datetime(2000, 1, 1)),  # a stand-in
        minutes=minutes,
        ends=ends,
        all_day=all_day,
        zone=zone,
        opens=opens,
        closes=closes,
        speakers=read_speakers(part),
        resources=read_resources(part),
        questions=read_questions(part),
        consents=read_consents(part),
        tickets=read_tickets(part),
        place=part.place,
    )
    if starts is not None:
        _check_times(part, item)
    return item


def _registration(part: Part) -> tuple[When | None, When | None, bool]:
    node = part.nodes.get("registration")
    if isinstance(node, yaml.ScalarNode):
        if node.value != "closed":
            part.wrong("registration", say("Here stands “closed”, or {opens: …, closes: …}."))
        return None, None, False
    own = part.within("registration", ("opens", "closes"))
    if own is None:
        return None, None, True
    opens, closes = (read_when(own, name, after_start=True) for name in ("opens", "closes"))
    for name, when in (("opens", opens), ("closes", closes)):
        if isinstance(when, Fixed) and not own.reader.problems:
            try:
                zones.to_utc(when.local, zones.canonical(part.scalar("zone")) or "UTC")
            except zones.LocalTimeProblem as problem:
                own.wrong(name, problem.sentence)
    return opens, closes, True


def _listed(part: Part) -> tuple[str, ...]:
    slugs = []
    for node, path in part.list_of("also_listed_by"):
        own = Part(part.reader, yaml.MappingNode("", [], node.start_mark, node.end_mark), path, ())
        own.nodes["slug"] = node
        slugs.append(own.slug("slug"))
    for slug in sorted({slug for slug in slugs if slugs.count(slug) > 1 or slug == part.scalar("community")} - {""}):
        part.wrong("also_listed_by", say("“%(slug)s” lists this event already.", slug=slug))
    return tuple(slugs)


def _check_times(part: Part, item: EventItem) -> None:
    """Check the times that are fixed: hours that do not exist, ends before starts (domain.md, Time 2)."""
    if not isinstance(item.starts, Fixed):
        return
    starts = item.starts.local
    try:
        if item.minutes is not None:
            ends = ends_after(starts, item.minutes, item.zone)
        elif isinstance(item.ends, Fixed):
            ends = item.ends.local
        elif isinstance(item.ends, AfterStart):
            day = starts.date() + timedelta(days=item.ends.days)
            ends = starts.combine(day, item.ends.at or starts.min.time())
        else:
            ends = starts + timedelta(days=1 if item.all_day else 0, minutes=0 if item.all_day else 1)
        derive(starts, ends + timedelta(days=1 if item.all_day else 0), item.zone)
    except InvalidInput as invalid:
        for problem in invalid.problems:
            part.wrong(problem.field if part.has(problem.field) else "starts", problem.sentence)
    except (OverflowError, zones.LocalTimeProblem):
        part.wrong("starts", say("This date is too far away. Please choose another year."))
