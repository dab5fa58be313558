"""Loading a whole programme, in the caller's one transaction."""

from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from gatherings.audit.actions import log
from gatherings.communities.models import Community
from gatherings.config import Site
from gatherings.core.words import Sentence, say
from gatherings.invites.actions import store_blocks
from gatherings.loading import queries
from gatherings.loading.actions.communities import load_communities
from gatherings.loading.actions.events import load_events
from gatherings.loading.actions.memory import Loading
from gatherings.loading.actions.series import load_series
from gatherings.loading.problems import ProgrammeProblem, Wrong
from gatherings.loading.programme import Programme, Reference, Times
from gatherings.loading.report import Report
from gatherings.loading.resolving import Resolver

_KINDS = {
    "community": say("There is no community with this slug, neither in this file nor loaded before."),
    "series": say("There is no series with this slug, neither in this file nor loaded before."),
    "event": say("There is no event with this slug, neither in this file nor loaded before."),
}


def load(session: Session, programme: Programme, site: Site, now: datetime) -> Report:
    """Load a programme: make what is new, change what changed, leave alone what was edited elsewhere.

    `now` is aware UTC; relative dates count from it. Those registered are told of changes once, after the site's
    pause. Raises ProgrammeProblem, with all that only the database can tell; the transaction must then be rolled
    back.
    """
    loading = Loading(session, programme, site, now, queries.list_remembered(session))
    loading.problems += check_references(session, programme)
    _check_slugs(loading)
    _stop(loading)
    remembered = {key: item.resolved for key, item in loading.items.items()}
    umbrellas = {item.umbrella for item in programme.events if item.umbrella}
    resolver = Resolver(programme, remembered, queries.zones_of(session, umbrellas), now)
    starts = {item.slug: resolver.series_start(item) for item in programme.series}
    found = {item.slug: resolver.times(item) for item in programme.events}
    loading.problems += resolver.problems
    _stop(loading)
    times: dict[str, Times] = {slug: one for slug, one in found.items() if one is not None}
    load_communities(loading)
    load_series(loading, starts, _of_kind(resolver, "series"))
    load_events(loading, times, _of_kind(resolver, "event"))
    _stop(loading)
    _note_gone(loading)
    store_blocks(session, base_url=site.base_url, event_ids=loading.event_ids, series_ids=loading.series_ids)
    if not loading.report.nothing:
        # Texts, speakers, questions: whatever changed, no page that was kept is true any more.
        session.execute(update(Community).values(version=Community.version + 1))
        made, changed = len(loading.report.made), len(loading.report.changed)
        log(session, actor="load", action="load", about="programme", now=now, made=made, changed=changed)
    session.flush()
    return loading.report


def check_references(session: Session, programme: Programme) -> list[Wrong]:
    """List the slugs that a programme names and that lead to nothing."""
    return [_unknown(programme.file, one) for one in queries.unknown_references(session, programme)]


def _unknown(file: str, one: Reference) -> Wrong:
    return Wrong(file, one.line, one.field, _KINDS[one.kind])


def _check_slugs(loading: Loading) -> None:
    """Refuse slugs of things that were made elsewhere: loading must not take them over."""
    programme = loading.programme
    taken = say("This slug belongs to something that was not loaded from a file. Please choose another one.")
    for kind, items in (
        ("community", programme.communities),
        ("series", programme.series),
        ("event", programme.events),
    ):
        new = [item for item in items if (kind, item.slug) not in loading.items]
        known = queries.taken_slugs(loading.session, kind, [item.slug for item in new])
        for item in new:
            if item.slug in known:
                loading.wrong(item.place, "slug", taken)
    for event in programme.events:
        if event.series is not None:
            _check_series_kind(loading, event)


def _check_series_kind(loading: Loading, event: Any) -> None:
    """Refuse events that say they are of a series by rule: its dates are made by the rule, never by hand."""
    by_rule = {item.slug for item in loading.programme.series if item.rule is not None}
    if event.series in by_rule:
        sentence: Sentence = say("This series has a rule that makes its dates. Only a series with editions fits here.")
        loading.wrong(event.place, "series", sentence)


def _stop(loading: Loading) -> None:
    if loading.problems:
        raise ProgrammeProblem(loading.problems)


def _of_kind(resolver: Resolver, kind: str) -> dict[str, Any]:
    return {slug: resolved for (of, slug), resolved in resolver.resolved.items() if of == kind}


def _note_gone(loading: Loading) -> None:
    """Name what was loaded before and is not in the file any more, among the communities that the file holds."""
    programme = loading.programme
    communities = {item.slug for item in programme.communities}
    there = {("community", slug) for slug in communities}
    there |= {("series", item.slug) for item in programme.series}
    there |= {("event", item.slug) for item in programme.events}
    for (kind, slug), item in loading.items.items():
        if kind in ("series", "event") and (kind, slug) not in there and item.values.get("community") in communities:
            loading.report.gone.append(f"{kind} {slug}")
