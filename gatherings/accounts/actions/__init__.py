"""People, their links, and what they may try how often; each module holds one subject, this one names the verbs."""

from gatherings.accounts.actions.fresh_links import (
    FRESH_LINK_LIFE,
    end_fresh_links,
    make_fresh_link,
    person_of_fresh_link,
)
from gatherings.accounts.actions.limits import count_attempt, forget_attempts, is_spent, limit_attempts, was_tried
from gatherings.accounts.actions.people import find_or_make_person, find_person, meet_person, renew_feed

__all__ = [
    "FRESH_LINK_LIFE", "count_attempt", "end_fresh_links", "find_or_make_person", "find_person", "forget_attempts",
    "is_spent", "limit_attempts", "make_fresh_link", "meet_person", "person_of_fresh_link", "renew_feed", "was_tried",
]  # fmt: skip
