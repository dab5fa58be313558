"""What organisers and reviewers say of submissions among themselves: scores and remarks."""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from gatherings.accounts.actions import limit_attempts
from gatherings.calls.models import Remark, Score
from gatherings.calls.queries.choosing import get_submission
from gatherings.calls.rules.choosing import SCORES
from gatherings.core.errors import NotFound
from gatherings.core.tokens import PUBLIC_ID
from gatherings.core.words import say
from gatherings.db import changed
from gatherings.db.upsert import insert_into

LONGEST_REMARK = 2000
REMARKS_AN_HOUR = 120  # of one person


def give_score(
    session: Session, event_id: int, public_id: str, value: int | None, *, person_id: int, now: datetime
) -> None:
    """Score a submission from 1 to 5, in place of what one gave before; None takes it back. Raises NotFound."""
    submission = get_submission(session, event_id, public_id)
    if value is None:
        mine = Score.submission_id == submission.id, Score.person_id == person_id
        session.execute(delete(Score).where(*mine))
        return
    if value not in SCORES:
        raise NotFound()
    made = insert_into(session.get_bind().dialect.name, Score.__table__).values(
        submission_id=submission.id, person_id=person_id, value=value, created_at=now
    )
    session.execute(
        made.on_conflict_do_update(
            index_elements=["submission_id", "person_id"], set_={"value": value, "created_at": now}
        )
    )


def add_remark(
    session: Session, event_id: int, public_id: str, key: str, text: str, *, person_id: int, now: datetime
) -> bool:
    """Note something on a submission, under a public id that the form was made with: pressed twice is once.

    `text` is cleaned. Raises NotFound, and TooMany beyond 120 an hour of one person.
    """
    submission = get_submission(session, event_id, public_id)
    limit_attempts(
        session, "remarks", str(person_id), most=REMARKS_AN_HOUR, window=timedelta(hours=1), now=now,
        sentence=say("You wrote very many remarks this hour. Please take a little break."),
    )  # fmt: skip
    values = {"submission_id": submission.id, "person_id": person_id, "public_id": key, "text": text, "created_at": now}
    made = insert_into(session.get_bind().dialect.name, Remark.__table__).values(**values)
    made = made.on_conflict_do_nothing(index_elements=["public_id"]).returning(Remark.id)
    return session.execute(made).scalar_one_or_none() is not None


def remove_remark(session: Session, event_id: int, public_id: str, key: str, *, person_id: int) -> bool:
    """Take one's own remark away; False when it is gone already or somebody else's."""
    submission = get_submission(session, event_id, public_id)
    if not PUBLIC_ID.fullmatch(key):
        raise NotFound()
    mine = Remark.submission_id == submission.id, Remark.person_id == person_id, Remark.public_id == key
    return changed(session, delete(Remark).where(*mine)) == 1
