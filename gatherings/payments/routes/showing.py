"""What the page of an order shows, and how it is read and shown again."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from typing import Any

from flask import Response, request
from sqlalchemy.orm import Session

from gatherings.accounts.links import wrong_links_counted
from gatherings.core import zones
from gatherings.core.clock import utc_now
from gatherings.core.errors import Conflict
from gatherings.core.money import digits_of
from gatherings.core.words import Sentence, say
from gatherings.db import current_session, transact
from gatherings.events.rules import Door, door
from gatherings.payments.actions.leaving import LEAVABLE, Less, percent_now, today_at
from gatherings.payments.models import Attempt, Seller
from gatherings.payments.providers import Away
from gatherings.payments.providers.registry import current_provider
from gatherings.payments.queries.orders import (
    Moved,
    find_seller,
    get_order_by_link,
    get_sale,
    moved_of,
    newest_attempt,
    with_a_code,
)  # fmt: skip
from gatherings.payments.routes import asking
from gatherings.payments.rules.leaving import steps_left
from gatherings.payments.rules.standing import left_words, standing
from gatherings.payments.rules.ways import ways_for
from gatherings.registration.links import order_path
from gatherings.tickets.models import Order, Sale, TicketKind
from gatherings.tickets.rules.states import HOLDING
from gatherings.web.answers import answer, go
from gatherings.web.i18n import list_words
from gatherings.web.markdown import render
from gatherings.web.money import money_words
from gatherings.web.rights import claim_of
from gatherings.web.times import day_words

PURPOSE = "order"
# How often a page that waits looks again, in seconds: while one has just paid, while time runs, while money travels.
LOOKS: Mapping[str, int] = {"asking": 4, "open": 20, "left": 20, "failed": 20, "ended": 20, "waiting": 60}
HELD = ("open", "left", "failed", "ended")  # while time runs

NOTES: Mapping[str, Sentence] = {
    "booked": say("Done. Everybody who comes gets their invite by mail."),
    "kept": say("Your changes are kept."),
    "handed": say("Done. Whoever comes now gets an invite by mail, and the calendar of who had the ticket is told."),
    "left": say("Done. What you cancelled is free for others now, and everybody on these tickets is told."),
    "before": say("That was done before, so nothing more was needed."),
    "away": say(
        "The card payment cannot be reached at the moment. Nothing was taken, and nothing has changed. Please try "
        "again in a minute."
    ),
    "refused": say(
        "Paying by card does not work for this order at the moment. Nothing was taken. Please choose another way, or "
        "write to the hosts."
    ),
}
BAD_NOTES = frozenset({"away", "refused"})


def order_of(session: Session, token: str) -> Order:
    """Read what an order's link names, in this session; raises NotFound."""
    _purpose, claim = claim_of(token, PURPOSE)
    return get_order_by_link(session, claim)


def look(token: str) -> Order:
    """Read what an order's link names, for showing it; wrong links are counted."""
    with wrong_links_counted():
        return order_of(current_session(), token)


def press(token: str, act: Callable[[Session, Order], str]) -> str:
    """Do what a button asks for, in one transaction; `act` gives the key of the note that says what happened."""

    def run(session: Session) -> str:
        return act(session, order_of(session, token))

    with wrong_links_counted():
        return transact(run)


def back_to(token: str, note: str) -> Response:
    """Lead back to the page of an order after a press, with a note."""
    return go(f"/orders/{token}?done={note}")


def pressed(token: str, order: Order, act: Callable[[Session, Order], str], *, money: bool = False) -> Response:
    """Do what a button asks for and lead back to the page; what cannot be done is said on it (409).

    `money`: what is owed changes, so nobody may be paying the old sum by card meanwhile.
    """
    try:
        if money:
            asking.close_tries(order)
        note = press(token, act)
    except Away as away:
        return out_of_reach(token, away)
    except Less:
        raise
    except Conflict as refusal:
        current_session().expunge_all()
        return not_now(look(token), refusal)
    return back_to(token, note)


def out_of_reach(token: str, away: Away) -> Response:
    """Show the page again: the provider does not answer now, and nothing has changed (503)."""
    current_session().expunge_all()
    response = page(look(token), status=503, note="away")
    response.headers["Retry-After"] = str(away.after)
    return response


def came_back() -> str:
    """Tell from where the reader comes back: "paid" or "left" the page of the card payment, else ""."""
    said = request.args.get("back", "")
    return said if said in ("paid", "left") else ""


def page(order: Order, *, status: int = 200, note: str | None = None, back: str = "") -> Response:
    """Show the page of an order; the fragment to htmx."""
    values = values_of(order, note=note, back=back)
    return answer("payments/order.html", "payments/_order.html", status=status, **values)


def values_of(order: Order, *, note: str | None = None, back: str = "") -> dict[str, Any]:
    """Give what the templates of an order's page know."""
    session, now, event = current_session(), utc_now(), order.event
    sale, moved = get_sale(session, order.event_id), moved_of(session, order.id)
    seller = find_seller(session, event)
    how = how_it_stands(order, moved.last_attempt, seller, back)
    closed = door(event, now) in (Door.OVER, Door.CANCELLED)
    live = [one for one in order.tickets if one.state in LEAVABLE]
    return {
        **frame_of(order),
        "how": how,
        "note": NOTES.get(note or ""),
        "note_bad": note in BAD_NOTES,
        "sale": sale,
        "seller": seller,
        "moved": moved,
        "ways": () if closed else ways_of(order, sale, how),
        "left": time_left(order, how),
        "due": due_words(order),
        "live": live,
        "can_leave": bool(live) and not closed and order.state != "waiting",
        "can_name": not closed,
        "coded": with_a_code(session, order),
        "returning": returning(order, moved),
        "by_hand": any(one.state == "by_hand" for one in moved.refunds),
        "steps": steps_left(sale.comes_back, today=today_at(event, now), first_day=event.starts_local.date()),
        "percent": percent_now(order, sale, now),
        "look_every": LOOKS.get(how, 0),
        "mark": mark_of(order, moved.last_attempt, how),
        "back": back,
        "holding": HOLDING,
        "terms": render(sale.terms) if sale.terms else "",
    }


def frame_of(order: Order) -> dict[str, Any]:
    """Give what every page of an order knows."""
    return {
        "order": order, "event": order.event, "community": order.event.community, "path": order_path(order),
        "now": utc_now(), "cash": partial(money_words, currency=order.currency, exact=not _is_whole(order)),
        "days_of": lambda kind: days_words(kind, order), "day_of": lambda day: _day(day, order),
    }  # fmt: skip


def _is_whole(order: Order) -> bool:
    """Tell whether no sum of an order has decimals; where one has, all are written with them, below one another."""
    whole = 10 ** digits_of(order.currency)
    sums = (order.total, order.vat, *(sum for one in order.tickets for sum in (one.price, one.discount, one.vat)))
    return not any(sum % whole for sum in sums)


def days_words(kind: TicketKind, order: Order) -> str:
    """Name the days that a kind is valid for; "" for all of them."""
    return list_words([_day(date.fromisoformat(day), order) for day in kind.days])


def how_it_stands(order: Order, tried: Attempt | None, seller: Seller | None, back: str) -> str:
    """Name how an order stands: payments/rules/standing.py."""
    now = utc_now()
    zone = (zones.canonical(seller.zone) if seller is not None else None) or order.event.zone
    return standing(
        order.state, way=order.way, owed=order.owed, received=order.received, expires_at=order.expires_at,
        due_on=order.due_on, today=zones.to_local(now, zone).date(), tried=tried.state if tried is not None else "",
        back=back, now=now,
    )  # fmt: skip


def ways_of(order: Order, sale: Sale, how: str) -> tuple[str, ...]:
    """Give the ways in which an order can be paid now."""
    card = current_provider() is not None
    if order.state == "open" and how not in ("over", "asking"):
        return ways_for(sale.ways, [one.side for one in order.tickets if one.state in HOLDING], card=card)
    if order.state == "due" and order.owed > 0 and card and "card" in sale.ways.split():
        return ("card",)
    return ()


def returning(order: Order, moved: Moved) -> int:
    """Give how much goes back to the buyer and is not there yet, in minor units."""
    on_its_way = sum(one.amount for one in moved.refunds if one.state in ("due", "sent", "by_hand", "failed"))
    return max(0, -order.owed) + on_its_way


def due_words(order: Order) -> str:
    """Say until which day an invoice is to be paid; "" without one."""
    return _day(order.due_on, order) if order.due_on is not None else ""


def _day(day: date, order: Order) -> str:
    return day_words(day, year=zones.to_local(utc_now(), order.event.zone).year)


def time_left(order: Order, how: str) -> Sentence | None:
    """Say how long places are held still; None where nothing runs out."""
    if order.expires_at is None or how not in HELD:
        return None
    return left_words(order.expires_at - utc_now())


def mark_of(order: Order, tried: Attempt | None, how: str) -> str:
    """Give a mark that changes when the page has something new to say: a page that looks again sends the one it has."""
    said = (how, order.state, order.total, order.received, order.given_back, tried.id if tried else 0)
    return hashlib.sha256(repr(said).encode()).hexdigest()[:12]


def short(token: str) -> tuple[Order, Attempt | None]:
    """Read what is needed to know whether a page has something new to say."""
    order = look(token)
    return order, newest_attempt(current_session(), order.id)


def not_now(order: Order, refusal: Conflict) -> Response:
    """Show the page again with why a press could not be followed (409)."""
    values = values_of(order) | {"note": refusal.sentence, "note_bad": True}
    return answer("payments/order.html", "payments/_order.html", status=409, **values)
