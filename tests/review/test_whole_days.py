"""What a review found about whole days: they have no hour to be reminded of."""

from datetime import datetime, timedelta

from gatherings.registration.actions.telling import any_reminder_due, remind
from tests.factories import SITE, make_event, make_registration


def test_whole_days_are_reminded_of_a_day_before_and_not_at_eleven_at_night(session, mails):
    week = make_event(
        session, mode="in person", starts_local=datetime(2026, 12, 14), minutes=7 * 1440, all_day=True
    )  # midnight in London
    hour = make_event(session, starts_local=datetime(2026, 12, 14), minutes=60)
    for event in (week, hour):
        make_registration(session, event)
    remind(session, SITE, now=week.starts_at - timedelta(hours=20))
    remind(session, SITE, now=week.starts_at - timedelta(minutes=40))
    session.flush()
    assert len(mails("reminder_day")) == 2
    assert [post.row.facts["event"]["slug"] for post in mails("reminder_hour")] == [hour.slug]
    assert not any_reminder_due(session, week.starts_at - timedelta(minutes=40))
