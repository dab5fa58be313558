"""Rules of the dashboards: what counts as needing somebody, and how days become bars."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from gatherings.core.words import Sentence, say, say_many

MOST_BARS = 31


_PATHS = {
    "mail": "/registrations?mail=failed",
    "waiting": "/registrations?state=waiting",
    "full": "/edit#capacity_room",
    "link": "/day",
    "draft": "/edit",
    "letters": "/submissions/letters",
    "silent": "/submissions?state=silent",
    "late": "/submissions",
    "freed": "/submissions?sort=-score",
    "refund": "/orders?state=needs",
    "applications": "/applications",
    "byhand": "/orders?state=needs",
    "money": "/orders?state=needs",
    "overdue": "/orders?state=late&sort=time",
}
_OF_SLOTS: Mapping[str, Callable[[int], Sentence]] = {
    "letters": lambda count: say_many(
        "One decision waits for its letter.", "%(num)s decisions wait for their letters.", count
    ),
    "silent": lambda count: say_many(
        "One presenter has not answered yet.", "%(num)s presenters have not answered yet.", count
    ),
    "late": lambda count: say_many(
        "One slot was offered after the close.", "%(num)s slots were offered after the close.", count
    ),
    "freed": lambda count: say_many(
        "One presenter withdrew, and a place is free.", "%(num)s presenters withdrew, and a place is free.", count
    ),
}
_OF_MONEY: Mapping[str, Callable[[int], Sentence]] = {
    "refund": lambda count: say_many("One refund could not be sent.", "%(num)s refunds could not be sent.", count),
    "byhand": lambda count: say_many(
        "One refund is to be sent by you.", "%(num)s refunds are to be sent by you.", count
    ),
    "money": lambda count: say_many(
        "The money of one order needs a look.", "The money of %(num)s orders needs a look.", count
    ),
    "applications": lambda count: say_many(
        "One application for a bursary waits for an answer.",
        "%(num)s applications for a bursary wait for an answer.",
        count,
    ),
    "overdue": lambda count: say_many("One invoice is overdue.", "%(num)s invoices are overdue.", count),
}
_RIGHTS = {
    "full": "edit", "link": "run", "draft": "edit", "letter": "write", **dict.fromkeys(_OF_SLOTS, "choose"),
    **dict.fromkeys(_OF_MONEY, "money"),
}  # the others: "people"  # fmt: skip
_FULL = {"room": say("The room is full."), "online": say("Online is full.")}


@dataclass(frozen=True)
class Need:
    """Something that waits for an organiser at one gathering.

    `kind`: mail (failed), letter (refused for some), waiting, full, answers, link, draft, or of slots: letters (to
    send), silent, late, freed; or of money: refund (failed), byhand, money, overdue, applications; `count` of people or
    mails; `detail` is the side that is full or waited for ("room", "online"), the question's words, whose public id
    is `question`, or the letter's address. A letter to members has no gathering: its title and when it was sent.
    """

    kind: str
    community_id: int
    slug: str
    title: str
    starts_at: datetime
    count: int
    detail: str = ""
    question: str = ""

    @property
    def right(self) -> str:
        """Name the right that somebody needs to do something about it."""
        return _RIGHTS.get(self.kind, "people")

    @property
    def path(self) -> str:
        """Give the address of the screen where something can be done about it."""
        if self.kind == "letter":
            return self.detail
        last = f"/registrations?answer={self.question}:none" if self.kind == "answers" else _PATHS[self.kind]
        return f"/organise/events/{self.slug}{last}"

    @property
    def words(self) -> Sentence:
        """Say what it is."""
        if self.kind == "letter":
            return say_many(
                "A letter could not be delivered to one person.",
                "A letter could not be delivered to %(num)s people.",
                self.count,
            )
        if self.kind == "mail":
            return say_many("One mail could not be delivered.", "%(num)s mails could not be delivered.", self.count)
        if self.kind == "waiting" and self.detail == "room":
            return say_many(
                "The room is full, and one person waits for a place.",
                "The room is full, and %(num)s people wait for a place.",
                self.count,
            )
        if self.kind == "waiting":
            return say_many(
                "Online is full, and one person waits for a place.",
                "Online is full, and %(num)s people wait for a place.",
                self.count,
            )
        if self.kind == "answers":
            return say_many(
                "One person has not answered “%(question)s”.",
                "%(num)s people have not answered “%(question)s”.",
                self.count,
                question=self.detail,
            )
        if self.kind in _OF_SLOTS:
            return _OF_SLOTS[self.kind](self.count)
        if self.kind in _OF_MONEY:
            return _OF_MONEY[self.kind](self.count)
        if self.kind == "full":
            return _FULL[self.detail]
        return say("The meeting link is missing.") if self.kind == "link" else say("Still a draft: nobody can see it.")


@dataclass(frozen=True)
class Bar:
    """How many came in from `first` to `last` (days, both included); `height` of 40 units."""

    first: date
    last: date
    count: int
    height: int


def bars_of(days: Sequence[tuple[date, int]], *, most: int = MOST_BARS) -> list[Bar]:
    """Gather days without a gap between them into bars of equal length, at most `most` of them."""
    if not days:
        return []
    length = -(-len(days) // most)
    groups = [days[start : start + length] for start in range(0, len(days), length)]
    sums = [sum(count for _day, count in group) for group in groups]
    top = max(sums) or 1
    return [
        Bar(
            group[0][0],
            group[-1][0],
            number,
            round(number / top * 40) if not number else max(2, round(number / top * 40)),
        )
        for group, number in zip(groups, sums, strict=True)
    ]
