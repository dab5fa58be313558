"""Lines of the log as sentences: who did what to what. An action that has none here reads as its own name."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from gatherings.communities.rules import ROLE_WORDS
from gatherings.core.words import Sentence, say, say_many
from gatherings.organise import log_choosing, log_money
from gatherings.registration.actions.bulk_kinds import KINDS as BULK

Details = Mapping[str, Any]
Telling = Sentence | Callable[[Details], Sentence]

# Who acts without a name of their own.
ACTORS: Mapping[str, Sentence] = {
    "person": say("The person themselves"),
    "not-me": say("Whoever has the address"),
    "host": say("A host"),
    "worker": say("The worker"),
    "system": say("The worker"),
    "retime": say("The worker"),
    "load": say("The programme file"),
    "command": say("The command line"),
}

# By what kind of thing it is done to: a filter of the screen.
KINDS: Mapping[str, tuple[Sentence, tuple[str, ...]]] = {
    "registrations": (
        say("Registrations"),
        (
            "cancel", "change", "move", "promote", "resend", "bring_back", "correct_address", "registered-by-hand",
            "registrations-brought", "swap", "bulk_asked", "bulk_undone", "bulk_done",
        ),
    ),
    "day": (say("On the day"), ("check_in", "check_in_undone")),
    "events": (
        say("Events and series"),
        (
            "create_event", "edit_event", "copy_event", "publish", "unpublish", "cancel_event", "picture",
            "create_twin", "create_series", "edit_series", "publish_series", "unpublish_series", "cancel_series",
            "restore_series", "add_date", "skip_date", "change_rule", "retime", "create_community",
            "edit_community", "question-asked", "question-changed", "questions-ordered", "question-retired",
            "question-deleted", "question-asked-again", "consent-worded", "consents-ordered", "consent-retired",
            "consent-asked-again",
        ),
    ),
    "slots": (
        say("Slots"),
        (
            "write_call", "edit_call", "publish_call", "unpublish_call", "close_call", "reopen_call",
            "order_started", "order_moved", "order_placed", "order_given", "order_added", "order_changed",
            "order_removed", "order_undone", "order_settled", "order_published", "order_taken_back", "order_tell_now",
            "live_begun", "live_ended", "live_reopened", "live_forgotten", *log_choosing.ACTIONS,
        ),
    ),
    "money": (say("Tickets and money"), log_money.ACTIONS),
    "doors": (
        say("Doors"),
        ("make_doors", "edit_doors", "fill_door", "move_door", "publish_doors", "unpublish_doors"),
    ),
    "members": (
        say("Members"),
        ("change_member", "remove_member", "send_member_link", "import_members", "leave_news", "return_to_news"),
    ),
    "letters": (say("Letters"), ("send_letter", "stop_letter")),
    "lists": (say("Lists taken away"), ("registrations-exported", "export_members")),
    "team": (
        say("Team"),
        (
            "invite_role", "invite_role_again", "take_back_invitation", "accept_role", "give_role", "change_role",
            "remove_role", "leave_role",
        ),
    ),
}  # fmt: skip


def _number(details: Details, name: str) -> int:
    found = details.get(name, 0)
    return found if isinstance(found, int) else 0


def _role(details: Details, name: str = "role") -> Sentence | str:
    role = str(details.get(name, ""))
    return ROLE_WORDS[role][0] if role in ROLE_WORDS else role


def _bulk(details: Details) -> Sentence | str:
    kind = str(details.get("kind", ""))
    return BULK[kind].label if kind in BULK else kind.replace("_", " ").replace("-", " ")


def _with_role(sentence: Sentence) -> Callable[[Details], Sentence]:
    return lambda details: Sentence(sentence.text, {"role": _role(details), "was": _role(details, "was")})


def _exported(details: Details) -> Sentence:
    return say_many(
        "%(who)s took away a list of %(num)s registration of %(what)s.",
        "%(who)s took away a list of %(num)s registrations of %(what)s.",
        _number(details, "rows"),
    )


def _members_exported(details: Details) -> Sentence:
    return say_many(
        "%(who)s took away a list of %(num)s member.",
        "%(who)s took away a list of %(num)s members.",
        _number(details, "count"),
    )


SENTENCES: Final[Mapping[str, Telling]] = {
    # registrations
    "cancel": say("%(who)s cancelled the registration of %(what)s."),
    "change": say("%(who)s changed the registration of %(what)s."),
    "move": lambda details: (
        say("%(who)s moved %(what)s to the room.")
        if details.get("side") == "room"
        else say("%(who)s moved %(what)s online.")
    ),
    "promote": say("%(who)s gave %(what)s a place."),
    "resend": say("%(who)s sent the mail to %(what)s again."),
    "bring_back": say("%(who)s registered %(what)s again."),
    "correct_address": say("%(who)s corrected the address of %(what)s."),
    "registered-by-hand": say("%(who)s registered %(what)s."),
    "registrations-brought": lambda details: say_many(
        "%(who)s brought over a list for %(what)s: %(num)s row.",
        "%(who)s brought over a list for %(what)s: %(num)s rows.",
        _number(details, "rows"),
    ),
    "swap": say("%(who)s moved %(what)s to the other sitting."),
    "bulk_asked": lambda details: say_many(
        "%(who)s asked for %(num)s registration of %(what)s: %(act)s.",
        "%(who)s asked for %(num)s registrations of %(what)s: %(act)s.",
        _number(details, "count"),
        act=_bulk(details),
    ),
    "bulk_undone": lambda details: say_many(
        "%(who)s took that back in time, for %(num)s registration of %(what)s: %(act)s.",
        "%(who)s took that back in time, for %(num)s registrations of %(what)s: %(act)s.",
        _number(details, "count"),
        act=_bulk(details),
    ),
    "bulk_done": lambda details: say_many(
        "Done for %(num)s registration of %(what)s, as %(who)s asked: %(act)s.",
        "Done for %(num)s registrations of %(what)s, as %(who)s asked: %(act)s.",
        _number(details, "done"),
        act=_bulk(details),
    ),
    "registrations-exported": _exported,
    "export_members": _members_exported,
    # on the day
    "check_in": say("%(who)s noted that %(what)s is there."),
    "check_in_undone": say("%(who)s took back that %(what)s is there."),
    # slots: the call, what was offered, the running order, the run of show
    "live_begun": say("%(who)s began the run of show of %(what)s."),
    "live_ended": say("%(who)s ended the run of show of %(what)s."),
    "live_reopened": say("%(who)s went on with the run of show of %(what)s after its end."),
    "live_forgotten": say("%(who)s ended the run of show of %(what)s and kept nothing of it."),
    "write_call": say("%(who)s wrote the call for %(what)s."),
    "edit_call": say("%(who)s changed the call for %(what)s."),
    "publish_call": say("%(who)s published the call for %(what)s."),
    "unpublish_call": say("%(who)s made the call for %(what)s a draft again."),
    "close_call": say("%(who)s closed the call for %(what)s."),
    "reopen_call": say("%(who)s opened the call for %(what)s again."),
    "order_started": lambda details: say_many(
        "%(who)s began the running order of %(what)s with %(num)s slot.",
        "%(who)s began the running order of %(what)s with %(num)s slots.",
        _number(details, "slots"),
    ),
    "order_moved": say("%(who)s moved something in the running order of %(what)s."),
    "order_placed": lambda details: say_many(
        "%(who)s put %(num)s slot into the running order of %(what)s.",
        "%(who)s put %(num)s slots into the running order of %(what)s.",
        _number(details, "slots"),
    ),
    "order_given": say("%(who)s gave a slot that was free in the running order of %(what)s to somebody else."),
    "order_added": say("%(who)s added something to the running order of %(what)s."),
    "order_changed": say("%(who)s changed something in the running order of %(what)s."),
    "order_removed": say("%(who)s took something out of the running order of %(what)s."),
    "order_undone": say("%(who)s took back the last change of the running order of %(what)s."),
    "order_settled": say("%(who)s changed how the running order of %(what)s runs."),
    "order_published": say("%(who)s published the running order of %(what)s."),
    "order_taken_back": say("%(who)s took the running order of %(what)s back."),
    "order_tell_now": say("%(who)s let the presenters of %(what)s be told at once."),
    # events, series, the community
    "create_event": say("%(who)s made %(what)s."),
    "edit_event": lambda details: (
        say("%(who)s changed the meeting link of %(what)s.")
        if details.get("fields") == ["join_url"]
        else say("%(who)s changed %(what)s.")
    ),
    "copy_event": say("%(who)s made %(what)s as a copy."),
    "publish": say("%(who)s published %(what)s."),
    "unpublish": say("%(who)s made %(what)s a draft again."),
    "cancel_event": lambda details: say_many(
        "%(who)s cancelled %(what)s, with %(num)s person registered.",
        "%(who)s cancelled %(what)s, with %(num)s people registered.",
        _number(details, "people"),
    ),
    "picture": lambda details: (
        say("%(who)s took the picture of %(what)s away.")
        if details.get("has") is False
        else say("%(who)s chose a picture for %(what)s.")
    ),
    "create_twin": say("%(who)s made %(what)s as a second sitting."),
    "create_series": say("%(who)s made the series %(what)s."),
    "edit_series": say("%(who)s changed the series %(what)s."),
    "publish_series": say("%(who)s published the series %(what)s."),
    "unpublish_series": say("%(who)s made the series %(what)s a draft again."),
    "cancel_series": say("%(who)s cancelled the series %(what)s."),
    "restore_series": say("%(who)s brought the series %(what)s back."),
    "add_date": lambda details: say_many(
        "%(who)s added %(num)s date to %(what)s.", "%(who)s added %(num)s dates to %(what)s.", _number(details, "dates")
    ),
    "skip_date": lambda details: say_many(
        "%(who)s left out %(num)s date of %(what)s.",
        "%(who)s left out %(num)s dates of %(what)s.",
        _number(details, "dates"),
    ),
    "change_rule": say("%(who)s changed when %(what)s comes round."),
    "retime": say("The clocks of its place changed their rules: %(what)s keeps its hour there."),
    "create_community": say("%(who)s made the community %(what)s."),
    "edit_community": say("%(who)s changed the page of %(what)s."),
    "question-asked": say("%(who)s added a question to %(what)s."),
    "question-changed": say("%(who)s changed a question of %(what)s."),
    "question-retired": say("%(who)s took a question of %(what)s away."),
    "question-deleted": say("%(who)s took a question of %(what)s away."),
    "question-asked-again": say("%(who)s asks a question of %(what)s again."),
    "questions-ordered": say("%(who)s put the questions of %(what)s in another order."),
    "consent-worded": say("%(who)s changed the words of a consent of %(what)s."),
    "consent-retired": say("%(who)s took a consent of %(what)s away."),
    "consent-asked-again": say("%(who)s asks for a consent of %(what)s again."),
    "consents-ordered": say("%(who)s put the consents of %(what)s in another order."),
    # doors
    "make_doors": lambda details: say_many(
        "%(who)s made %(num)s door for %(what)s.",
        "%(who)s made %(num)s doors for %(what)s.",
        _number(details, "count"),
    ),
    "edit_doors": say("%(who)s changed the days or the title of the doors of %(what)s."),
    "fill_door": lambda details: say("%(who)s changed door %(door)s of %(what)s.", door=_number(details, "door")),
    "move_door": lambda details: say(
        "%(who)s moved door %(door)s of %(what)s to day %(to)s.",
        door=_number(details, "door"),
        to=_number(details, "to"),
    ),
    "publish_doors": say("%(who)s published the doors of %(what)s."),
    "unpublish_doors": say("%(who)s took the doors of %(what)s back."),
    # members and letters
    "change_member": say("%(who)s changed what is known of the member %(what)s."),
    "remove_member": say("%(who)s removed the member %(what)s."),
    "send_member_link": say("%(who)s sent the member %(what)s their link."),
    "import_members": lambda details: say_many(
        "%(who)s brought over a list: %(num)s new member.",
        "%(who)s brought over a list: %(num)s new members.",
        _number(details, "added"),
    ),
    "leave_news": say("%(what)s wants no news any more."),
    "return_to_news": say("%(what)s wants news again."),
    "send_letter": lambda details: say_many(
        "%(who)s sent the letter %(what)s to %(num)s person.",
        "%(who)s sent the letter %(what)s to %(num)s people.",
        _number(details, "count"),
    ),
    "stop_letter": lambda details: say_many(
        "%(who)s stopped the letter %(what)s: %(num)s mail did not go.",
        "%(who)s stopped the letter %(what)s: %(num)s mails did not go.",
        _number(details, "count"),
    ),
    # the team
    "invite_role": _with_role(say("%(who)s invited %(what)s to the team: %(role)s.")),
    "invite_role_again": _with_role(say("%(who)s sent the invitation of %(what)s again: %(role)s.")),
    "take_back_invitation": _with_role(say("%(who)s took back the invitation of %(what)s: %(role)s.")),
    "accept_role": _with_role(say("%(what)s joined the team: %(role)s.")),
    "give_role": _with_role(say("%(who)s gave %(what)s a role: %(role)s.")),
    "change_role": _with_role(say("%(who)s changed the role of %(what)s from %(was)s to %(role)s.")),
    "remove_role": _with_role(say("%(who)s removed %(what)s from the team: %(role)s.")),
    "leave_role": _with_role(say("%(what)s left the team: %(role)s.")),
    # everything
    **log_choosing.SENTENCES,
    **log_money.SENTENCES,
    "erase": say("%(what)s had everything about themselves erased."),
}
_BY_THEMSELVES: Mapping[str, Sentence] = {
    "cancel": say("%(what)s cancelled."),
    "swap": say("%(what)s went to the other sitting."),
    "check_in": say("%(what)s came."),
    "withdraw_submission": say("%(what)s was withdrawn by its presenter."),
    "change": say("%(what)s changed their registration."),
}
_UNKNOWN = say("%(who)s: %(act)s (%(what)s).")


def sentence_of(action: str, actor: str, details: Details, *, who: Sentence | str, what: Sentence | str) -> Sentence:
    """Give the sentence of one line; `who` and `what` in words."""
    telling: Telling | None = _BY_THEMSELVES.get(action) if actor == "person" else None
    if telling is None:
        telling = SENTENCES.get(action)
    if telling is None:
        act = action.replace("_", " ").replace("-", " ")
        return Sentence(_UNKNOWN.text, {"who": who, "what": what, "act": act})
    made = telling(details) if callable(telling) else telling
    return Sentence(made.text, {**made.values, "who": who, "what": what}, made.many, made.number)
