"""References of orders: what people write on a bank transfer, read over the telephone and type."""

import secrets

# Without what looks or sounds alike: no 0 O, 1 I L, 5 S, 8 B, 2 Z.
ALPHABET = "34679ACDEFGHJKMNPQRTUVWXY"


def new_reference() -> str:
    """Make a reference like "KM4-7XT-R9Q": far too many to be guessed or to meet twice."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(3)) for _ in range(3))
