"""What becomes of money that arrived: whether it pays for an order, or goes back."""

from datetime import datetime, timedelta

# A provider takes a session's end no sooner than 30 minutes and no later than 24 hours from now, by its own clock:
# ours may be a quarter of an hour from that.
_SOONEST = timedelta(minutes=45)
_LATEST = timedelta(hours=23, minutes=30)
_MARGIN = timedelta(minutes=5)
# Whoever begins to pay in the last minute of their time still has this long, once.
TYPING = timedelta(minutes=15)
# After a delayed payment failed, the places are kept this long for another try: a day, then an hour.
_AGAIN = (timedelta(days=1), timedelta(days=1), timedelta(hours=1))
# How long after the end of its session nobody can pay any more, even where the provider could not be asked.
DEAD_AFTER = timedelta(minutes=15)
# A session that was asked for so lately is on its way: whoever presses again gets the same one. Not for long: an error
# of the provider's own may be given again for the same key.
STARTING = timedelta(seconds=40)
MOST_ATTEMPTS = 100


def why_not(
    state: str,
    owed: int,
    currency: str,
    *,
    amount: int,
    of: str,
    asked: tuple[int, str] | None,
    by_hand: bool = False,
) -> str:
    """Say why money does not pay for an order: "currency", "amount", "twice", "gone"; "" where it does.

    `state`, `owed` and `currency` are the order's, whose places were tried to be taken again if it had expired.
    `amount` `of` a currency came; `asked` is what the provider was asked to take. What an organiser notes `by_hand`
    may be a part.
    """
    if of != currency or (asked is not None and asked[1] != of):
        return "currency"
    if state == "paid" and owed <= 0:
        return "twice"
    if state in ("expired", "wished") or (state == "cancelled" and owed <= 0):
        return "gone"
    if asked is not None and amount != asked[0]:
        return "amount"
    if amount < owed and not (by_hand and state in ("due", "paid", "cancelled")):
        return "amount"
    return ""


def session_ends(now: datetime, held_until: datetime | None) -> datetime:
    """Give until when a provider's session may be paid: as long as the places are held, within what it allows."""
    wanted = (held_until or now + _LATEST) + _MARGIN
    return min(max(wanted, now + _SOONEST), now + _LATEST).replace(microsecond=0)


def held_again(now: datetime, attempts: int, starts_at: datetime, ends_at: datetime) -> datetime:
    """Give until when places are held for another try after a delayed payment failed; not beyond the event's end."""
    longest = _AGAIN[min(max(attempts, 1), len(_AGAIN)) - 1]
    return max(now + _AGAIN[-1] / 2, min(now + longest, starts_at if now < starts_at else ends_at))
