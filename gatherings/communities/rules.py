"""Rules of communities: which role may do what (domain.md 16)."""

from collections.abc import Mapping
from typing import Final

from gatherings.core.words import Sentence, say

ROLES: Final = ("owner", "organiser", "host", "helper", "editor", "reviewer")

ROLE_WORDS: Mapping[str, tuple[Sentence, Sentence]] = {
    "owner": (say("Owner"), say("Everything, and who else has which role.")),
    "organiser": (say("Organiser"), say("Events, registrations, members and letters.")),
    "host": (say("Host"), say("Runs the hour: sees names, changes the meeting link, checks people in.")),
    "helper": (say("Helper"), say("Checks people in, and nothing else.")),
    "editor": (say("Editor"), say("Writes what was heard; sees no e-mail addresses and no payments.")),
    "reviewer": (say("Reviewer"), say("Reads what presenters offer, notes and scores it; sees no e-mail addresses.")),
}

# What one may do. "look": an overview in numbers · "edit": communities, series, events, questions, publication ·
# "names": who comes, by name, with their hour · "people": all about registrations and members, and changing them ·
# "export": taking lists away · "write": letters · "run": the meeting link, the run of show · "check_in" ·
# "insights": what was heard · "review": read, note and score what presenters offer · "choose": accept and decline it,
# the running order, doors · "money" · "log" · "roles".
_RIGHTS: Mapping[str, frozenset[str]] = {
    "host": frozenset({"look", "names", "run", "check_in", "review"}),
    "helper": frozenset({"check_in"}),
    "editor": frozenset({"look", "insights"}),
    "reviewer": frozenset({"look", "review"}),
}
_ORGANISER = frozenset(
    {
        "look",
        "edit",
        "names",
        "people",
        "export",
        "write",
        "run",
        "check_in",
        "insights",
        "review",
        "choose",
        "money",
        "log",
    }
)
RIGHTS: Final = _ORGANISER | {"roles"}


def allows(role: str, right: str) -> bool:
    """Tell whether a role may do something; raises KeyError for a right that does not exist."""
    if right not in RIGHTS:
        raise KeyError(right)
    if role == "owner":
        return True
    return right in (_ORGANISER if role == "organiser" else _RIGHTS[role])
