"""The screens of organisers, one module for each subject."""

from gatherings.organise.routes import (
    account,
    by_hand,
    communities,
    consents,
    day,
    events,
    exports,
    home,
    imports,
    kinder,
    letters,
    log,
    member_lists,
    members,
    questions,
    recurrence,
    registrations,
    series,
    series_dates,
    team,
    twins,
)
from gatherings.organise.routes.blueprint import bp

__all__ = [
    "account", "bp", "by_hand", "communities", "consents", "day", "events", "exports", "home", "imports", "kinder",
    "letters", "log", "member_lists", "members", "questions", "recurrence", "registrations", "series", "series_dates",
    "team", "twins",
]  # fmt: skip
