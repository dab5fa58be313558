"""Loading events: made, or changed through the events' own actions so that those registered are told."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete

from gatherings.calls.actions.call import time_call_again
from gatherings.core.words import say
from gatherings.events import search
from gatherings.events.actions import change_event, create_event, touch_communities
from gatherings.events.models import CoListing, Event, Series
from gatherings.loading import queries
from gatherings.loading.actions.communities import keep_consents, keep_questions
from gatherings.loading.actions.memory import Loading
from gatherings.loading.actions.tickets import begin_tickets
from gatherings.loading.programme import EventItem, Place, Times
from gatherings.planning.actions.event_parts import write_lists
from gatherings.planning.actions.series import set_capacities
from gatherings.planning.queries.dates import blocked_side
from gatherings.planning.rules.sides import NO_MOVE
from gatherings.questions.models import ConsentText, Question
from gatherings.registration.queries import list_live
from gatherings.tickets.actions.kinds import follow_dates

LISTS = ("also_listed_by", "speakers", "resources", "questions", "consents")
_NO_DRAFT = say(
    "People are registered for this, so it cannot be a draft again. “cancelled” calls it off and tells them."
)


def load_events(loading: Loading, times: Mapping[str, Times], resolved: Mapping[str, Any]) -> None:
    """Make and change the events of a file, in its order; `times` and `resolved` by slug."""
    items = loading.programme.events
    slugs = {item.slug for item in items} | {item.umbrella for item in items if item.umbrella}
    present = queries.read_events(loading.session, slugs)
    series = queries.read_series(loading.session, {item.series for item in items if item.series})
    ids = [event.id for event in present.values()]
    questions = queries.read_asked(loading.session, Question.event_id, ids)
    consents = queries.read_asked(loading.session, ConsentText.event_id, ids)
    for item in items:
        wanted = wanted_values(item, times[item.slug])
        event = present.get(item.slug)
        if event is None:
            present[item.slug] = _make(loading, item.slug, wanted, present, series)
            begin_tickets(loading, present[item.slug], item.tickets)
            loading.remember("event", item.slug, wanted, resolved.get(item.slug, {}))
            continue
        asked: tuple[list[Question], list[ConsentText]] = (questions[event.id], consents[event.id])
        current = {
            **queries.event_values(event),
            "questions": queries.question_values(asked[0]),
            "consents": queries.consent_values(asked[1]),
        }
        changes, values = loading.compare("event", item.slug, wanted, current)
        if _is_refused(loading, item.place, event, changes):
            continue
        if changes:
            _change(loading, event, changes, present, series, asked)
        begin_tickets(loading, event, item.tickets)
        loading.remember("event", item.slug, values, resolved.get(item.slug, {}))


def _is_refused(loading: Loading, place: Place, event: Event, changes: Mapping[str, Any]) -> bool:
    """Refuse what would leave people behind who are registered, and nobody would tell them."""
    if changes.get("status") == "draft" and list_live(loading.session, event.id, limit=1):
        loading.wrong(place, "status", _NO_DRAFT)
        return True
    return "mode" in changes and refuse_mode(loading, place, event, changes["mode"])


def refuse_mode(loading: Loading, place: Place, event: Event, mode: str) -> bool:
    """Refuse a mode without a side that somebody holds a place at, or waits for; tell whether it was refused."""
    side = blocked_side(loading.session, event, mode)
    if side is not None:
        loading.wrong(place, "mode", NO_MOVE[side])
    return side is not None


def wanted_values(item: EventItem, times: Times) -> dict[str, Any]:
    """Give what a file wants an event to be, in the shape in which it is compared and remembered."""
    edition = item.edition
    year = (edition["year"] or times.starts.year) if item.series is not None else None
    return {
        **item.values,
        "community": item.community,
        "series": item.series,
        "umbrella": item.umbrella,
        "edition_year": year,
        "theme": edition["theme"],
        "approximate": edition["approximate"],
        "time": queries.time_values(times.starts, times.ends, item.zone, item.all_day),
        "registration_opens_at": queries.instant(times.opens_at),
        "registration_closes_at": queries.instant(times.closes_at),
        "also_listed_by": sorted(item.also_listed_by),
        "speakers": list(item.speakers),
        "resources": list(item.resources),
        "questions": list(item.questions),
        "consents": list(item.consents),
    }


def _columns(
    loading: Loading, values: Mapping[str, Any], events: Mapping[str, Event], series: Mapping[str, Series]
) -> dict[str, Any]:
    """Turn remembered values into columns; lists and capacities are left out."""
    columns = {name: values[name] for name in queries.EVENT_COLUMNS if name in values}
    if "time" in values:
        time = values["time"]
        columns["starts_local"] = datetime.fromisoformat(time["starts"])
        columns["ends_local"] = datetime.fromisoformat(time["ends"])
        columns["zone"], columns["all_day"] = time["zone"], time["all_day"]
    for name in ("registration_opens_at", "registration_closes_at"):
        if name in values:
            columns[name] = datetime.fromisoformat(values[name]) if values[name] else None
    if "community" in values:
        columns["community_id"] = loading.community_id(values["community"])
    if "series" in values:
        columns["series_id"] = series[values["series"]].id if values["series"] else None
    if "umbrella" in values:
        columns["umbrella_id"] = events[values["umbrella"]].id if values["umbrella"] else None
    return columns


def _make(
    loading: Loading, slug: str, values: Mapping[str, Any], events: Mapping[str, Event], series: Mapping[str, Series]
) -> Event:
    columns = _columns(loading, values, events, series)
    capacities = {name: values[name] for name in ("capacity_room", "capacity_online")}
    event = create_event(
        loading.session, {"slug": slug, **columns, **capacities}, host=loading.site.domain, now=loading.now
    )
    keep_lists(loading, event, values)
    keep_questions(loading.session, {"event_id": event.id}, [], values["questions"])
    keep_consents(loading.session, {"event_id": event.id}, [], values["consents"])
    loading.event_ids.add(event.id)
    loading.report.made.append(f"event {slug}")
    return event


def _change(
    loading: Loading,
    event: Event,
    changes: Mapping[str, Any],
    events: Mapping[str, Event],
    series: Mapping[str, Series],
    asked: tuple[list[Question], list[ConsentText]],
) -> None:
    session, now = loading.session, loading.now
    touch_communities(session, [event.id])  # those that list it no longer, too
    keep_lists(loading, event, changes)
    if "questions" in changes:
        keep_questions(session, {"event_id": event.id}, asked[0], changes["questions"])
    if "consents" in changes:
        keep_consents(session, {"event_id": event.id}, asked[1], changes["consents"])
    columns, zone = _columns(loading, changes, events, series), event.zone
    times = (event.starts_local, event.ends_local)
    change_event(session, event, columns, now=now, delay=loading.site.change_delay)
    if event.zone != zone:
        time_call_again(session, event, now=now)
    follow_dates(session, event, *times)
    for capacity in set_capacities(session, event, changes, loading.site, now=now):
        loading.note_above(f"event {event.slug}", capacity)
    loading.event_ids.add(event.id)
    loading.report.change(f"event {event.slug}", *changes)


def keep_lists(loading: Loading, event: Event, values: Mapping[str, Any]) -> None:
    """Write the speakers, resources and further communities of an event afresh, those that are among the values."""
    session = loading.session
    write_lists(session, event.id, values)
    if "also_listed_by" in values:
        session.execute(
            delete(CoListing).where(CoListing.event_id == event.id).execution_options(synchronize_session=False)
        )
        for slug in values["also_listed_by"]:
            session.add(CoListing(event_id=event.id, community_id=loading.community_id(slug)))
        session.flush()
        search.renew(session, [event.id])
    if values.get("also_listed_by"):
        touch_communities(session, [event.id])
