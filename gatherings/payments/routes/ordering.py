"""Choosing tickets and ordering them: the form, alone or on the event's page, and its answer."""

from typing import Any

from flask import Response, redirect, request, url_for

from gatherings.accounts.guard import keep_private
from gatherings.accounts.links import wrong_links_counted
from gatherings.core.clock import utc_now
from gatherings.core.errors import InvalidInput, NotFound, Problem
from gatherings.core.words import Sentence, say
from gatherings.db import current_session, transact
from gatherings.events.models import Event
from gatherings.events.queries import Moved, get_event_for_form
from gatherings.payments.actions.placing import place_order
from gatherings.payments.forms.guessing import refuse_guessing
from gatherings.payments.forms.order import OrderForm, codes_sent, order_form
from gatherings.payments.forms.reading import check_order, wish_of
from gatherings.payments.queries.offer import find_granted, find_order_of_grant
from gatherings.payments.routes.blueprint import bp
from gatherings.payments.rules.ordering import OrderWish, Placed, order_ids
from gatherings.registration.actions.ticketed import Full
from gatherings.tickets.models import Application
from gatherings.web.answers import answer, go, wants_fragment
from gatherings.web.i18n import language_now
from gatherings.web.requests import asking_network, settings
from gatherings.web.rights import claim_of, public, signer
from gatherings.web.visitor import checked_slug, visitor_zone

_GONE = say("“%(kind)s” was taken a moment ago. Choose something else, or press again to be put on the waiting list.")


@bp.route("/events/<slug>/order", methods=["GET", "POST"])
@public
def order_for(slug: str) -> Response:
    """Show the form that orders tickets alone, or take it; `do=look` only shows what the choice comes to."""
    event = _event(slug)
    if event.slug != slug and request.method != "POST":
        return _moved(url_for("payments.order_for", slug=event.slug, code=request.args.get("code")))
    slug = event.slug
    refuse_guessing(event.id, codes_sent())
    event = _event(slug)  # what was read is forgotten where a wrong code was counted
    pressed = _pressed_before(event)
    if pressed is not None:
        return _done(slug, pressed)
    form = _made(event)
    if request.method != "POST":
        return _form(form, event)
    if form.closed_words:
        return _form(form, event, status=409)
    if form.caught:
        return _done(slug, Placed(None, 1, "wished" if form.waits else "paid"))
    if request.form.get("do") == "look" or (form.unnamed and not form.live):
        return _form(form, event, asked=form.unnamed and request.form.get("do") != "look")
    if not check_order(form):
        return _form(form, event, status=422)
    return _place(event, wish_of(form, language_now()))


def _place(event: Event, wish: OrderWish) -> Response:
    """Place an order; what changed since the page was made is told on it, with all that was typed."""
    slug, event_id, gone = event.slug, event.id, list[str]()
    try:
        return _done(slug, _transact(event_id, wish, wait=False))
    except Full as full:
        if wish.waiting:
            try:
                return _done(slug, _transact(event_id, wish, wait=True))
            except InvalidInput as problems:
                refusal = problems
        else:
            gone, refusal = _gone(slug, full)
    except InvalidInput as problems:
        refusal = problems
    # The transaction has forgotten what was read before it.
    event = _event(slug)
    form = _made(event, gone=gone)
    check_order(form)
    for field in form:
        field.errors = []
    form.take_problems(refusal)
    return _form(form, event, status=409 if gone else 422)


def _transact(event_id: int, wish: OrderWish, *, wait: bool) -> Placed:
    return transact(
        place_order,
        event_id,
        wish,
        settings().site,
        now=utc_now(),
        network=asking_network(),
        network_limit=settings().network_limit,
        wait=wait,
    )


def _gone(slug: str, full: Full) -> tuple[list[str], InvalidInput]:
    """Name what is not to be had any more: one kind, or (its side of the event is full) all that were chosen."""
    form = _made(_event(slug))
    chosen = [kind for kind in form.chosen if full.kind_id in (None, kind.id)] or form.chosen
    problems = [Problem(f"n_{kind.public_id}", Sentence(_GONE.text, {"kind": kind.name})) for kind in chosen]
    return [kind.public_id for kind in chosen], InvalidInput(problems)


def _made(event: Event, gone: Any = ()) -> OrderForm:
    """Make the form of an event; raises NotFound where it sells no tickets."""
    granted = _granted(event, request.values.get("grant"))
    form = order_form(current_session(), event, visitor_zone(), granted=granted, gone=gone)
    if form is None:
        raise NotFound()
    return form


def _pressed_before(event: Event) -> Placed | None:
    """Find what this very form ordered already with a bursary: its link is used up, and the answer is the same."""
    claim = signer().verify("application", request.form.get("grant", ""))
    if claim is None:
        return None
    found = find_order_of_grant(current_session(), event.id, claim.public_id)
    if found is None or found.public_id not in set(order_ids(request.form.get("key", ""))):
        return None
    return Placed(found.public_id, found.link_version, found.state, found.id, new=False)


def _granted(event: Event, token: str | None) -> Application | None:
    """Read the bursary that a link names; raises NotFound for a link that is none, or was used."""
    if not token:
        return None
    with wrong_links_counted():
        _purpose, claim = claim_of(token, "application")
        found = find_granted(current_session(), event.id, claim.public_id, now=utc_now())
        if found is None or found.link_version != claim.version:
            raise NotFound(say("This link was used already, or its time is over."))
    keep_private()  # the form is filled with their name and address
    return found


def _event(slug: str) -> Event:
    """Read an event by its slug, or by one it once had; raises NotFound."""
    found = get_event_for_form(current_session(), checked_slug(slug))
    if isinstance(found, Moved):
        found = get_event_for_form(current_session(), found.slug)
    if isinstance(found, Moved):
        raise NotFound()
    return found


def _moved(path: str) -> Response:
    made = redirect(path, code=301)
    return Response(made.get_data(), made.status_code, made.headers)


def _form(form: OrderForm, event: Event, *, status: int = 200, asked: bool = False) -> Response:
    """Show the form; `asked`: whose tickets these are is what it asks now, and nothing is wrong."""
    return answer(
        "payments/choose.html", "payments/_choose.html", status=status, form=form, event=event, zone=visitor_zone(),
        asked=asked,
    )  # fmt: skip


def _done(slug: str, placed: Placed) -> Response:
    """Lead to the order's page, where it is paid; what costs nothing says the same to everybody (domain.md 10)."""
    if placed.state == "open" or (not placed.new and placed.state in ("waiting", "due")):
        assert placed.public_id is not None  # it was ordered
        return go(f"/orders/{signer().sign('order', placed.public_id, placed.link_version)}")
    waits = placed.state == "wished"
    if wants_fragment():
        return answer("payments/ordered.html", "payments/_ordered.html", waits=waits)
    return go(url_for("payments.ordered", slug=slug, waits=1 if waits else None))


@bp.get("/events/<slug>/ordered")
@public
def ordered(slug: str) -> Response:
    """Show what comes next after ordering what costs nothing: the same for everybody, nothing personal in it."""
    return answer("payments/ordered.html", event=_event(slug), waits=request.args.get("waits") == "1")
