"""What a presenter keeps of themselves from one call to the next: written and read through mailed links alone.

Whoever types an address learns nothing and changes nothing: the link that fills the form in goes to that address, and
what is kept is kept by a press on the presenter's own page, whose link was mailed there.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, joinedload

from gatherings.accounts.actions import count_attempt, find_person, make_fresh_link, person_of_fresh_link
from gatherings.accounts.rules import Address
from gatherings.calls.models import Presenter, Submission
from gatherings.config import Site
from gatherings.core.errors import Conflict
from gatherings.core.tokens import digest, new_public_id
from gatherings.core.words import say
from gatherings.db.upsert import insert_once
from gatherings.events.models import Event
from gatherings.events.rules import facts_of
from gatherings.jobs import actions as jobs
from gatherings.mail import actions as mail
from gatherings.registration.actions.finding import limit_asking

PURPOSE = "presenter"
JOB = "presenter_link"
_MOST_MAILS = 5  # an hour and address


def ask_for_profile(
    session: Session, slug: str, address: Address, *, language: str, zone: str, now: datetime, network: str | None
) -> None:
    """Note that somebody would like the form filled in; the worker finds out whether anything is kept (C23).

    `zone` and `language` are of whoever asks. Raises TooMany beyond 20 an hour from one network.
    """
    limit_asking(session, network, now=now)
    payload = {"key": address.key, "slug": slug, "language": language, "zone": zone}
    jobs.enqueue(session, kind=JOB, key=f"{JOB}:{new_public_id()}", due_at=now, payload=payload, now=now)


def send_profile_link(session: Session, payload: dict[str, Any], site: Site, *, now: datetime) -> bool:
    """Mail the link that fills a call's form in, to an address of which something is kept; 5 an hour at most."""
    person = find_person(session, payload["key"])
    event = session.scalars(
        select(Event).where(Event.slug == payload["slug"], Event.status != "draft").options(joinedload(Event.community))
    ).one_or_none()
    if person is None or event is None:
        return False
    kept = session.scalars(select(Presenter).where(Presenter.person_id == person.id)).one_or_none()
    if kept is None:
        return False
    if not count_attempt(session, JOB, str(person.id), most=_MOST_MAILS, window=timedelta(hours=1), now=now):
        return False
    return mail.post(
        session,
        key=f"{JOB}:{digest(f'{person.public_id}:{now.isoformat()}')[:40]}",
        kind=JOB,
        recipient=person.address,
        sender=event.community.sender,
        zone=payload["zone"],
        language=payload["language"],
        about=f"person:{person.public_id}",
        facts={
            "secret": make_fresh_link(session, person, PURPOSE, now=now),
            "event": facts_of(event),
            "community": {"accent": event.community.accent, "slug": event.community.slug},
            "to": {"name": kept.name, "address": person.address, "zone": payload["zone"]},
        },
        now=now,
        domain=site.domain,
    )


def profile_of(session: Session, secret: str, *, now: datetime) -> dict[str, str]:
    """Give what a mailed link fills in, by the form's fields; raises NotFound for a link that is over."""
    person = person_of_fresh_link(session, secret, PURPOSE, now=now)
    kept = session.scalars(select(Presenter).where(Presenter.person_id == person.id)).one_or_none()
    if kept is None:
        return {"email": person.address}
    return {
        "email": person.address,
        "name": kept.name,
        "pronunciation": kept.pronunciation,
        "about": kept.about,
        "links": "\n".join(kept.links),
    }


def keep_profile(session: Session, submission_id: int, *, now: datetime) -> None:
    """Keep what a presenter said of themselves in a submission, in place of what was kept before."""
    submission = session.get_one(Submission, submission_id, populate_existing=True)
    if submission.person_id is None or submission.erased_at is not None:
        raise Conflict(say("This cannot be done here."))
    values = {
        "name": submission.name,
        "pronunciation": submission.pronunciation,
        "about": submission.about,
        "links": list(submission.links),
        "changed_at": now,
    }
    if insert_once(session, Presenter, {"person_id": submission.person_id, **values}, ["person_id"]):
        return
    kept = session.scalars(select(Presenter).where(Presenter.person_id == submission.person_id).with_for_update()).one()
    for name, value in values.items():
        setattr(kept, name, value)
    session.flush()


def drop_profile(session: Session, person_id: int) -> None:
    """Forget what was kept of a presenter."""
    session.execute(delete(Presenter).where(Presenter.person_id == person_id))


def is_kept(session: Session, submission: Submission) -> bool:
    """Tell whether a submission's presenter keeps a profile that says what the submission says."""
    if submission.person_id is None:
        return False
    kept = session.scalars(select(Presenter).where(Presenter.person_id == submission.person_id)).one_or_none()
    names = ("name", "pronunciation", "about", "links")
    return kept is not None and all(getattr(kept, name) == getattr(submission, name) for name in names)
