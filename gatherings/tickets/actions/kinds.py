"""Kinds of ticket: added, changed, put in order, retired, offered again; sold ones are never deleted."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from gatherings.core.errors import Conflict, InvalidInput, NotFound, Problem
from gatherings.core.words import say
from gatherings.db import places
from gatherings.db.places import Places
from gatherings.events.models import Event
from gatherings.tickets.actions.selling import (
    Kept,
    Overtaken,
    find_event,
    instant,
    needed_sale,
    note,
    pools_of,
    show,
    wall_clock,
)
from gatherings.tickets.models import Application, Sale, Ticket, TicketKind
from gatherings.tickets.queries.kinds import codes_of, find_kind, kinds_of
from gatherings.tickets.rules.selling import (
    MOST_KINDS,
    days_follow,
    days_of,
    kind_problems,
    moved_days,
    window_problems,
)

_PLAIN = (
    "name", "about", "price", "amount", "early_amount", "least", "suggested", "most", "vat_rate", "side", "days",
    "least_each", "most_each",
)  # fmt: skip
KIND = (*_PLAIN, "early_until", "quota", "opens", "closes", "shown")


def kind_values(kind: TicketKind, zone: str) -> dict[str, Any]:
    """Give a kind's values as `save_kind` takes them: times on the wall clock of the event's zone."""
    return {name: getattr(kind, name) for name in _PLAIN} | {
        "quota": kind.places.capacity,
        "early_until": wall_clock(kind.early_until_at, zone),
        "opens": wall_clock(kind.opens_at, zone),
        "closes": wall_clock(kind.closes_at, zone),
        "shown": "code" if kind.hidden else "application" if kind.by_application else "all",
    }


def save_kind(
    session: Session,
    event_id: int,
    public_id: str,
    values: Mapping[str, Any],
    *,
    edits: int | None,
    by: int,
    now: datetime,
) -> Kept:
    """Add a kind (`edits` None; the same public id twice adds one) or change it, of the state that was seen.

    All pools of the event, its kinds and codes are locked first. A quota below what is sold throws nobody out; whoever
    calls serves the waiting list where a pool is named. Raises InvalidInput and Overtaken.
    """
    event = find_event(session, event_id)
    kind = find_kind(session, event_id, public_id)
    if kind is None and edits is not None:
        raise NotFound()
    places.lock(session, [*event.pool_ids, *pools_of(session, event_id)])
    sale = needed_sale(session, event_id)
    kind = find_kind(session, event_id, public_id)  # as it is under the lock
    if kind is None:
        columns = _columns(values, event, sale, None)
        kind = _add(session, event_id, public_id, columns, values["quota"], now)
        show(session, sale)
        note(session, event_id, "add_ticket_kind", by, now)
        return Kept(public_id, True)
    session.refresh(kind)
    if edits is None:
        return Kept(public_id)  # the form of a new one, sent twice
    present = kind_values(kind, event.zone)
    names = [name for name in KIND if present[name] != values[name]]
    if not names:
        return Kept(public_id)
    if edits != kind.edits:
        raise Overtaken(present, kind.edits)
    columns = _columns(values, event, sale, kind)
    _refuse_less(session, kind, columns, event)
    for name, value in columns.items():
        setattr(kind, name, value)
    kind.edits += 1
    if "quota" in names:
        kind.places.capacity, kind.places.turns = values["quota"], kind.places.turns + 1
    session.flush()
    show(session, sale)
    note(session, event_id, "edit_ticket_kind", by, now, fields=names)
    return Kept(public_id, places_id=kind.places_id if "quota" in names else None)


def _columns(values: Mapping[str, Any], event: Event, sale: Sale, kind: TicketKind | None) -> dict[str, Any]:
    problems = kind_problems(values, sale.currency)
    opens = instant(values, "opens", "opens_date", event.zone, problems)
    closes = instant(values, "closes", "closes_date", event.zone, problems)
    early = instant(values, "early_until", "early_until_date", event.zone, problems)
    problems = problems or window_problems(opens, closes, event.ends_at)
    if not problems and early is not None and early >= (closes or event.ends_at):
        problems.append(Problem("early_until_date", say("This should be before the sale ends.")))
    if problems:
        raise InvalidInput(problems)
    offered = days_of(event.starts_local, event.ends_local)
    kept = [day for day in offered if day in values["days"]]
    alone = values["shown"] == "application"
    fixed, choose = values["price"] == "fixed", values["price"] == "choose"
    return {name: values[name] for name in ("name", "about", "price", "vat_rate")} | {
        "amount": values["amount"] if fixed else 0,
        "early_amount": values["early_amount"] if fixed else None,
        "early_until_at": early if fixed else None,
        "least": values["least"] if choose else 0,
        "suggested": values["suggested"] if choose else 0,
        "most": values["most"] if choose else None,
        "side": values["side"] if event.mode == "hybrid" else "",
        "days": [] if kept == offered else kept,
        "least_each": 1 if alone else values["least_each"],
        "most_each": 1 if alone else values["most_each"],
        "hidden": values["shown"] == "code",
        "by_application": alone,
        "opens_at": opens,
        "closes_at": closes,
    }


def _add(
    session: Session, event_id: int, public_id: str, columns: Mapping[str, Any], quota: int | None, now: datetime
) -> TicketKind:
    last = session.execute(
        select(func.count(TicketKind.id), func.max(TicketKind.position)).where(TicketKind.event_id == event_id)
    ).one()
    if last[0] >= MOST_KINDS:
        raise Conflict(say("There are %(most)s kinds of ticket already; more would only confuse.", most=MOST_KINDS))
    pool = Places(capacity=quota)
    session.add(pool)
    session.flush()
    kind = TicketKind(
        public_id=public_id,
        event_id=event_id,
        places_id=pool.id,
        position=(last[1] or 0) + 1,
        created_at=now,
        **columns,
    )
    session.add(kind)
    session.flush()
    return kind


def _refuse_less(session: Session, kind: TicketKind, columns: Mapping[str, Any], event: Event) -> None:
    """Refuse what would take something away from those who have a ticket: a day, or their side."""
    if not is_used(session, kind.id):
        return
    problems = []
    offered = set(days_of(event.starts_local, event.ends_local))
    if columns["days"] and (set(kind.days or offered) & offered) - set(columns["days"]):
        said = say("People have this ticket for the days it had. Please add another ticket for fewer days.")
        problems.append(Problem("days", said))
    if columns["side"] != kind.side and event.mode == "hybrid":
        problems.append(Problem("side", say("People have this ticket as it is. Please add another ticket.")))
    if problems:
        raise InvalidInput(problems)


def follow_dates(
    session: Session, event: Event, starts_local: datetime, ends_local: datetime
) -> list[tuple[str, list[str]]]:
    """Let the days of kinds follow an event that was held from `starts_local` to `ends_local` before it was moved.

    Gives the kinds that moved, with their new days. The tickets that people have are for these days now; papers that
    were issued stay as they are.
    """
    before, after = days_of(starts_local, ends_local), days_of(event.starts_local, event.ends_local)
    if before[0] == after[0]:
        return []
    kinds = [kind for kind in kinds_of(session, event.id, retired=True) if kind.days]
    by = days_follow([kind.days for kind in kinds], before, after)
    if not by:
        return []
    for kind in kinds:
        kind.days, kind.edits = moved_days(kind.days, by), kind.edits + 1
    session.flush()
    return [(kind.name, list(kind.days)) for kind in kinds]


def is_used(session: Session, kind_id: int) -> bool:
    """Tell whether somebody ever ordered a kind, or applied for it."""
    ordered = select(exists().where(Ticket.kind_id == kind_id))
    asked = select(exists().where(Application.kind_id == kind_id))
    return bool(session.scalar(ordered) or session.scalar(asked))


def move_kind(session: Session, event_id: int, public_id: str, steps: int, *, by: int, now: datetime) -> None:
    """Move a kind up (-1) or down (1) among those that are offered."""
    sale = needed_sale(session, event_id)
    kinds: Sequence[TicketKind] = kinds_of(session, event_id)
    order = [kind.public_id for kind in kinds]
    if public_id not in order:
        raise NotFound()
    at = order.index(public_id)
    to = max(0, min(len(order) - 1, at + (1 if steps > 0 else -1)))
    order.insert(to, order.pop(at))
    for kind in kinds:
        kind.position = order.index(kind.public_id) + 1
    session.flush()
    show(session, sale)


def remove_kind(session: Session, event_id: int, public_id: str, *, by: int, now: datetime) -> str:
    """Delete a kind that nobody ever ordered ("deleted"), or offer it no longer ("retired").

    Raises Conflict for one to be deleted that a code names: without it, the code would be for all tickets.
    """
    kind = find_kind(session, event_id, public_id)
    if kind is None:
        return "deleted"  # pressed twice
    places.lock(session, pools_of(session, event_id))
    sale = needed_sale(session, event_id)
    if is_used(session, kind.id):
        if not kind.retired:
            kind.retired, kind.edits = True, kind.edits + 1
            note(session, event_id, "retire_ticket_kind", by, now)
        done = "retired"
    else:
        _refuse_named(session, kind)
        pool = session.get_one(Places, kind.places_id)
        session.delete(kind)
        session.flush()
        session.delete(pool)
        note(session, event_id, "delete_ticket_kind", by, now)
        done = "deleted"
    session.flush()
    show(session, sale)
    return done


def _refuse_named(session: Session, kind: TicketKind) -> None:
    named = [code.code for code in codes_of(session, kind.event_id) if kind.public_id in code.kinds]
    if named:
        raise Conflict(
            say("These codes are for this ticket: %(codes)s. Please change them first.", codes=", ".join(named))
        )


def offer_again(session: Session, event_id: int, public_id: str, *, by: int, now: datetime) -> None:
    """Offer a retired kind again."""
    sale, kind = needed_sale(session, event_id), find_kind(session, event_id, public_id)
    if kind is None:
        raise NotFound()
    if not kind.retired:
        return
    kind.retired, kind.edits = False, kind.edits + 1
    session.flush()
    show(session, sale)
    note(session, event_id, "offer_ticket_kind", by, now)
