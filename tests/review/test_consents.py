"""What a review found about consents: who comes back is asked afresh."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from gatherings.registration.actions import cancel, cancel_series
from gatherings.registration.models import Consent, SeriesRegistration
from tests.factories import (
    NOW,
    SITE,
    dates_of,
    get_registration,
    make_community,
    make_consent,
    make_event,
    make_registration,
    make_series,
    make_series_registration,
)

LATER = NOW + timedelta(days=1)


@pytest.mark.parametrize("again", [frozenset(), frozenset({"news"})])
def test_what_was_agreed_to_before_cancelling_is_asked_afresh(session, again):
    community = make_community(session)
    make_consent(session, community, key="news")
    event = make_event(session, community)
    mine = make_registration(session, event, consents=frozenset({"news"}))
    cancel(session, get_registration(session, mine.public_id), SITE, now=NOW)
    make_registration(session, event, consents=again, now=LATER)
    assert live(session) == [LATER] * len(again)


@pytest.mark.parametrize("again", [frozenset(), frozenset({"news"})])
def test_so_it_is_for_every_month(session, again):
    community = make_community(session)
    make_consent(session, community, key="news")
    event = dates_of(session, make_series(session, community))[0]
    every = make_series_registration(session, event, consents=frozenset({"news"}))
    cancel_series(session, session.get_one(SeriesRegistration, every.id), SITE, now=NOW)
    make_series_registration(session, event, consents=again, now=LATER)
    assert live(session) == [LATER] * len(again)


def live(session):
    """Give when each consent that is not withdrawn was given."""
    session.flush()
    return list(session.scalars(select(Consent.given_at).where(Consent.withdrawn_at.is_(None))))
