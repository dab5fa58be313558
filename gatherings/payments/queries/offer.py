"""What of an event somebody can order now: its sale, the kinds they are shown, and the codes they typed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.tickets.models import Application, Code, Order, Sale, TicketKind
from gatherings.tickets.queries.kinds import Offered, find_codes, find_sale, offered_kinds, read_code

MOST_CODES = 5  # of one order


@dataclass(frozen=True)
class Offer:
    """`kinds` by public id, in their order, as this buyer is shown them; `codes` as typed, those that exist.

    `unknown` are typed codes that the event does not have. `application` is a bursary that was granted.
    """

    sale: Sale
    kinds: Mapping[str, Offered]
    codes: Sequence[Code] = ()
    unknown: Sequence[str] = ()
    application: Application | None = None

    @property
    def open(self) -> bool:
        """Tell whether anything is sold at all; a sale can be paused."""
        return self.sale.state == "on"

    @property
    def rows(self) -> dict[str, TicketKind]:
        """Give the kinds alone, by public id."""
        return {public_id: offered.kind for public_id, offered in self.kinds.items()}


def read_offer(
    session: Session, event_id: int, typed: Sequence[str], *, now: datetime, approved: str | None = None
) -> Offer | None:
    """Read what an event sells to whoever typed these codes; None where it has no tickets (or they are a draft)."""
    sale = find_sale(session, event_id)
    if sale is None or sale.state == "draft":
        return None
    wanted = list(dict.fromkeys(code for one in typed if (code := read_code(one))))[:MOST_CODES]
    found = find_codes(session, event_id, wanted) if wanted else {}
    application = find_granted(session, event_id, approved, now=now) if approved else None
    granted: list[str] = []
    if application is not None:
        kind = session.get_one(TicketKind, application.kind_id)
        granted = [kind.public_id]
    codes = [found[code] for code in wanted if code in found]
    offered = offered_kinds(session, event_id, now, codes=codes, approved=granted)
    return Offer(
        sale,
        {one.kind.public_id: one for one in offered if one.standing.state != "retired"},
        codes,
        [code for code in wanted if code not in found],
        application,
    )


def find_granted(session: Session, event_id: int, public_id: str, *, now: datetime) -> Application | None:
    """Find a bursary of an event that was granted and not used yet, by its public id."""
    found = session.scalars(
        select(Application)
        .where(Application.public_id == public_id, Application.event_id == event_id, Application.state == "approved")
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None or (found.until_at is not None and now >= found.until_at):
        return None
    return found


def find_order_of_grant(session: Session, event_id: int, public_id: str) -> Order | None:
    """Find the order that a bursary of an event was used for, by the bursary's public id."""
    return session.scalars(
        select(Order)
        .join(Application, Application.order_id == Order.id)
        .where(Application.public_id == public_id, Application.event_id == event_id, Application.state == "used")
    ).one_or_none()
