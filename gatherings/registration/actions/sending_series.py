"""Mails about "every month": the whole series entry, and one mail however many dates a change touches."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from gatherings.accounts.models import Person
from gatherings.config import Site
from gatherings.events.models import Series
from gatherings.invites.actions import next_message
from gatherings.registration import facts as snapshot
from gatherings.registration.models import SeriesRegistration
from gatherings.registration.queries import list_dates_of


def post_series(
    session: Session,
    registration: SeriesRegistration,
    series: Series,
    person: Person,
    site: Site,
    *,
    kind: str,
    now: datetime,
    step: bool = False,
    again: bool = False,
    ending: bool = False,
    **more: object,
) -> None:
    """Post the mail about an "every month": REQUEST with the rule, or CANCEL for all of it.

    `ending`: CANCEL for this address alone, the "every month" itself goes on.
    """
    rule = next((rule for rule in series.rules if rule.uid == registration.invite.uid), series.rules[-1])
    dates = list_dates_of(session, registration.id)
    ended = ending or registration.state == "cancelled" or series.status == "cancelled"
    method = "CANCEL" if ended else "REQUEST"
    invite = next_message(registration.invite, series.revision, method, now, step=step)
    body = snapshot.series_facts(
        registration, series, rule, series.community, person.address, dates, invite=invite, ending_after=now, **more
    )
    suffix = f":{now.timestamp():.0f}" if again else ""
    snapshot.post(
        session,
        kind,
        body,
        key=f"{kind}:{registration.public_id}:{invite['sequence']}{suffix}",
        person=person,
        domain=site.domain,
        now=now,
        language=registration.language,
    )


def get_series_of_any_status(session: Session, series_id: int) -> Series:
    """Read a series with community and rules, published or cancelled."""
    return session.scalars(
        select(Series)
        .where(Series.id == series_id)
        .options(joinedload(Series.community), selectinload(Series.rules))
        .execution_options(populate_existing=True)
    ).one()


def note_promoted(session: Session, series_registration_id: int) -> None:
    """Remember, until this transaction's mails are posted, that an "every month" got a place it had waited for."""
    session.info.setdefault("promoted_every", set()).add(series_registration_id)


def tell_promoted(session: Session, site: Site, *, now: datetime) -> None:
    """Post one mail to each "every month" that got places in this transaction, with the dates no longer left out."""
    for number in sorted(session.info.pop("promoted_every", ())):
        every = session.scalars(
            select(SeriesRegistration)
            .where(SeriesRegistration.id == number)
            .options(joinedload(SeriesRegistration.person), joinedload(SeriesRegistration.invite))
        ).one()
        series = get_series_of_any_status(session, every.series_id)
        post_series(
            session, every, series, every.person, site, kind="series_changed", now=now, step=True, changed=["promoted"]
        )
