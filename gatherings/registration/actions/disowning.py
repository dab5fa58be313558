"""For "every month": send the invite again; "this was not me"; erase."""

from datetime import datetime

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from gatherings.accounts.actions import count_attempt
from gatherings.config import Site
from gatherings.core.errors import Conflict, TooMany
from gatherings.core.words import say
from gatherings.invites.models import Invite
from gatherings.mail.actions import forget
from gatherings.registration import rules
from gatherings.registration.actions.leaving import erase
from gatherings.registration.actions.leaving_series import cancel_series
from gatherings.registration.actions.sending import may_mail
from gatherings.registration.actions.sending_series import get_series_of_any_status, post_series
from gatherings.registration.models import Answer, Consent, SeriesRegistration
from gatherings.registration.queries import list_dates_of


def send_series_again(session: Session, every: SeriesRegistration, site: Site, *, now: datetime) -> None:
    """Send the invite of an "every month" again; raises Conflict when it was cancelled, TooMany beyond 5 an hour."""
    if every.state != "confirmed":
        raise Conflict(say("This registration was cancelled. You are welcome to register again."))
    dates = list_dates_of(session, every.id, now=now)
    if not dates:
        raise Conflict(say("There are no dates to come at the moment. We write to you when there are."))
    if not may_mail(session, every.person, dates[0][0].id, now=now):
        raise TooMany(
            say("We sent you several mails in the last hour. Please look in your spam folder, or try again later."),
            retry_after=3600,
        )
    every.link_sent_at = now
    series = get_series_of_any_status(session, every.series_id)
    post_series(session, every, series, every.person, site, kind="series_confirmed", now=now, again=True)


def not_me_series(session: Session, every: SeriesRegistration, site: Site, *, now: datetime) -> None:
    """Undo an "every month" that somebody else made with this address: gone, forgotten, not to be repeated today."""
    for event, _registration in list_dates_of(session, every.id, now=now):
        count_attempt(session, "not-me", f"{every.person_id}:{event.id}", most=1, window=rules.NOT_ME_PAUSE, now=now)
    cancel_series(session, every, site, now=now)
    erase_series(session, every, now=now)


def erase_series(session: Session, every: SeriesRegistration, *, now: datetime) -> None:
    """Take name, zone, answers and consents out of an "every month" that was cancelled, and out of its dates."""
    for _event, registration in list_dates_of(session, every.id):
        if registration.erased_at is None:
            erase(session, registration, now=now)
    session.execute(delete(Answer).where(Answer.series_registration_id == every.id))
    session.execute(delete(Consent).where(Consent.series_registration_id == every.id))
    session.execute(update(Invite).where(Invite.id == every.invite_id).values(address=""))
    session.execute(
        update(SeriesRegistration)
        .where(SeriesRegistration.id == every.id)
        .values(name="", zone="UTC", erased_at=now, link_version=SeriesRegistration.link_version + 1)
    )
    public_id = every.public_id
    session.expire(every)
    forget(session, [f"series-registration:{public_id}"], last_words=rules.LAST_WORDS)
