"""What an order is called at a bank's counter: short, and without letters that look or sound alike."""

import secrets

# No 0 O, 1 I L, 2 Z, 5 S, 8 B, U V: read out on a telephone or copied by hand, none is taken for another.
LETTERS = "ACDEFGHJKMNPQRTWXY34679"
LENGTH = 9


def new_reference() -> str:
    """Make a reference of nine signs, in threes: "KM4-7XT-R9Q"."""
    signs = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    return "-".join(signs[at : at + 3] for at in range(0, LENGTH, 3))
