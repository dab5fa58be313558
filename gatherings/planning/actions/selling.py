"""Tickets put on sale, and a quota changed: what needs the seller's papers, or serves the waiting list."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from gatherings.config import Site
from gatherings.core.errors import Conflict
from gatherings.core.words import say
from gatherings.events.models import Event
from gatherings.payments.models import Seller
from gatherings.registration.actions.sending_series import tell_promoted
from gatherings.registration.actions.waiting import serve_event
from gatherings.tickets.actions import kinds as kind_actions
from gatherings.tickets.actions.selling import Kept, needed_sale, set_state
from gatherings.tickets.models import Sale, TicketKind
from gatherings.tickets.queries.kinds import kinds_of
from gatherings.tickets.rules.selling import Lack, Papers, lacks_of


class NotReady(Conflict):
    """Something is missing before tickets can be sold: `lacks`."""

    def __init__(self, lacks: Sequence[Lack]) -> None:
        super().__init__(lacks[0].sentence)
        self.lacks = list(lacks)


def lacks_now(
    session: Session, event: Event, sale: Sale | None, kinds: Sequence[TicketKind], *, card: bool
) -> list[Lack]:
    """List what is missing before an event's tickets can be sold; `card`: paying by card is set up."""
    if sale is None:
        return [Lack("sale", say("Please say first how tickets are sold: in which currency, and how people pay."))]
    seller = session.get(Seller, event.community_id)
    papers = Papers()
    if seller is not None:
        papers = Papers(bool(seller.name), bool(seller.address), bool(seller.vat_number), bool(seller.bank))
    return lacks_of(kinds, sale.ways.split(), papers, card=card)


def publish_sale(session: Session, event_id: int, *, card: bool, by: int, now: datetime) -> None:
    """Put tickets on sale, or go on after a pause; raises NotReady, and Conflict where it is too late."""
    sale = needed_sale(session, event_id)
    if sale.state == "on":
        return  # pressed twice
    event = session.get_one(Event, event_id)
    if event.status == "cancelled":
        raise Conflict(say("This gathering is cancelled. Publish it again if it takes place after all."))
    if event.ends_at <= now:
        raise Conflict(say("This gathering is over, so nothing can be sold for it any more."))
    lacks = lacks_now(session, event, sale, kinds_of(session, event_id), card=card)
    if lacks:
        raise NotReady(lacks)
    set_state(session, event_id, "on", by=by, now=now)


def keep_kind(
    session: Session,
    event_id: int,
    public_id: str,
    values: Mapping[str, Any],
    site: Site,
    *,
    edits: int | None,
    by: int,
    now: datetime,
) -> Kept:
    """Add or change a kind of ticket; where its quota grew, the waiting list is served in the same transaction."""
    kept = kind_actions.save_kind(session, event_id, public_id, values, edits=edits, by=by, now=now)
    if kept.places_id is not None:
        serve_event(session, event_id, site, now=now)
        tell_promoted(session, site, now=now)
    return kept
