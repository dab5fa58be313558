"""The treasurer's screens: orders, takings, refunds, and our money beside the provider's books."""

from gatherings.organise.routes.money import everybody, giving, hand, one, orders, papers, reconciling, takings

__all__ = ["everybody", "giving", "hand", "one", "orders", "papers", "reconciling", "takings"]
