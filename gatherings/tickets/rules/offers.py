"""How long a ticket is offered to who waited for it: hours in which they are awake, fewer when it is near."""

from datetime import datetime, time, timedelta

from gatherings.core import zones
from gatherings.core.hours import RESTS, WAKES

# So many waking hours where the first day is at least so many days ahead; LATE where it is nearer still.
_STEPS = ((timedelta(days=14), timedelta(hours=24)), (timedelta(days=3), timedelta(hours=12)))
_LATE = timedelta(hours=4)
# However near it is: time to type a card's number in (Stripe keeps a payment open for half an hour at least).
LEAST = timedelta(minutes=45)


def offered_until(now: datetime, zone: str, starts_at: datetime, ends_at: datetime) -> datetime:
    """Give until when an offer stands that is made `now` to somebody in `zone`: always within their waking hours.

    Two weeks ahead they have 24 waking hours (from 07:00 to 22:00), three days ahead 12, then 4; never beyond the
    start, or the end for what has begun, but always the least that paying takes.
    """
    left = starts_at - now
    wanted = next((hours for ahead, hours in _STEPS if left >= ahead), _LATE)
    end = min(awake_for(wanted, now, zone), starts_at if left > LEAST else ends_at)
    return max(end, now + LEAST).replace(second=0, microsecond=0)


def awake_for(wanted: timedelta, now: datetime, zone: str) -> datetime:
    """Give the instant at which somebody in `zone` will have been awake for so long, counted from `now`."""
    at = now
    while True:
        local = zones.to_local(at, zone)
        if local.time() < WAKES:
            at = _instant(local, WAKES, zone)
        elif local.time() >= RESTS:
            at = _instant(local + timedelta(days=1), WAKES, zone)
        else:
            rests = _instant(local, RESTS, zone)
            if rests - at >= wanted:
                return at + wanted
            wanted -= rests - at
            at = _instant(local + timedelta(days=1), WAKES, zone)


def _instant(local: datetime, clock: time, zone: str) -> datetime:
    return zones.to_utc_rfc(datetime.combine(local.date(), clock), zone)[0]
