"""That somebody takes a list away stands in the log, and has its limit."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from gatherings.accounts.actions import limit_attempts
from gatherings.audit.actions import log
from gatherings.events.models import Event
from gatherings.registration.listing import Filter, count

AN_HOUR = 10  # exports by one organiser (reliability rule 20)


def note_export(
    session: Session, event: Event, filter: Filter, *, how: str, columns: Sequence[str], actor: str, now: datetime
) -> int:
    """Note in the log who takes how many rows and which columns away, narrowed by what (no names in it); give how many.

    Raises TooMany beyond ten an hour.
    """
    limit_attempts(session, "export", actor, most=AN_HOUR, window=timedelta(hours=1), now=now)
    number = count(session, event, filter)
    args = filter.to_args()
    narrowed = {name: value for name, value in args.items() if name not in ("words", "answer", "sort")}
    if "words" in args:
        narrowed["words"] = "yes"  # what somebody looks for is often a name
    if "answer" in args:
        narrowed["answer"] = args["answer"].partition(":")[0]  # the question, not what was said
    log(
        session, actor=actor, action="registrations-exported", about=f"event:{event.public_id}",
        community_id=event.community_id, now=now, how=how, rows=number, columns=list(columns), narrowed=narrowed,
    )  # fmt: skip
    return number
