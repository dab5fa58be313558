"""The worker's periodic work: dates kept ahead with everybody on them, and what was kept long enough let go."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, text

from gatherings.accounts.actions import count_attempt, make_fresh_link
from gatherings.accounts.models import Attempt, FreshLink, Person
from gatherings.audit.models import LogEntry
from gatherings.cli.running import make_loop
from gatherings.db.places import Places
from gatherings.events.models import Event, Series
from gatherings.invites.models import Invite
from gatherings.jobs import actions as jobs
from gatherings.jobs.models import Job, Worker
from gatherings.mail.models import OutboxMail
from gatherings.registration.jobs import keep_dates, tidy
from gatherings.registration.models import Answer, Registration, SeriesRegistration
from tests.factories import (
    SITE,
    dates_of,
    make_event,
    make_question,
    make_registration,
    make_series,
    make_series_registration,
)

DAY = timedelta(days=1)
IN_SPRING = datetime(2027, 2, 1, tzinfo=UTC)  # two of three dates are over


def keep(session, now) -> None:
    keep_dates(session, {}, now, site=SITE)
    session.commit()
    session.expire_all()


def tidied(session, now) -> None:
    tidy(session, {}, now, site=SITE)
    session.commit()
    session.expire_all()


def state_on(session, series, now) -> dict[str, list[str]]:
    """Give how each person stands on the coming dates."""
    states: dict[str, list[str]] = {}
    for date in dates_of(session, series, now=now):
        rows = session.execute(
            select(Person.address, Registration.state)
            .join(Registration, Registration.person_id == Person.id)
            .where(Registration.event_id == date.id)
        )
        for address, state in rows:
            states.setdefault(address, []).append(state)
    return states


def mails(session, *kinds) -> list[OutboxMail]:
    return list(session.scalars(select(OutboxMail).where(OutboxMail.kind.in_(kinds)).order_by(OutboxMail.id)))


# --- dates ---------------------------------------------------------------------------------------------------------


def test_dates_are_kept_ahead_and_whoever_comes_every_month_is_on_each(session, now):
    series = make_series(session)
    make_series_registration(session, dates_of(session, series)[0])
    before = session.scalar(select(func.count(OutboxMail.id)))
    keep(session, IN_SPRING)
    assert [date.starts_local for date in dates_of(session, series, now=IN_SPRING)] == [
        datetime(2027, 2, 18, 18), datetime(2027, 3, 18, 18), datetime(2027, 4, 15, 18),
    ]  # fmt: skip
    assert state_on(session, series, IN_SPRING) == {"ada@example.org": ["confirmed"] * 3}
    assert set(session.scalars(select(Places.taken))) == {1}
    # Their calendar knows the dates by the rule already.
    assert session.scalar(select(func.count(OutboxMail.id))) == before
    keep(session, IN_SPRING)
    assert session.scalar(select(func.count(Event.id))) == 5


def test_new_dates_are_in_the_stored_calendar_entries_at_once(session, now):
    make_series(session)
    session.commit()
    keep(session, IN_SPRING)
    assert None not in session.scalars(select(Event.calendar_block)).all()
    assert session.scalars(select(Series.calendar_block)).one() is not None


def test_where_dates_are_full_who_came_later_waits_and_is_told_once(session, now):
    series = make_series(session, capacity_online=1)
    first, *_ = dates_of(session, series)
    make_series_registration(session, first, address="ada@example.org")
    make_series_registration(session, first, address="bo@example.org")
    session.commit()
    keep(session, IN_SPRING)
    assert state_on(session, series, IN_SPRING) == {
        "ada@example.org": ["confirmed"] * 3, "bo@example.org": ["waitlisted"] * 3,
    }  # fmt: skip
    [mail] = mails(session, "series_changed")
    assert (mail.recipient, mail.facts["changed"]) == ("bo@example.org", ["dates"])
    assert {"2027-03-18T18:00:00", "2027-04-15T18:00:00"} <= set(mail.facts["rule"]["excluded"])
    taken = session.execute(select(Places.capacity, Places.taken, Places.queue)).all()
    assert {tuple(row) for row in taken} == {(1, 1, 1)}
    keep(session, IN_SPRING + DAY)
    assert len(mails(session, "series_changed")) == 1


def test_who_left_the_series_is_on_no_new_date(session, now):
    series = make_series(session)
    every = make_series_registration(session, dates_of(session, series)[0])
    every.state = "cancelled"
    session.commit()
    keep(session, IN_SPRING)
    assert {len(states) for states in state_on(session, series, IN_SPRING).values()} <= {1}


def test_a_date_that_somebody_left_stays_left(session, now):
    series = make_series(session)
    make_series_registration(session, dates_of(session, series)[0])
    left = session.scalars(
        select(Registration).join(Event, Event.id == Registration.event_id).order_by(Event.starts_at.desc())
    ).first()
    assert left is not None
    left.state, left.places_id = "cancelled", None
    session.commit()
    keep(session, IN_SPRING)
    assert state_on(session, series, IN_SPRING) == {"ada@example.org": ["cancelled", "confirmed", "confirmed"]}


@pytest.mark.parametrize("status", ["cancelled", "draft"])
def test_a_series_that_is_off_has_no_new_dates(session, now, status):
    series = make_series(session)
    series.status = status
    session.commit()
    keep(session, IN_SPRING)
    assert session.scalar(select(func.count(Event.id))) == 3


def test_worker_does_it_by_itself_once_in_each_period(app, session, now):
    series = make_series(session)
    make_series_registration(session, dates_of(session, series)[0])
    session.commit()
    loop = make_loop(app, app.config["GATHERINGS"])
    for moment in (IN_SPRING, IN_SPRING + timedelta(hours=1), IN_SPRING + timedelta(hours=7)):
        loop.run_once(moment)
    session.expire_all()
    assert state_on(session, series, IN_SPRING) == {"ada@example.org": ["confirmed"] * 3}
    done = session.execute(select(Job.kind, Job.state, func.count(Job.id)).group_by(Job.kind, Job.state)).all()
    daily = {(kind, "done", 1) for kind in ("tidy", "let_go", "remind_invoices")}
    hourly = ("tell_of_applications", "done", 3)
    assert {tuple(row) for row in done} == {("keep_dates", "done", 2), hourly, *daily}


# --- what is let go ------------------------------------------------------------------------------------------------

A_YEAR_AFTER = datetime(2027, 12, 16, tzinfo=UTC)  # of the event on 15 December 2026
MARKER = "Marker-Of-Ada"


def everything(session) -> str:
    """Give all that the database holds, as one text."""
    found = []
    for table in Person.metadata.sorted_tables:
        found += [repr(tuple(row)) for row in session.execute(text(f"SELECT * FROM {table.name}"))]  # our own names
    return "\n".join(found)


def test_a_registration_is_kept_for_a_year_and_then_only_counted(session, now):
    event = make_event(session)
    question = make_question(session, event)
    registration = make_registration(session, event, name=MARKER, answers={question.id: MARKER})
    session.commit()
    tidied(session, event.ends_at + 365 * DAY)
    assert (registration.name, registration.erased_at) == (MARKER, None)
    tidied(session, A_YEAR_AFTER)
    assert (registration.name, registration.zone, registration.erased_at) == ("", "UTC", A_YEAR_AFTER)
    assert (registration.state, registration.link_version) == ("confirmed", 2)  # counts stay, links end
    assert session.scalars(select(Answer)).all() == []
    assert session.scalars(select(Places.taken)).all() == [1]


def test_after_a_year_neither_name_nor_address_stands_anywhere(session, now):
    event, series = make_event(session), make_series(session)
    make_registration(session, event, name=MARKER, address="marker-of-ada@example.org")
    every = make_series_registration(
        session, dates_of(session, series)[0], name=MARKER, address="marker-of-ada@example.org"
    )
    every.state, every.cancelled_at = "cancelled", now
    session.commit()
    assert everything(session).lower().count("marker-of-ada") > 10
    tidied(session, datetime(2028, 3, 1, tzinfo=UTC))  # a year after the last date, too
    assert "marker-of-ada" not in everything(session).lower()
    assert session.scalar(select(func.count(Registration.id))) == 4
    assert session.scalar(select(SeriesRegistration.erased_at)) is not None
    assert set(session.scalars(select(Invite.address))) == {""}


def test_who_still_comes_is_kept(session, now):
    series = make_series(session, ahead=30)
    make_series_registration(session, dates_of(session, series)[0], name=MARKER)
    session.commit()
    tidied(session, datetime(2028, 3, 1, tzinfo=UTC))
    person, every = session.scalars(select(Person)).one(), session.scalars(select(SeriesRegistration)).one()
    assert (person.key, every.name, every.erased_at) == ("ada@example.org", MARKER, None)
    names = set(session.scalars(select(Registration.name)))
    assert names == {"", MARKER}  # of long ago, and of what is kept


def test_letting_go_is_noted_once_without_names(session, now):
    make_registration(session, make_event(session), name=MARKER)
    session.commit()
    for later in (0, 1, 2):
        tidied(session, A_YEAR_AFTER + later * DAY)
    [line] = session.scalars(select(LogEntry)).all()
    assert (line.actor, line.action, line.about) == ("worker", "retention", "registrations")
    assert line.details == {"count": 1, "series": 0, "people": 1}


def test_mail_bodies_are_emptied_after_thirty_days_and_waiting_mail_is_not(session, now):
    event = make_event(session)
    for address in ("sent@example.org", "waits@example.org"):
        make_registration(session, event, address=address)
    sent, waits = mails(session, "confirmed")
    sent.state, sent.sent_at, sent.mime = "sent", now, b"body"
    session.commit()
    tidied(session, now + 30 * DAY)
    assert (sent.recipient, sent.facts["to"]["name"]) == ("sent@example.org", "Ada Example")
    tidied(session, now + 30 * DAY + timedelta(seconds=1))
    assert (sent.recipient, sent.facts, sent.state) == ("", {}, "sent")
    assert (waits.recipient, waits.state) == ("waits@example.org", "queued")


def test_attempts_links_done_jobs_and_dead_workers_go(session, now):
    registration = make_registration(session, make_event(session))
    count_attempt(session, "mail", "x", most=1, window=timedelta(hours=1), now=now)
    make_fresh_link(session, registration.person, "my-data", now=now)
    for key, days in (("old", 8), ("new", 6)):
        jobs.enqueue(session, kind="tidy", key=key, due_at=now, now=now)
        [job] = jobs.lease(session, worker="w", now=now)
        jobs.finish(session, job_id=job.id, worker="w", now=now + 10 * DAY - days * DAY)
    for name, hours in (("dead", 25), ("lives", 1)):
        moment = now + 10 * DAY - timedelta(hours=hours)
        jobs.beat(session, worker=name, started_at=moment, now=moment)
    session.commit()
    tidied(session, now + 10 * DAY)
    assert session.scalars(select(Attempt)).all() == session.scalars(select(FreshLink)).all() == []
    assert session.scalars(select(Job.key)).all() == ["new"]
    assert session.scalars(select(Worker.name)).all() == ["lives"]


def test_answers_go_as_many_days_after_the_gathering_as_their_question_says(session, now):
    event, later = make_event(session), make_event(session, starts_local=datetime(2027, 1, 30, 18, 0))
    short, none, long = (make_question(session, event, keep_days=days) for days in (0, None, 30))
    other = make_question(session, later, keep_days=0)
    make_registration(session, event, answers={short.id: "nuts", none.id: "x", long.id: "ramp"})
    make_registration(session, later, answers={other.id: "y"})
    tidied(session, event.ends_at - timedelta(seconds=1))
    assert session.scalar(select(func.count(Answer.id))) == 4
    tidied(session, event.ends_at)
    assert set(session.scalars(select(Answer.value))) == {"x", "ramp", "y"}
    tidied(session, event.ends_at + 29 * DAY)
    assert set(session.scalars(select(Answer.value))) == {"x", "ramp", "y"}
    tidied(session, event.ends_at + 30 * DAY)
    assert set(session.scalars(select(Answer.value))) == {"x", "y"}
    entries = session.scalars(select(LogEntry).where(LogEntry.action == "answers-deleted")).all()
    assert [entry.details for entry in entries] == [{"count": 1}, {"count": 1}]


def test_answers_of_every_time_stay_while_somebody_still_comes(session, now):
    series = make_series(session, ahead=2)
    question = make_question(session, series, keep_days=10)
    first, last = dates_of(session, series)
    every = make_series_registration(session, first, answers={question.id: "nuts"})
    assert session.scalars(select(Answer)).one().series_registration_id == every.id
    tidied(session, first.ends_at + 20 * DAY)
    assert session.scalar(select(func.count(Answer.id))) == 1
    tidied(session, last.ends_at + 11 * DAY)
    assert session.scalar(select(func.count(Answer.id))) == 0
