"""What `gatherings check` says of paying by card: settings, the account at Stripe, and notices that failed."""

from collections.abc import Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gatherings.config import Settings
from gatherings.events.models import Event
from gatherings.payments.models import Attempt, Notice, Payment
from gatherings.payments.providers.registry import provider_of
from gatherings.tickets.models import Sale


def wrong_stripe(settings: Settings, session: Session) -> Iterator[str]:
    """Name everything about Stripe that keeps people from paying, or us from knowing it."""
    provider = provider_of(settings)
    if provider is None or settings.stripe is None:
        yield from _sold_by_card(session)
        return
    yield from (str(problem) for problem in provider.check())
    yield from _of_the_other_mode(session, live=settings.stripe.live)
    failed = session.scalar(select(func.count(Notice.id)).where(Notice.state == "failed"))
    if failed:
        yield f"{failed} of Stripe's notices could not be worked; the log says why."


def _sold_by_card(session: Session) -> Iterator[str]:
    """Name what is sold by card alone though no card can be taken."""
    rows = session.scalars(
        select(Event.slug).join(Sale, Sale.event_id == Event.id).where(Sale.state == "on", Sale.ways == "card")
    )
    for slug in rows:
        yield f"Tickets of {slug} can only be paid by card, but STRIPE_SECRET_KEY is not set."


def _of_the_other_mode(session: Session, *, live: bool) -> Iterator[str]:
    """Name payments made in Stripe's other mode: with today's key they can be neither looked at nor given back."""
    other, ours = ("test", "live") if live else ("live", "test")
    count = session.scalar(
        select(func.count(Payment.id))
        .join(Attempt, Attempt.id == Payment.attempt_id)
        .where(Attempt.session_id.startswith(f"cs_{other}_", autoescape=True))
    )
    if count:
        yield (
            f"STRIPE_SECRET_KEY is a {ours} key, but {count} payments were made in Stripe's {other} mode: "
            "they cannot be looked at or given back with it."
        )
