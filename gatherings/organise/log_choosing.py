"""The sentences of the log about submissions: what organisers decided, wrote and let in."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from gatherings.core.words import Sentence, say, say_many

Details = Mapping[str, Any]

_DECIDED: Final[Mapping[str, Sentence]] = {
    "accepted": say("%(who)s accepted %(what)s."),
    "reserve": say("%(who)s put %(what)s on reserve."),
    "declined": say("%(who)s declined %(what)s."),
    "submitted": say("%(who)s took the decision on %(what)s back."),
}


def _sent(details: Details) -> Sentence:
    count = details.get("count", 0)
    return say_many(
        "%(who)s sent %(num)s letter to a presenter of %(what)s.",
        "%(who)s sent %(num)s letters to presenters of %(what)s.",
        count if isinstance(count, int) else 0,
    )


SENTENCES: Final[Mapping[str, Sentence | Callable[[Details], Sentence]]] = {
    "decide_submission": lambda details: _DECIDED.get(str(details.get("to")), _DECIDED["submitted"]),
    "move_reserve": say("%(who)s moved %(what)s on the reserve list."),
    "withdraw_submission": say("%(who)s withdrew %(what)s."),
    "offer_place": say("%(what)s got the place that became free."),
    "let_in_submission": say("%(who)s let in %(what)s, typed after the close."),
    "remind_submission": say("%(who)s asked the presenter of %(what)s once more."),
    "word_answers": say("%(who)s changed the words of the letters to presenters of %(what)s."),
    "send_answers": _sent,
}
ACTIONS: Final = tuple(SENTENCES)
