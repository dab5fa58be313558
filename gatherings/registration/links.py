"""Links of one's own: what a token names, and whether the way in is open."""

from gatherings.core.clock import utc_now
from gatherings.events.models import Event
from gatherings.registration.models import Registration, SeriesRegistration
from gatherings.registration.rules import JOIN_CLOSES, JOIN_OPENS
from gatherings.tickets.models import Order
from gatherings.web.rights import signer


def manage_path(registration: Registration | SeriesRegistration) -> str:
    """Give the path of the page that changes or cancels a registration."""
    purpose = "manage" if isinstance(registration, Registration) else "manage-series"
    return f"/registrations/{signer().sign(purpose, registration.public_id, registration.link_version)}"


def join_path(registration: Registration | SeriesRegistration) -> str:
    """Give the path of the way in, which can only join."""
    purpose = "join" if isinstance(registration, Registration) else "join-series"
    return f"/join/{signer().sign(purpose, registration.public_id, registration.link_version)}"


def order_path(order: Order) -> str:
    """Give the path of an order's page, for whoever bought: pay, names, papers, leaving."""
    return f"/orders/{signer().sign('order', order.public_id, order.link_version)}"


def door_to_meeting(event: Event) -> str:
    """Say how the way into an event stands now: "early", "open" or "over"."""
    now = utc_now()
    if now < event.starts_at - JOIN_OPENS:
        return "early"
    return "open" if now < event.ends_at + JOIN_CLOSES else "over"
