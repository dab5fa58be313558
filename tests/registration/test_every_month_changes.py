"""Who comes every month moves to another address, or from the room to online, with all dates at once."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select

from gatherings.accounts.models import Person
from gatherings.cli.checking import wrong_counts
from gatherings.db.places import Places
from gatherings.mail.models import OutboxMail
from gatherings.registration.actions import cancel_series, set_capacity
from gatherings.registration.mails import COMPOSERS
from gatherings.registration.models import Registration, SeriesRegistration
from tests.factories import (
    NOW,
    SITE,
    dates_of,
    make_registration,
    make_series,
    make_series_registration,
)

OLD, NEW = "ada@example.org", "new@example.org"


@pytest.fixture
def sign(app):
    """Give the path of a row's page, or of a link for another purpose."""

    def make(row, purpose: str = "") -> str:
        purpose = purpose or ("manage" if isinstance(row, Registration) else "manage-series")
        return f"/registrations/{app.extensions['gatherings.signer'].sign(purpose, row.public_id, row.link_version)}"

    return make


@pytest.fixture
def fresh(session):
    """Read a row afresh."""

    def read(row):
        session.commit()
        return session.get_one(type(row), row.id, populate_existing=True)

    return read


@pytest.fixture
def asked(client, session, sign, fresh):
    """Ask for another address at the form; give the path of the link that was mailed there."""

    def ask(every, address: str = NEW) -> str:
        response = client.post(f"{sign(fresh(every))}/address", data={"email": address})
        assert response.status_code == 303
        mail = select(OutboxMail).where(OutboxMail.kind == "new_address").order_by(OutboxMail.id.desc())
        session.commit()
        row = session.scalars(mail).first()
        assert row.recipient == address
        return f"{sign(every, 'address-series')}/address/{row.facts['secret']}"

    return ask


@pytest.fixture
def told(session):
    """Give kind, METHOD, SEQUENCE and UID of the invites mailed to an address, oldest first."""

    def read(address: str) -> list[tuple[str, str, int, str]]:
        session.commit()
        mails = session.scalars(select(OutboxMail).where(OutboxMail.recipient == address).order_by(OutboxMail.id))
        return [
            (mail.kind, *(mail.facts["invite"][name] for name in ("method", "sequence", "uid")))
            for mail in mails
            if mail.facts["invite"]
        ]

    return read


@pytest.fixture
def text_of(app, session):
    """Compose the newest mail of a kind as it is sent."""

    def compose(kind: str):
        session.commit()
        mail = session.scalars(select(OutboxMail).where(OutboxMail.kind == kind).order_by(OutboxMail.id.desc())).first()
        with app.test_request_context():
            return COMPOSERS[kind](mail)

    return compose


def counts(session) -> list[tuple[int, int]]:
    session.commit()
    return [tuple(row) for row in session.execute(select(Places.id, Places.taken).order_by(Places.id))]


def addresses(session) -> dict[int, str]:
    """Give the address of each registration, by event."""
    session.commit()
    return dict(session.execute(select(Registration.event_id, Person.address).join(Person)).all())


def in_order(session) -> bool:
    session.commit()
    return not list(wrong_counts(session))


def hybrid(session, **values):
    return make_series(session, mode="hybrid", place_name="The Old Library", **values)


def test_every_month_moves_to_another_address_with_past_and_coming_dates(
    client, session, sign, fresh, asked, told, mails, clock_at
):
    series = make_series(session)
    dates = dates_of(session, series)
    every = make_series_registration(session, dates[0])
    uid, before, old_link = series.rules[0].uid, counts(session), sign(every)
    one = session.scalars(select(Registration).where(Registration.event_id == dates[1].id)).one()
    old_date, old_join = sign(one), sign(every, "join-series").replace("registrations", "join")
    later = dates[0].ends_at + timedelta(days=1)
    with clock_at(later):
        assert OLD in client.get(old_link).text
        for bad in ("", "x"):
            assert client.post(f"{old_link}/address", data={"email": bad}).status_code == 422
        assert client.post(f"{old_link}/address", data={"email": "ADA@example.org"}).status_code == 409
        confirm = asked(every)
        assert mails(NEW) == ["new_address"]
        for read in (client.get, client.head):
            assert read(confirm).status_code == 200
        assert "Third Thursday" in client.get(confirm).text
        assert client.get(sign(every, "address-series")).status_code == 404, "that mail opens nothing else"
        assert client.post(f"{sign(every, 'address-series')}/address/wrong").status_code == 404
        assert set(addresses(session).values()) == {OLD}
        assert client.post(confirm).location == "/registrations/moved"
        assert client.post(confirm).status_code == 404
        assert client.get(confirm).status_code == 404
        for gone in (old_link, old_date, old_join):
            assert client.get(gone).status_code == 404
        assert client.get(sign(fresh(every))).status_code == 200
    assert addresses(session) == {date.id: NEW for date in dates}
    (first, gone), (came,) = told(OLD), told(NEW)
    assert first == ("series_confirmed", "REQUEST", 0, uid)
    assert gone == ("moved_away", "CANCEL", 1, uid)
    assert came == ("series_confirmed", "REQUEST", 1, uid)
    assert counts(session) == before
    assert in_order(session)


def test_the_mails_say_what_moves_and_no_name_to_a_stranger(client, session, asked, text_of):
    series = make_series(session)
    every = make_series_registration(session, dates_of(session, series)[0])
    confirm = asked(every)
    question = text_of("new_address")
    assert confirm in question.text
    assert "Third Thursday" in question.text
    assert "Ada" not in question.text
    assert question.calendar is None
    client.post(confirm)
    goodbye = text_of("moved_away")
    assert "now belongs to another e-mail address" in goodbye.text
    assert b"METHOD:CANCEL" in goodbye.calendar
    assert b"RECURRENCE-ID" not in goodbye.calendar, "the whole entry goes"
    welcome = text_of("series_confirmed")
    assert b"METHOD:REQUEST" in welcome.calendar
    assert f"mailto:{NEW}".encode() in welcome.calendar.replace(b"\r\n ", b"")


def test_moving_there_and_back_never_lets_sequence_fall(client, session, asked, told):
    every = make_series_registration(session, dates_of(session, make_series(session))[0])
    for address in (NEW, OLD, NEW):
        assert client.post(asked(every, address)).status_code == 303
    assert [one[1] for one in told(OLD)] == ["REQUEST", "CANCEL", "REQUEST", "CANCEL"]
    assert [one[1] for one in told(NEW)] == ["REQUEST", "CANCEL", "REQUEST"]
    for messages in (told(OLD), told(NEW)):
        numbers = [one[2] for one in messages]
        assert numbers == sorted(numbers)
        for (_kind, method, number, _uid), following in pairwise(messages):
            assert method != "CANCEL" or following[2] > number or following[1] == "CANCEL"


def test_the_old_address_may_come_every_month_again_and_its_calendar_takes_it(client, session, asked, told):
    dates = dates_of(session, make_series(session))
    client.post(asked(make_series_registration(session, dates[0])))
    make_series_registration(session, dates[0])
    (_, _, first, _), (_, ended, gone, _), (_, asked_again, back, _) = told(OLD)
    assert (ended, asked_again) == ("CANCEL", "REQUEST")
    assert first < gone < back
    assert in_order(session)


def test_a_date_that_is_waited_for_and_one_that_was_left_move_as_they_stand(client, session, sign, asked, fresh):
    dates = dates_of(session, make_series(session))
    set_capacity(session, dates[0], "online", 0, SITE, now=NOW)
    every = make_series_registration(session, dates[0])
    rows = session.scalars(select(Registration).order_by(Registration.event_id)).all()
    client.post(f"{sign(every)}/dates/{rows[1].public_id}/leave")
    client.post(asked(every))
    assert [fresh(row).state for row in rows] == ["waitlisted", "cancelled", "confirmed"]
    assert set(addresses(session).values()) == {NEW}
    set_capacity(session, fresh(dates[0]), "online", 1, SITE, now=NOW)
    session.commit()
    newest = session.scalars(select(OutboxMail).order_by(OutboxMail.id.desc())).first()
    assert (newest.recipient, newest.facts["changed"]) == (NEW, ["promoted"])
    assert in_order(session)


def test_an_address_that_comes_already_is_refused_and_nothing_changes(client, session, asked, told, fresh):
    dates = dates_of(session, make_series(session))
    every = make_series_registration(session, dates[0])
    confirm = asked(every)
    make_series_registration(session, dates[0], address=NEW)
    before = counts(session)
    refused = client.post(confirm)
    assert refused.status_code == 409
    assert "comes to every date already" in refused.text
    assert [one[1] for one in told(OLD)] == ["REQUEST"]
    assert fresh(every).link_version == 1
    assert counts(session) == before


def test_an_address_that_comes_to_one_date_alone_is_told_which(client, session, asked, sign, told):
    dates = dates_of(session, make_series(session))
    every = make_series_registration(session, dates[0])
    single = make_registration(session, dates[1], address=NEW)
    confirm = asked(every)
    refused = client.post(confirm)
    assert refused.status_code == 409
    assert "2027-01-21" in refused.text
    assert [one[1] for one in told(OLD)] == ["REQUEST"]
    client.post(f"{sign(single)}/cancel")
    assert client.post(confirm).status_code == 303, "the link was not used up by the refusal"
    assert addresses(session) == {date.id: NEW for date in dates}
    assert in_order(session)


def test_an_earlier_every_month_of_the_new_address_steps_aside(client, session, asked, told):
    series = make_series(session)
    dates = dates_of(session, series)
    earlier = make_series_registration(session, dates[0], address=NEW)
    cancel_series(session, earlier, SITE, now=NOW)
    every = make_series_registration(session, dates[0])
    assert client.post(asked(every)).status_code == 303
    session.commit()
    assert session.scalars(select(SeriesRegistration.id)).all() == [every.id]
    assert addresses(session) == {date.id: NEW for date in dates}
    assert [one[1] for one in told(NEW)] == ["REQUEST", "CANCEL", "REQUEST"]
    numbers = [one[2] for one in told(NEW)]
    assert numbers[2] > numbers[1] > numbers[0]
    assert in_order(session)


def test_a_past_date_that_both_were_at_stays_with_either_address(client, session, asked, clock_at):
    dates = dates_of(session, make_series(session))
    every = make_series_registration(session, dates[0])
    make_registration(session, dates[0], address=NEW)
    with clock_at(dates[0].ends_at + timedelta(days=1)):
        assert client.post(asked(every)).status_code == 303
    session.commit()
    here = select(Person.address).join(Registration).where(Registration.event_id == dates[0].id)
    assert set(session.scalars(here)) == {OLD, NEW}
    assert {addresses(session)[date.id] for date in dates[1:]} == {NEW}
    assert in_order(session)


def test_who_left_the_series_meanwhile_moves_nowhere(client, session, sign, asked, mails):
    every = make_series_registration(session, dates_of(session, make_series(session))[0])
    confirm = asked(every)
    client.post(f"{sign(every)}/cancel")
    assert client.post(confirm).status_code == 404
    assert client.post(f"{sign(every)}/address", data={"email": NEW}).status_code == 409
    assert mails(NEW) == ["new_address"]


def test_all_coming_dates_move_to_the_room_and_back_with_one_mail_each_time(
    client, session, sign, fresh, told, rows, text_of
):
    series = hybrid(session)
    dates = dates_of(session, series)
    every, uid = make_series_registration(session, dates[0], wish="online"), series.rules[0].uid
    path = sign(every)
    assert "Come to the room from now on" in client.get(path).text
    assert client.get(f"{path}/side?side=room").status_code == 302
    assert {row.places_id for row in rows()} == {date.online_id for date in dates}
    assert client.post(f"{path}/side", data={"side": "room"}).location == f"{path}?done=moved"
    assert client.post(f"{path}/side", data={"side": "room"}).location == f"{path}?done=before"
    assert fresh(every).wish == "room"
    assert {row.places_id for row in rows()} == {date.room_id for date in dates}
    letter = text_of("series_changed")
    assert "You come to the room of “Third Thursday” from now on." in letter.text
    assert b"The Old Library" in letter.calendar
    assert "Come online from now on" in client.get(path).text
    client.post(f"{path}/side", data={"side": "online"})
    assert {row.places_id for row in rows()} == {date.online_id for date in dates}
    assert told(OLD) == [
        ("series_confirmed", "REQUEST", 0, uid),
        ("series_changed", "REQUEST", 1, uid),
        ("series_changed", "REQUEST", 2, uid),
    ]
    for bad in ({}, {"side": "roof"}):
        assert client.post(f"{path}/side", data=bad).status_code == 409
    assert in_order(session)


def test_where_the_other_side_is_full_one_waits_and_keeps_the_place(client, session, sign, rows, text_of, mails):
    dates = dates_of(session, hybrid(session))
    set_capacity(session, dates[1], "room", 1, SITE, now=NOW)
    other = make_registration(session, dates[1], address="bo@example.org", wish="room")
    every = make_series_registration(session, dates[0], wish="online")
    path = sign(every)
    client.post(f"{path}/side", data={"side": "room"})
    mine = {row.event_id: row for row in rows() if row.series_registration_id == every.id}
    full = mine[dates[1].id]
    assert (full.state, full.places_id, full.waits_for_id) == ("confirmed", dates[1].online_id, dates[1].room_id)
    assert {mine[date.id].places_id for date in (dates[0], dates[2])} == {dates[0].room_id, dates[2].room_id}
    assert "you wait and keep the place that you have" in text_of("series_changed").text.replace("\n", " ")
    assert mails(OLD) == ["series_confirmed", "series_changed"]
    assert in_order(session)
    client.post(f"{sign(other)}/cancel")
    promoted = next(row for row in rows() if row.id == full.id)
    assert (promoted.places_id, promoted.waits_for_id) == (dates[1].room_id, None)
    assert in_order(session)


def test_who_waits_for_the_room_wishes_to_stay_online_and_waits_no_more(client, session, sign, rows):
    dates = dates_of(session, hybrid(session))
    for date in dates:
        set_capacity(session, date, "room", 0, SITE, now=NOW)
    every = make_series_registration(session, dates[0], wish="room")
    assert {row.waits_for_id for row in rows()} == {date.room_id for date in dates}
    client.post(f"{sign(every)}/side", data={"side": "online"})
    assert {row.places_id for row in rows()} == {date.online_id for date in dates}
    assert {row.waits_for_id for row in rows()} == {None}
    assert in_order(session)


def test_places_that_are_left_go_to_who_waits_for_them(client, session, sign, rows, mails):
    dates = dates_of(session, hybrid(session))
    for date in dates:
        set_capacity(session, date, "room", 1, SITE, now=NOW)
    mine = make_series_registration(session, dates[0], wish="room")
    waits = make_series_registration(session, dates[0], address="bo@example.org", wish="room")
    client.post(f"{sign(mine)}/side", data={"side": "online"})
    theirs = [row for row in rows() if row.series_registration_id == waits.id]
    assert {row.places_id for row in theirs} == {date.room_id for date in dates}
    assert mails("bo@example.org") == ["series_confirmed", "series_changed"], "one mail, however many dates"
    assert mails(OLD) == ["series_confirmed", "series_changed"]
    assert in_order(session)


def test_dates_that_were_left_or_are_over_stay_as_they_are(client, session, sign, rows, clock_at):
    dates = dates_of(session, hybrid(session))
    every = make_series_registration(session, dates[0], wish="online")
    client.post(f"{sign(every)}/dates/{rows()[1].public_id}/leave")
    with clock_at(datetime(2026, 12, 20, tzinfo=UTC)):
        client.post(f"{sign(every)}/side", data={"side": "room"})
    found = [(row.state, row.places_id) for row in rows()]
    assert found == [("confirmed", dates[0].online_id), ("cancelled", None), ("confirmed", dates[2].room_id)]
    assert in_order(session)


def test_a_series_held_one_way_offers_no_other_side(client, session, sign, mails):
    every = make_series_registration(session, dates_of(session, make_series(session))[0])
    assert "/side" not in client.get(sign(every)).text
    assert client.post(f"{sign(every)}/side", data={"side": "room"}).status_code == 409
    assert mails() == ["series_confirmed"]
