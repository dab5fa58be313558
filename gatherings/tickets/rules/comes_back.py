"""What comes back to whoever leaves: the organiser's steps, counted in days before the event's first day."""

from collections.abc import Sequence
from datetime import date


def percent_back(steps: Sequence[dict[str, int]], *, today: date, first_day: date) -> int:
    """Give how many percent (0 to 100) come back to who leaves `today`, both on the event's calendar.

    `steps`: [{"days": 30, "percent": 100}, {"days": 7, "percent": 50}]; the one with the most days that are still left
    counts; none does: nothing comes back.
    """
    left = (first_day - today).days
    fitting = [step for step in steps if left >= step["days"]]
    return max((step["percent"] for step in sorted(fitting, key=lambda step: -step["days"])[:1]), default=0)
