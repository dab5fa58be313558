"""A stand-in for Stripe, for tests and the demo: the real SDK speaks with it over HTTP, and nobody is charged."""

from gatherings.double.faults import Chaos
from gatherings.double.notices import Delivery
from gatherings.double.past import Past, remember
from gatherings.double.serving import Double, running_double, serve_double, settings_for

__all__ = ["Chaos", "Delivery", "Double", "Past", "remember", "running_double", "serve_double", "settings_for"]
