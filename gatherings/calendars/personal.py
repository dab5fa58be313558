"""One person's own feed: what they are registered for, as their invites say it, without any address in it."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy.orm import Session

from gatherings import ics
from gatherings.calendars import rules
from gatherings.calendars.slots import slot_entries
from gatherings.core import zones
from gatherings.events.models import Event
from gatherings.invites import rules as invites
from gatherings.registration import facts as snapshot
from gatherings.registration.models import Registration, SeriesRegistration
from gatherings.registration.queries import list_of_person, list_series_of_person
from gatherings.registration.rules import HOLDING

FORMAT = 1  # raise when the same rows give other bytes: calendars then fetch anew
JoinLink = Callable[..., str]
# What invites/rules.py asks for; both are taken out again: a feed belongs to whoever holds its address.
_NOBODY = ics.Organizer("", "nobody@example.org")


def etag_of(state: tuple[Any, ...], *told: str) -> str:
    """Give the strong ETag of a personal feed from what its bytes are made of, without making them."""
    made_of = repr((FORMAT, _tzdata(), told, state)).encode()
    return f'"{hashlib.sha256(made_of).hexdigest()[:32]}"'


@lru_cache(maxsize=1)
def _tzdata() -> str:
    return zones.tzdata_version()


def personal_feed(
    session: Session, person_id: int, *, name: str, base_url: str, join: JoinLink, now: datetime, slots: bool = True
) -> bytes:
    """Give the feed of all that a person is registered for and that is not past by more than a year.

    `join(row, series=…)` makes the person's own way in: calendars are shared (domain.md 13b). `slots`: whether there
    are any of theirs to read.
    """
    every = {one.id: one for one in list_series_of_person(session, person_id)}
    singles: list[Registration] = []
    dates: dict[int, list[Registration]] = {}
    for registration in list_of_person(session, person_id):
        of, rule = registration.series_registration_id, registration.event.series_rule
        if of in every and rule is not None and rule.uid == every[of].invite.uid:
            dates.setdefault(of, []).append(registration)  # past ones too: what was left out stays left out
        elif registration.event.ends_at > rules.oldest_end(now):
            singles.append(registration)
    entries: list[ics.Entry] = []
    for of, registrations in sorted(dates.items()):
        entries += _every(every[of], registrations, base_url=base_url, join=join, now=now)
    for registration in singles:
        entry = _single(registration, base_url=base_url, join=join, now=now)
        entries += [entry] if entry is not None else []
    if slots:
        entries += slot_entries(session, person_id, base_url=base_url, now=now)
    anonymous = [replace(entry, organizer=None, attendee=None) for entry in entries]
    return ics.calendar(ics.vevents(anonymous), name=name, feed=True)


def _single(registration: Registration, *, base_url: str, join: JoinLink, now: datetime) -> ics.Entry | None:
    event, invite = registration.event, registration.invite
    cancelled = registration.state not in HOLDING
    gone = event.cancelled_at if event.status == "cancelled" else registration.cancelled_at
    if (cancelled or event.status == "cancelled") and not rules.still_told(gone, now):
        return None
    if cancelled and invite.sequence < 0:
        return None  # never was in anybody's calendar
    told = _invite_facts(invite, event.revision, event.changed_at, registration.cancelled_at)
    # A date of an earlier rule of a series keeps that entry's UID: it is an override of it.
    rule = event.series_rule if invite.uid != event.uid else None
    facts = snapshot.facts_for(
        registration, event, event.community, "", invite=told,
        rule=snapshot.rule_facts(rule, [event], []) if rule is not None else None,
    )  # fmt: skip
    page = f"{base_url}/events/{event.slug}"
    entry = invites.personal_entry(facts, organizer=_NOBODY, join=join(facts["registration"]), page=page)
    return replace(entry, status="CANCELLED") if cancelled else entry


def _every(
    every: SeriesRegistration, registrations: list[Registration], *, base_url: str, join: JoinLink, now: datetime
) -> list[ics.Entry]:
    """Make the entries of "every month": the rule, the dates left out, the dates that differ."""
    series, invite = every.series, every.invite
    rule = next(rule for rule in series.rules if rule.uid == invite.uid)
    of_rule: list[tuple[Event, Registration]] = [(one.event, one) for one in registrations]
    changed = [series.changed_at, *(event.changed_at for event, _ in of_rule)]
    told = _invite_facts(invite, series.revision, *changed, every.cancelled_at)
    facts = snapshot.series_facts(every, series, rule, series.community, "", of_rule, invite=told)
    way_in = join(facts["registration"], series=True)
    page = f"{base_url}/series/{series.slug}"
    master = invites.series_invite_entry(facts, organizer=_NOBODY, join=way_in, page=page)
    overrides = invites.series_date_entries(facts, master, join=way_in, base_url=base_url)
    ended_at = every.cancelled_at if every.state == "cancelled" else series.changed_at
    if every.state != "cancelled" and series.status != "cancelled":
        return [master, *overrides]
    if not rules.still_told(ended_at, now):
        return []
    return [replace(master, status="CANCELLED", excluded=())]


def _invite_facts(invite: Any, revision: int, *changed_at: datetime | None) -> dict[str, Any]:
    stamp = rules.stamp_of(invite, *(at for at in changed_at if at is not None))
    return {"uid": invite.uid, "sequence": rules.sequence_of(invite, revision), "stamp": stamp.isoformat()}
