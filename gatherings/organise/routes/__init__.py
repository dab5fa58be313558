"""The screens of organisers, one module for each subject."""

from gatherings.organise.routes import (
    account,
    by_hand,
    call,
    communities,
    consents,
    day,
    door,
    doors,
    events,
    exports,
    home,
    imports,
    kinder,
    letters,
    live,
    log,
    member_lists,
    members,
    questions,
    recurrence,
    registrations,
    run_sheet,
    running_items,
    running_order,
    series,
    series_dates,
    slides,
    slots,
    submissions,
    team,
    twins,
)
from gatherings.organise.routes.blueprint import bp

__all__ = [
    "account", "bp", "by_hand", "call", "communities", "consents", "day", "door", "doors", "events", "exports", "home",
    "imports", "kinder", "letters", "live", "log", "member_lists", "members", "questions", "recurrence",
    "registrations", "run_sheet", "running_items", "running_order", "series", "series_dates", "slides", "slots",
    "submissions", "team", "twins",
]  # fmt: skip
