"""Doors by mail: asked, begun by a press, each morning one, ended with one press; whatever the worker went through."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, update

from gatherings.accounts.actions import find_or_make_person
from gatherings.accounts.rules import normalise_address
from gatherings.config import Site
from gatherings.db import transact
from gatherings.doors.actions.calendars import By, Settings, change, publish, take_back
from gatherings.doors.actions.planning import plan_next
from gatherings.doors.actions.sending import send_due
from gatherings.doors.mails import door, doors_link, doors_off
from gatherings.doors.models import DoorFollower
from gatherings.doors.queries import days_of
from gatherings.events.actions import change_event
from gatherings.events.models import Event
from gatherings.mail.models import OutboxMail
from gatherings.web.i18n import speaking
from tests.dooring import make_calendar, make_follower
from tests.factories import NOW, make_event
from tests.races import at_once

SITE = Site("http://gatherings.test", "gatherings.test")
BY = By("somebody", NOW)
ADDRESS = "ada@example.org"


@pytest.fixture
def calendar(session):
    made = make_calendar(session, make_event(session, slug="the-session"), 10)
    session.commit()
    return made


def ask(client, address: str = ADDRESS, **other: str):
    form = {"email": address, "hour": "7", "zone": "Pacific/Auckland", "fax": "", **other}
    return client.post("/events/the-session/doors/follow", data=form)


def mails(session, kind: str | None = None) -> list[OutboxMail]:
    session.rollback()
    rows = session.scalars(select(OutboxMail).order_by(OutboxMail.id)).all()
    return [row for row in rows if kind in (None, row.kind)]


def the_follower(session) -> DoorFollower:
    session.rollback()
    return session.scalars(select(DoorFollower).execution_options(populate_existing=True)).one()


def token_of(client, session) -> str:
    follower = the_follower(session)
    signer = client.application.extensions["gatherings.signer"]
    return signer.sign("doors", follower.public_id, follower.link_version)


def follow(session, calendar, address: str = ADDRESS, zone: str = "Europe/London", hour: int = 7):
    """Let somebody follow already, from before the first day."""
    person = find_or_make_person(session, normalise_address(address), now=NOW)
    made = make_follower(session, calendar, person, zone=zone, hour=hour)
    plan_next(made, days_of(calendar), going=True)
    session.commit()
    return made


def work(app, at: datetime) -> int:
    """Let the worker do what is due."""
    done = 0
    with app.app_context():
        while count := transact(send_due, SITE, now=at):
            done += count
    return done


def doors_sent(session) -> list[tuple[int, list[int]]]:
    return [(mail.facts["door"]["number"], mail.facts["missed"]) for mail in mails(session, "door")]


def at(day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, 12, day, hour, minute, second, tzinfo=UTC)


def test_nothing_comes_before_the_button_is_pressed(app, client, session, calendar, clock_at):
    with clock_at(NOW):
        assert ask(client).location == "/events/the-session/doors/asked"
        assert [mail.kind for mail in mails(session)] == ["doors_link"]
        token = token_of(client, session)
        for path in (f"/doors/{token}", f"/doors/{token}/confirm", f"/doors/{token}/stop"):
            assert client.get(path).status_code in (200, 302)
            client.head(path)
    assert the_follower(session).confirmed_at is None
    assert work(app, at(5, 20)) == 0
    with clock_at(NOW):
        page = client.get(f"/doors/{token}")
        assert "Yes, send me each door" in page.text
        assert page.headers["Cache-Control"] == "no-store"
        assert client.post(f"/doors/{token}/confirm").location == f"/doors/{token}?done=yes"
        assert client.post(f"/doors/{token}/confirm").status_code == 303  # pressed twice
        assert "Your next door comes Wednesday 2 December, 07:00 in Auckland" in client.get(f"/doors/{token}").text
    assert the_follower(session).next_at == at(1, 18)
    assert work(app, at(1, 17, 59, 59)) == 0
    assert work(app, at(1, 18)) == 1
    assert doors_sent(session) == [(1, [])]


def test_the_same_answer_for_who_is_known_and_nothing_of_theirs_changes(client, session, calendar, clock_at):
    with clock_at(NOW):
        first = ask(client)
        client.post(f"/doors/{token_of(client, session)}/confirm")
    with clock_at(NOW + timedelta(minutes=11)):
        again = ask(client, hour="11", zone="Europe/Paris")
        stranger = ask(client, "new@example.org")
        caught = ask(client, "robot@example.org", fax="1")
    assert {one.location for one in (first, again, stranger, caught)} == {"/events/the-session/doors/asked"}
    assert {one.status_code for one in (first, again, stranger, caught)} == {303}
    mine = session.scalars(
        select(DoorFollower).order_by(DoorFollower.id).execution_options(populate_existing=True)
    ).all()
    assert [(one.hour, one.zone) for one in mine] == [(7, "Pacific/Auckland"), (7, "Pacific/Auckland")]
    assert mine[0].confirmed_at is not None
    assert [mail.recipient for mail in mails(session, "doors_link")] == [ADDRESS, ADDRESS, "new@example.org"]


def test_a_stranger_causes_few_mails(client, session, calendar, clock_at):
    for minute in range(0, 60, 4):
        with clock_at(NOW + timedelta(minutes=minute)):
            assert ask(client).status_code == 303
    assert len(mails(session)) == 5
    with clock_at(NOW + timedelta(minutes=61)):
        ask(client)
    assert len(mails(session)) == 6


def test_what_cannot_be_taken_is_said_and_kept(client, session, calendar, clock_at):
    with clock_at(NOW):
        answer = ask(client, "nobody", hour="12", zone="Middle-earth")
        assert answer.status_code == 422
        assert 'value="nobody"' in answer.text
        assert 'value="Middle-earth"' in answer.text
        for field in ("email", "hour", "zone"):
            assert f'href="#{field}"' in answer.text
        for hour in ("4", "", "7.5", "-5", "٧"):
            assert ask(client, hour=hour).status_code == 422
    assert mails(session) == []


def test_a_mail_says_the_door_and_ends_with_one_click(app, client, session, calendar, clock_at):
    follow(session, calendar)
    work(app, at(1, 7))
    (mail,) = mails(session, "door")
    with app.test_request_context(), speaking("en"):
        letter = door(mail)
    assert letter.subject == "Door 1: Title 1."
    for body in (letter.text, letter.html):
        assert "Secret 1." in body
        assert "http://gatherings.test/events/the-session/doors/1" in body
        assert "Secret 2" not in body
    assert letter.unsubscribe is not None
    path = letter.unsubscribe.removeprefix("http://gatherings.test")
    program = client.application.test_client()
    program.fetch_site = None
    assert program.post(path).status_code == 403  # not a mail programme's press
    assert the_follower(session).ended_at is None
    answer = program.post(path, data={"List-Unsubscribe": "One-Click"})
    assert (answer.status_code, answer.location) == (200, None)
    assert the_follower(session).ended_at is not None
    assert work(app, at(2, 7)) == 0
    page = path.removesuffix("/stop")
    assert "No doors come to you" in client.get(page).text
    with clock_at(at(3, 12)):
        client.post(f"{page}/confirm")
    assert work(app, at(3, 12)) == 0  # what is open already stands on the page
    assert work(app, at(4, 7)) == 1
    assert doors_sent(session) == [(4, [])]  # the first one waited still: it did not go


def test_each_morning_one_across_zones_and_never_before_it_is_open(app, session, calendar):
    zones = (
        "Pacific/Kiritimati",
        "Pacific/Auckland",
        "Asia/Kolkata",
        "Europe/London",
        "America/St_Johns",
        "Pacific/Niue",
    )
    for zone in zones:
        follow(session, calendar, f"{zone.split('/')[1].lower()}@example.org", zone)
    days = days_of(calendar)
    moment, last = at(1, 0) - timedelta(days=1), at(12, 0)
    while moment < last:  # the worker looks every half hour
        work(app, moment)
        moment += timedelta(minutes=30)
    sent: dict[str, list[int]] = {}
    for mail in mails(session, "door"):
        number = mail.facts["door"]["number"]
        assert mail.created_at >= days.opens_at(number, mail.zone), (mail.zone, number)
        assert mail.facts["missed"] == []
        sent.setdefault(mail.zone, []).append(number)
    assert sent == {zone: list(range(1, 11)) for zone in zones}


def test_at_ones_own_midnight_the_mail_is_of_the_same_date_and_its_link_is_on_ones_clock(app, session, calendar):
    calendar.opening = "viewer"
    follow(session, calendar, zone="Pacific/Auckland")
    assert work(app, datetime(2026, 11, 30, 17, 59, tzinfo=UTC)) == 0
    assert work(app, datetime(2026, 11, 30, 18, 0, tzinfo=UTC)) == 1  # 07:00 on 1 December there
    (mail,) = mails(session, "door")
    with app.test_request_context(), speaking("en"):
        assert "/doors/1?zone=Pacific%2FAuckland" in door(mail).text


def test_a_worker_that_was_down_catches_up_with_one_mail(app, session, calendar):
    follow(session, calendar)
    work(app, at(1, 7))
    work(app, at(6, 15))
    assert doors_sent(session) == [(1, []), (6, [2, 3, 4, 5])]
    work(app, at(7, 7))
    work(app, at(20, 7))
    work(app, at(21, 7))
    assert doors_sent(session)[2:] == [(7, []), (10, [8, 9])]
    assert the_follower(session).next_at is None


def test_two_workers_and_one_that_is_started_again_send_each_mail_once(app, session, calendar):
    for number in range(30):
        follow(session, calendar, f"person{number}@example.org")

    def go() -> int:
        with app.app_context():
            return transact(send_due, SITE, now=at(1, 7))

    at_once(app, [go] * 4)
    work(app, at(1, 7))
    assert len(mails(session, "door")) == 30
    # As after a restore: the row says that nothing was sent, the outbox knows better.
    session.execute(update(DoorFollower).values(sent_up_to=0, next_at=at(1, 7)))
    session.commit()
    work(app, at(1, 7, 1))
    assert len(mails(session, "door")) == 30


def test_hour_and_clock_are_changed_by_ones_own_link(app, client, session, calendar, clock_at):
    follow(session, calendar)
    token = token_of(client, session)
    with clock_at(at(3, 12)):
        work(app, at(3, 12))
        answer = client.post(f"/doors/{token}", data={"hour": "5", "zone": "Tokyo"})
        assert answer.location == f"/doors/{token}?done=kept"
        assert client.post(f"/doors/{token}", data={"hour": "3", "zone": "Nowhere"}).status_code == 422
    follower = the_follower(session)
    assert (follower.hour, follower.zone) == (5, "Asia/Tokyo")
    assert follower.next_at == at(4, 20)  # door 4 opens at 09:00 there: the next morning at five
    with clock_at(at(3, 12)):
        assert client.get("/doors/" + token[:-1] + ("A" if token[-1] != "A" else "B")).status_code == 404


def test_other_days_hold_for_mails_at_once(app, session, calendar):
    follow(session, calendar)
    work(app, at(2, 7))
    later = Settings("", "", date(2026, 12, 8), "Europe/London", "calendar", 10)
    with app.app_context():
        transact(change, calendar.event_id, later, By("somebody", at(2, 12)))
    assert the_follower(session).next_at == at(8, 7)
    work(app, at(8, 7))
    assert [number for number, _ in doors_sent(session)] == [2, 1]


def test_nobody_gets_mail_of_what_was_taken_back(app, client, session, calendar, clock_at):
    follow(session, calendar)
    with app.app_context():
        transact(take_back, calendar.event_id, By("somebody", at(1, 6)))
    assert work(app, at(3, 7)) == 0
    with clock_at(at(3, 8)):
        assert "not open at the moment" in client.get(f"/doors/{token_of(client, session)}").text
    with app.app_context():
        transact(publish, calendar.event_id, By("somebody", at(3, 9)))
    work(app, at(3, 9))
    assert doors_sent(session) == [(3, [1, 2])]


def test_a_draft_event_waits(app, session, calendar):
    follow(session, calendar)
    session.get_one(Event, calendar.event_id).status = "draft"
    session.commit()
    work(app, at(1, 7))
    assert doors_sent(session) == []
    session.get_one(Event, calendar.event_id).status = "published"
    session.commit()
    work(app, at(1, 8, 1))
    assert doors_sent(session) == [(1, [])]


def test_a_hundred_and_more_are_served_in_turns(app, session, calendar):
    for number in range(130):
        follow(session, calendar, f"many{number}@example.org")
    assert work(app, at(1, 7)) == 130
    assert len({mail.recipient for mail in mails(session, "door")}) == 130


def test_the_link_in_the_mail_opens_the_page_of_the_button(app, client, session, calendar, clock_at):
    with clock_at(NOW):
        ask(client)
        (mail,) = mails(session)
        with app.test_request_context(), speaking("en"):
            letter = doors_link(mail)
        found = re.search(r"http://gatherings.test(/doors/\S+)", letter.text)
        assert found is not None
        assert "Yes, send me each door" in client.get(found[1]).text
        assert letter.unsubscribe is None


def set_status(app, event_id: int, status: str, moment: datetime) -> None:
    """Let organisers call an event off, or hold it after all, as every action that does so ends."""

    def go(session) -> None:
        change_event(session, session.get_one(Event, event_id), {"status": status}, now=moment, delay=0)

    with app.app_context():
        transact(go)


def test_who_follows_what_is_called_off_is_told_once_and_gets_no_more_doors(app, client, session, calendar, clock_at):
    follow(session, calendar)
    follow(session, calendar, "later@example.org", hour=9)
    stopped = follow(session, calendar, "stopped@example.org")
    stopped.ended_at, stopped.next_at = NOW, None
    session.commit()
    work(app, at(1, 8))  # door 1, to one of them
    set_status(app, calendar.event_id, "cancelled", at(1, 8, 30))
    assert work(app, at(1, 8, 31)) == 0  # pressed by mistake? within the minutes nobody hears of it
    assert work(app, at(1, 8, 31) + timedelta(seconds=SITE.change_delay)) == 2
    for hour in range(9, 24):
        assert work(app, at(1, hour)) == 0
    told = mails(session, "doors_off")
    assert sorted(mail.recipient for mail in told) == [ADDRESS, "later@example.org"]
    assert doors_sent(session) == [(1, [])]
    with app.test_request_context(), speaking("en"):
        letter = doors_off(told[0])
    assert "called off" in letter.text
    assert "Title 2" not in letter.text
    assert letter.unsubscribe
    with clock_at(at(2, 12)):
        page = client.get(letter.unsubscribe.removeprefix("http://gatherings.test").removesuffix("/stop"))
        assert "called off this gathering" in page.text
        assert ask(client, "new@example.org").status_code == 200
    assert mails(session, "doors_link") == []
    # It takes place after all: the doors come again, with what was missed.
    set_status(app, calendar.event_id, "published", at(3, 12))
    assert work(app, at(3, 12)) == 2
    assert doors_sent(session)[1:] == [(3, [2]), (3, [1, 2])]
    work(app, at(4, 9))
    assert len(doors_sent(session)) == 5


def test_an_event_called_off_by_mistake_for_a_minute_loses_nobody_a_door(app, session, calendar):
    follow(session, calendar)
    set_status(app, calendar.event_id, "cancelled", at(1, 6, 59))
    work(app, at(1, 7))  # its hour, within the minutes
    set_status(app, calendar.event_id, "published", at(1, 7, 0, 30))
    work(app, at(1, 8))
    assert doors_sent(session) == [(1, [])]
    assert mails(session, "doors_off") == []


def test_mails_are_ended_from_a_draft_as_well(client, session, calendar):
    follow(session, calendar)
    token = token_of(client, session)
    session.get_one(Event, calendar.event_id).status = "draft"
    session.commit()
    assert "not open at the moment" in client.get(f"/doors/{token}").text
    assert client.post(f"/doors/{token}/stop").status_code == 303
    assert the_follower(session).ended_at is not None
