"""Somebody moves to another address and then registers with the old one again: its SEQUENCE never falls."""

from sqlalchemy import select

from gatherings.accounts.rules import normalise_address
from gatherings.config import Site
from gatherings.core.clock import utc_now
from gatherings.mail.models import OutboxMail
from gatherings.registration.actions import ask_new_address, confirm_new_address
from tests.factories import get_registration, make_event, make_registration

SITE = Site("http://gatherings.test", "gatherings.test")


def test_the_entry_goes_on_above_its_cancellation(session):
    event = make_event(session)
    first = make_registration(session, event, address="old@example.org", name="Ada")
    session.commit()
    mine = get_registration(session, first.public_id)
    ask_new_address(session, mine, normalise_address("new@example.org"), SITE, now=utc_now())
    session.flush()
    secret = session.scalars(select(OutboxMail).where(OutboxMail.kind == "new_address")).one().facts["secret"]
    confirm_new_address(session, mine, secret, SITE, now=utc_now())
    session.commit()
    make_registration(session, event, address="old@example.org", name="Ada again")
    session.commit()
    to_old = session.scalars(
        select(OutboxMail).where(OutboxMail.recipient == "old@example.org").order_by(OutboxMail.id)
    ).all()
    told = [(mail.kind, mail.facts["invite"]["method"], mail.facts["invite"]["sequence"]) for mail in to_old]
    assert [kind for kind, _method, _sequence in told] == ["confirmed", "moved_away", "confirmed"]
    assert [method for _kind, method, _sequence in told] == ["REQUEST", "CANCEL", "REQUEST"]
    sequences = [sequence for _kind, _method, sequence in told]
    assert sequences == sorted(set(sequences)), "each message is above the one before"
