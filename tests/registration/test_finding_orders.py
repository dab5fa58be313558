"""The link of an order, for who bought for others, lost it, or went away before choosing how to pay."""

from datetime import timedelta

from sqlalchemy import select

from gatherings.accounts.rules import normalise_address
from gatherings.core.clock import utc_now
from gatherings.jobs.models import Job
from gatherings.mail.models import OutboxMail
from gatherings.payments.actions.choosing import choose_way
from gatherings.payments.actions.unchosen import AFTER, JOB, send_link
from gatherings.payments.rules.ordering import TicketWish
from gatherings.registration.actions.finding import send_links
from gatherings.wiring import MAILS
from tests.factories import SITE
from tests.ordering import make_order
from tests.ticketing import festival


def bought_for_ben(session, now):
    event, kind = festival(session)
    session.commit()
    ben = TicketWish(kind.public_id, "Ben", normalise_address("ben@example.org"))
    order = make_order(session, event, kind, now=now, tickets=(ben,))
    session.commit()
    return event, order


def mails(session, kind):
    return session.scalars(select(OutboxMail).where(OutboxMail.kind == kind)).all()


def test_a_buyer_who_does_not_come_gets_the_link_of_the_order(session):
    now = utc_now()
    event, order = bought_for_ben(session, now)
    assert send_links(session, "ada@example.org", SITE, now=now)
    (mail,) = mails(session, "links")
    assert mail.facts["registrations"] == []
    assert [one["public_id"] for one in mail.facts["orders"]] == [order.public_id]
    # Gone by: nothing to come, and nothing owed.
    assert not send_links(session, "ada@example.org", SITE, now=event.ends_at + timedelta(days=1))


def test_who_went_away_gets_one_mail_with_the_link(session):
    now = utc_now()
    _event, order = bought_for_ben(session, now)
    job = session.scalars(select(Job).where(Job.kind == JOB)).one()
    assert job.due_at == now + AFTER
    assert send_link(session, job.payload, SITE, now=now + AFTER)
    assert not send_link(session, job.payload, SITE, now=now + AFTER)
    (mail,) = mails(session, "order_held")
    assert (mail.recipient, mail.facts["order"]["public_id"]) == ("ada@example.org", order.public_id)


def test_who_chose_in_time_gets_none(session):
    now = utc_now()
    _event, order = bought_for_ben(session, now)
    choose_way(session, order.id, "door", {}, SITE, now=now)
    assert not send_link(session, {"order": order.public_id}, SITE, now=now + AFTER)
    assert not send_link(session, {"order": "nobody-has-this"}, SITE, now=now + AFTER)


def test_no_mail_when_the_time_is_over(session):
    now = utc_now()
    _event, order = bought_for_ben(session, now)
    assert not send_link(session, {"order": order.public_id}, SITE, now=now + timedelta(hours=2))
    assert mails(session, "order_held") == []


def test_the_letter_has_the_orders_link(app, session):
    now = utc_now()
    _event, order = bought_for_ben(session, now)
    send_links(session, "ada@example.org", SITE, now=now)
    (mail,) = mails(session, "links")
    with app.test_request_context():
        text = MAILS["links"](mail).text
    assert f"/orders/{order.public_id}." in text
    assert order.reference in text
    assert "/registrations/" not in text
