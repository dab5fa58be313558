"""Which columns an event's table of registrations has, besides those of its questions and consents."""

from collections.abc import Mapping
from dataclasses import dataclass

from gatherings.core.words import Sentence, say
from gatherings.questions.models import Question

STATES: Mapping[str, str] = {
    "confirmed": "confirmed", "waitlisted": "waiting", "pending": "pending", "offered": "offered",
    "cancelled": "cancelled",
}  # fmt: skip


@dataclass(frozen=True)
class Column:
    """One column: its key in an address, its heading, and whether it is chosen unless somebody says otherwise."""

    key: str
    heading: Sentence | str
    chosen: bool = True
    question: Question | None = None
    consent: str | None = None  # its key


# What every registration has; headings are those that an import reads again (importing.py).
FIXED: tuple[Column, ...] = (
    Column("name", say("Name")),
    Column("email", say("E-mail")),
    Column("state", say("State")),
    Column("mode", say("Comes")),
    Column("waits", say("Waits for"), False),
    Column("waiting", say("Waiting number")),
    Column("zone", say("Time zone")),
    Column("city", say("City"), False),
    Column("country", say("Country")),
    Column("their_time", say("Begins there")),
    Column("first_time", say("First time")),
    Column("came", say("Came")),
    Column("registered", say("Registered, host's clock")),
    Column("registered_utc", say("Registered, UTC"), False),
    Column("confirmed_utc", say("Confirmed, UTC"), False),
    Column("cancelled_utc", say("Cancelled, UTC"), False),
    Column("every", say("Every time"), False),
    Column("made_by", say("Made by"), False),
    Column("language", say("Language"), False),
)

# Where one comes with a ticket.
TICKETS: tuple[Column, ...] = (
    Column("ticket", say("Ticket")),
    Column("paid", say("Paid")),
    Column("order", say("Order"), False),
)
