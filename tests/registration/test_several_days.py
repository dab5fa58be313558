"""A festival of several days: one is let in once a day, and was there all the same on the days before."""

import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from gatherings.communities.models import Community
from gatherings.db import transact
from gatherings.own_data.queries import export_of, read_own_data
from gatherings.registration.actions.arriving import check_in, join_online, undo_check_in
from gatherings.registration.door_queries import count_arrivals
from gatherings.registration.door_rules import counts_since, door_day, is_here, lasts_days, standing
from gatherings.registration.listing import Filter, count
from gatherings.registration.models import EarlierArrival, Registration
from tests.factories import make_event, make_registration
from tests.races import at_once
from tests.signing import make_role, sign_in, token_in
from tests.ticket_orders import make_order
from tests.ticketing import festival, make_kind

# Tuesday to Thursday in Jönköping, an hour ahead of UTC.
FIRST, SECOND, THIRD = (datetime(2027, 3, day, 10, tzinfo=UTC) for day in (2, 3, 4))


@pytest.fixture
def fair(session):
    """Ada has a ticket for all three days, Ben for the second alone."""
    event, kind = festival(session)
    second = make_kind(session, event, name="Second day", days=["2027-03-03"], position=1)
    make_order(session, event, kind, "ada@example.org")
    make_order(session, event, second, "ben@example.org")
    session.commit()
    return event


def who(session, name):
    return session.scalars(select(Registration).where(Registration.name.startswith(name))).one()


def let_in(session, event, name, at):
    did, stands = check_in(session, event.id, who(session, name).public_id, how="scan", by="x", now=at)
    session.commit()
    assert stands is not None
    return did, stands.word


def test_a_ticket_for_three_days_lets_in_once_on_each(session, fair):
    for at in (FIRST, SECOND, THIRD):
        assert let_in(session, fair, "Ada", at) == (True, "came")
        assert let_in(session, fair, "Ada", at + timedelta(hours=2)) == (False, "came")
    ada = who(session, "Ada")
    assert ada.attended_at == THIRD
    assert session.scalars(select(EarlierArrival.attended_at).order_by(EarlierArrival.id)).all() == [FIRST, SECOND]
    assert let_in(session, fair, "Ben", FIRST) == (False, "other day")
    assert let_in(session, fair, "Ben", SECOND) == (True, "came")
    assert let_in(session, fair, "Ben", THIRD) == (False, "other day")
    assert count(session, fair, Filter(came="yes")) == 2


def test_undo_takes_back_this_day_alone(session, fair):
    ada = who(session, "Ada").public_id
    let_in(session, fair, "Ada", FIRST)
    assert not undo_check_in(session, fair.id, ada, by="x", now=SECOND)
    let_in(session, fair, "Ada", SECOND)
    assert undo_check_in(session, fair.id, ada, by="x", now=SECOND)
    assert who(session, "Ada").attended_at == FIRST
    assert session.scalars(select(EarlierArrival.id)).all() == []
    assert not undo_check_in(session, fair.id, ada, by="x", now=SECOND)
    assert let_in(session, fair, "Ada", SECOND) == (True, "came")


def test_the_numbers_are_of_the_day(session, fair):
    counts = count_arrivals(session, fair, FIRST - timedelta(days=20))
    assert (counts.day, counts.room, counts.room_came) == (date(2027, 3, 2), 1, 0)
    let_in(session, fair, "Ada", FIRST)
    first = count_arrivals(session, fair, FIRST)
    assert (first.room, first.room_came) == (1, 1)
    second = count_arrivals(session, fair, SECOND)
    assert (second.day, second.room, second.room_came) == (date(2027, 3, 3), 2, 0)
    assert second.stamp != first.stamp
    let_in(session, fair, "Ben", SECOND)
    assert count_arrivals(session, fair, SECOND).room_came == 1
    # Midnight is where the gathering is; the day after, lists of the last day are filled in.
    assert count_arrivals(session, fair, datetime(2027, 3, 2, 23, 30, tzinfo=UTC)).day == date(2027, 3, 3)
    assert count_arrivals(session, fair, THIRD + timedelta(days=30)).day == date(2027, 3, 4)


def test_two_helpers_at_once_on_the_second_day(app, session, fair):
    let_in(session, fair, "Ada", FIRST)
    event_id, ada = fair.id, who(session, "Ada").public_id

    def press():
        with app.app_context():
            return transact(check_in, event_id, ada, how="name", by="x", now=SECOND)[0]

    assert sorted(at_once(app, [press, press, press])) == [False, False, True]
    session.expire_all()
    assert session.scalars(select(EarlierArrival.attended_at)).all() == [FIRST]


def test_a_night_that_goes_on_is_one_day(session):
    event = make_event(session, mode="in person", minutes=8 * 60)
    assert not lasts_days(event)
    ada = make_registration(session, event, wish="room")
    late = event.starts_at + timedelta(hours=7)  # at one in the morning
    assert counts_since(event, late) is None
    assert let_in(session, event, "Ada", event.starts_at) == (True, "came")
    assert let_in(session, event, "Ada", late) == (False, "came")
    assert door_day(event, late) == event.starts_local.date()
    assert standing(ada, event, late).word == "came"


def test_who_comes_online_comes_once_a_day_too(session):
    event = make_event(session, minutes=60 * 30)
    ada = make_registration(session, event)
    begins, next_day = event.starts_at, event.starts_at + timedelta(hours=20)
    for at, new in ((begins, True), (begins, False), (next_day, True), (next_day, False)):
        assert join_online(session, ada.id, since=counts_since(event, at), now=at) is new
    session.refresh(ada)
    assert ada.attended_at == next_day
    assert is_here(ada, event, next_day)
    assert count_arrivals(session, event, next_day).online_came == 1


def test_the_screens_speak_of_the_day(client, session, fair, clock_at, app):
    let_in(session, fair, "Ada", FIRST)
    path = f"/organise/events/{fair.slug}"
    with clock_at(SECOND):
        sign_in(client, session, make_role(session, session.get_one(Community, fair.community_id), "organiser"))
        page = client.get(f"{path}/day?q=ada").text
        assert "Wednesday 3 March 2027" in page
        assert "<strong>0 of 2</strong>" in page
        assert "Has a place in the room" in page
        form = {"csrf_token": token_in(page), "registration": who(session, "Ada").public_id, "q": "ada"}
        assert "Come in" in client.post(f"{path}/day/arrivals", data=form, headers={"HX-Request": "true"}).text
        again = client.post(f"{path}/day/arrivals", data=form, headers={"HX-Request": "true"}).text
        assert "Came at" in again
        assert "11:00</time>" in again
        one = client.get(f"{path}/registrations/{form['registration']}").text
        assert "Tuesday 2 March" in one
        assert "Wednesday 3 March" in one
        session.expire_all()
        sign, ada = app.extensions["gatherings.signer"].sign, who(session, "Ada")
        mine = f"/registrations/{sign('manage', ada.public_id, ada.link_version)}"
        assert "You are checked in" in client.get(mine).text
        table = client.get(f"{path}/registrations/export.csv?columns=name&columns=came")
    with clock_at(THIRD):
        sheet = client.get(mine).text
        assert "You are checked in" not in sheet
        assert "Your code for the door" in sheet
    assert table.status_code == 200
    rows = {row[0]: row[1] for row in csv.reader(io.StringIO(table.get_data(as_text=True).lstrip("\ufeff")))}
    assert rows["Ada Example"] == "2027-03-02 11:00, 2027-03-03 11:00"


def test_what_is_held_about_somebody_names_every_day(app, session, fair):
    for at in (FIRST, SECOND):
        let_in(session, fair, "Ada", at)
    ada = who(session, "Ada")
    session.refresh(ada, ["person"])
    with app.test_request_context():
        (mine,) = export_of(read_own_data(session, ada.person), now=THIRD)["registrations"]
    assert (mine["attended_before"], mine["attended_at"]) == ([FIRST.isoformat()], SECOND.isoformat())
