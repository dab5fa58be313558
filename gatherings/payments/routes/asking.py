"""Asking the provider about an order, from its page: never inside a transaction."""

from gatherings.core.clock import utc_now
from gatherings.payments.actions import looking, starting
from gatherings.payments.providers import Refused
from gatherings.payments.providers.registry import current_provider
from gatherings.registration.links import order_path
from gatherings.tickets.models import Order
from gatherings.web.requests import absolute, settings


def start(order: Order) -> str:
    """Give where the order is paid by card: the provider's own page, or its own where nothing is left to pay.

    Raises Conflict, Away and Refused.
    """
    provider, path = current_provider(), order_path(order)
    if provider is None:
        raise Refused("no provider is set")
    started = starting.start(provider, order.id, absolute(path), settings().site, now=utc_now())
    return started.url or path


def ask_again(order: Order) -> None:
    """Ask how the newest try to pay stands, and settle what is told; nothing where nobody can be asked now."""
    looking.look_at(current_provider(), order.id, settings().site, now=utc_now())


def close_tries(order: Order) -> None:
    """End what could still be paid by card, before the order is paid another way or tickets are cancelled.

    Raises Away where the provider cannot be asked, and somebody could still pay there.
    """
    looking.close_attempts(current_provider(), order.id, settings().site, now=utc_now())
