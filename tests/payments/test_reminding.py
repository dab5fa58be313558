"""Invoices that are overdue are reminded of kindly: three times at most, and only while something is owed."""

from datetime import date, timedelta

from sqlalchemy import func, select

from gatherings.db import transact
from gatherings.mail.models import OutboxMail
from gatherings.payments.actions.reminding import remind
from gatherings.wiring import PERIODIC, handlers
from tests.factories import NOW, SITE
from tests.ticket_orders import make_order
from tests.ticketing import festival

DUE = date(2026, 11, 1)


def due(session, fair, who="ada@example.org", **values):
    order = make_order(session, *fair, who, state="due", way="invoice")
    order.due_on = DUE
    for name, value in values.items():
        setattr(order, name, value)
    session.flush()
    return order


def reminders(session):
    return session.scalar(select(func.count(OutboxMail.id)).where(OutboxMail.kind == "order_reminder"))


def test_three_times_at_most_whenever_the_worker_looks(session):
    due(session, festival(session))
    sent = []
    for day in range(60):
        now = NOW.replace(month=11, day=1) + timedelta(days=day)
        for _again in range(2):
            if remind(session, SITE, now=now):
                sent.append(day)
    assert sent == [3, 17, 31]
    assert reminders(session) == 3


def test_who_was_not_reminded_for_long_gets_one_and_not_all_at_once(session):
    due(session, festival(session))
    later = NOW.replace(month=11, day=1) + timedelta(days=20)
    assert [remind(session, SITE, now=later) for _again in range(2)] == [1, 0]


def test_only_who_owes_something_by_invoice(session):
    fair = festival(session)
    now = NOW.replace(month=11, day=1) + timedelta(days=4)
    order = due(session, fair)
    order.received = order.total
    due(session, fair, "b@example.org", way="door")
    due(session, fair, "c@example.org", erased_at=NOW)
    due(session, fair, "d@example.org", state="cancelled")
    due(session, fair, "e@example.org", due_on=None)
    assert remind(session, SITE, now=now) == 0


def test_the_worker_does_it_once_a_day(app, session):
    due(session, festival(session))
    session.commit()
    assert "remind_invoices" in [one.kind for one in PERIODIC]
    work = handlers(SITE)["remind_invoices"]
    with app.app_context():
        transact(lambda writing: work(writing, {}, NOW.replace(day=4)))
    session.expire_all()
    assert reminders(session) == 1
