"""Asking the provider about an order, from its page: never inside a transaction."""

from datetime import timedelta

from gatherings.accounts.actions import limit_attempts
from gatherings.core.clock import utc_now
from gatherings.db import transact
from gatherings.payments.actions import looking, starting
from gatherings.payments.providers import Refused
from gatherings.payments.providers.registry import current_provider
from gatherings.registration.links import order_path
from gatherings.tickets.models import Order
from gatherings.web.requests import absolute, settings

PRESSES = 30  # of “Pay by card” for one order in ten minutes


def start(order: Order) -> str:
    """Give where the order is paid by card: the provider's own page, or its own where nothing is left to pay.

    Raises Conflict, Away, Refused, and TooMany: each press asks the provider, who takes so many questions of us all.
    """
    provider, path, order_id = current_provider(), order_path(order), order.id
    if provider is None:
        raise Refused("no provider is set")
    transact(limit_attempts, "pay", order.public_id, most=PRESSES, window=timedelta(minutes=10), now=utc_now())
    started = starting.start(provider, order_id, absolute(path), settings().site, now=utc_now())
    return started.url or path


def ask_again(order: Order) -> None:
    """Ask how the newest try to pay stands, and settle what is told; nothing where nobody can be asked now."""
    looking.look_at(current_provider(), order.id, settings().site, now=utc_now())


def close_tries(order: Order) -> None:
    """End what could still be paid by card, before the order is paid another way or tickets are cancelled.

    Raises Away where the provider cannot be asked, and somebody could still pay there.
    """
    looking.close_attempts(current_provider(), order.id, settings().site, now=utc_now())
