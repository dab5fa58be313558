"""What an event's page links to besides: the words of `Event.offers`."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.events.actions import touch_communities
from gatherings.events.models import Event

WORDS = ("tickets", "call", "order", "doors")


def set_offer(session: Session, event_id: int, word: str, there: bool) -> None:
    """Let an event's page link to its tickets, call, order or doors, or no longer; kept pages follow in any case.

    The row is locked first: two who publish different things at once both have their link.
    """
    event = session.scalars(
        select(Event).where(Event.id == event_id).with_for_update().execution_options(populate_existing=True)
    ).one()
    present = set(event.offers.split()) - {word} | ({word} if there else set())
    event.offers = " ".join(one for one in WORDS if one in present)
    session.flush()
    touch_communities(session, [event_id])
