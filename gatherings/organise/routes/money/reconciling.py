"""Our money beside the provider's books: asked for some days, each difference named in words."""

import time as clocks
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

from flask import Response, request
from sqlalchemy import ColumnElement

from gatherings.communities.models import Community
from gatherings.core import zones
from gatherings.core.clock import utc_now
from gatherings.core.text import TextProblem
from gatherings.core.words import Sentence, say
from gatherings.db import current_session
from gatherings.events.models import Event
from gatherings.organise.access import may
from gatherings.organise.forms.reading import read_day
from gatherings.organise.routes.blueprint import bp
from gatherings.payments.providers import Away, Booked, Provider, Refused
from gatherings.payments.providers.registry import current_provider
from gatherings.payments.queries.reconciling import SLACK, all_orders, all_references, our_side, slug_of_order
from gatherings.payments.queries.takings import of_community
from gatherings.payments.rules.reconciling import WORDS, Result, compare
from gatherings.tickets.models import Order
from gatherings.web.answers import answer, go

LONGEST = timedelta(days=92)
EARLIEST = 2020
MOST = 10_000  # movements of one reading
PATIENCE = 25  # seconds for reading the provider's books
_AWAY = say("Your payment provider does not answer just now. Please try again in a minute.")
_MANY = say("There is more in these days than can be compared at once. Please choose fewer days.")
_ORDER = say("Please choose a first day that comes before the last one, and is not to come.")
_LONG = say("Please choose at most three months.")


@dataclass(frozen=True)
class Days:
    """The days that are compared, on the clock of `zone`, and what is wrong with what was typed."""

    first: date
    last: date
    zone: str
    problem: Sentence | None = None

    @property
    def since(self) -> datetime:
        """Give the first instant."""
        return _midnight(self.first, self.zone)

    @property
    def until(self) -> datetime:
        """Give the instant at which the last day is over."""
        return _midnight(self.last + timedelta(days=1), self.zone)


@bp.app_template_global("cards_taken")
def cards_taken() -> bool:
    """Tell whether cards can be paid with here: without it nothing of them is offered."""
    return current_provider() is not None


@bp.get("/events/<event>/reconcile")
@may("money")
def reconcile_event(event: Event) -> Response:
    """Compare an event's payments by card with the provider's books."""
    return _page(event.community, Order.event_id == event.id, event.zone, f"/organise/events/{event.slug}", event=event)


@bp.get("/communities/<community>/reconcile")
@may("money")
def reconcile_community(community: Community) -> Response:
    """Compare all payments by card of a community with the provider's books."""
    path = f"/organise/communities/{community.slug}"
    return _page(community, of_community(community.id), community.zone, path, event=None)


@bp.get("/communities/<community>/orders/<order>")
@may("money")
def order_of_community(community: Community, order: str) -> Response:
    """Lead to an order by its public id alone, from lists that hold those of several gatherings."""
    slug = slug_of_order(current_session(), community.id, order)
    return go(f"/organise/events/{slug}/orders/{order}")


def _page(community: Community, where: ColumnElement[bool], zone: str, base: str, *, event: Event | None) -> Response:
    days, provider = _days(zone), current_provider()
    values: dict[str, Any] = {"result": None, "problem": days.problem, "status": 422 if days.problem else 200}
    asked = provider is not None and "since" in request.args
    if provider is not None and asked and days.problem is None:
        current_session().expunge_all()  # what was read stays readable; no transaction is open while we ask
        current_session().rollback()
        values |= _compared(provider, where, days)
    return answer(
        "organise/money/reconcile.html", "organise/money/_reconcile.html", event=event, community=community,
        card=provider is not None, days=days, sentences=WORDS, path=f"{base}/reconcile", now=utc_now(), **values,
    )  # fmt: skip


def _compared(provider: Provider, where: ColumnElement[bool], days: Days) -> dict[str, Any]:
    try:
        theirs = _read(provider, days)
    except (Away, Refused):
        return {"problem": _AWAY, "status": 503}
    if theirs is None:
        return {"problem": _MANY, "status": 422}
    session = current_session()
    mine = our_side(session, where, provider.name, days.since, days.until, theirs)
    result = compare(mine.ours, theirs, since=days.since, until=days.until, names=mine.names, disputed=mine.disputed)
    return {"result": _without_others(result, provider.name)}


def _read(provider: Provider, days: Days) -> list[Booked] | None:
    """Read the books, some days around included; None when there is too much of it for one look."""
    began, found = clocks.monotonic(), []
    for row in islice(provider.books(days.since - SLACK, days.until + SLACK), MOST + 1):
        found.append(row)
        if clocks.monotonic() - began > PATIENCE:
            return None
    return found if len(found) <= MOST else None


def _without_others(result: Result, provider: str) -> Result:
    """Leave out of the strangers what belongs to orders of other communities here."""
    session = current_session()
    orders = all_orders(session, sorted({one.order for one in result.strangers if one.order}))
    known = all_references(session, provider, sorted({one.payment for one in result.strangers}))
    strangers: Sequence[Booked] = [
        one for one in result.strangers if one.order not in orders and one.payment not in known
    ]
    return Result(result.agree, result.sums, result.differences, strangers)


def _days(zone: str) -> Days:
    today = zones.to_local(utc_now(), zone).date()
    try:
        first = read_day(request.args.get("since", "")[:40]) or today - timedelta(days=29)
        last = read_day(request.args.get("until", "")[:40]) or today
    except TextProblem as problem:
        return Days(today - timedelta(days=29), today, zone, problem.sentence)
    last = min(last, today)
    if first > last or first.year < EARLIEST:
        return Days(today - timedelta(days=29), today, zone, _ORDER)
    return Days(first, last, zone, _LONG if last - first > LONGEST else None)


def _midnight(day: date, zone: str) -> datetime:
    return zones.to_utc_rfc(datetime.combine(day, time()), zone)[0]
