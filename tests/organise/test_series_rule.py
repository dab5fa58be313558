"""The recurrence builder: dates are seen before anything is saved, what it means is said, and people are told once."""

import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from gatherings.audit.models import LogEntry
from gatherings.communities.models import Community
from gatherings.db.session import transact
from gatherings.events.models import Event, EventChange, Series
from gatherings.invites.models import Invite
from gatherings.mail.models import OutboxMail
from gatherings.registration.actions.telling import list_due_changes, tell_change
from gatherings.registration.mails import COMPOSERS
from gatherings.registration.models import Registration, SeriesRegistration
from tests.factories import SITE, dates_of, make_community, make_registration, make_series
from tests.factories import make_series_registration as make_every
from tests.organise.pressing import form_of
from tests.signing import make_role, sign_in
from tests.slotting import make_call

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def still(clock_at):
    """Let it be Friday 20 November 2026, 12:00 UTC."""
    with clock_at(NOW):
        yield


@pytest.fixture
def series(session: Session) -> Series:
    """Third Thursdays at 18:00 in London, three ahead."""
    return make_series(session, make_community(session, slug="tea"), slug="thursdays")


@pytest.fixture
def organiser(client: FlaskClient, session: Session, series: Series) -> FlaskClient:
    """A browser of somebody who organises it."""
    tea = session.scalars(select(Community).where(Community.slug == "tea")).one()
    sign_in(client, session, make_role(session, tea))
    return client


PATH = "/organise/series/thursdays/rule"


def look(organiser: FlaskClient, **change: object) -> tuple[dict[str, object], str]:
    """Press "Show the dates"; give what the form holds then, and the page without spans."""
    data = form_of(organiser, PATH) | change | {"do": "look"}
    page = organiser.post(PATH, data=data)
    assert page.status_code == 200, page.text
    shown = re.search('name="shown" value="([^"]*)"', page.text)
    edits = re.search('name="edits" value="([^"]*)"', page.text)
    assert shown
    assert edits
    text = re.sub("</?span[^>]*>", "", page.text)
    return data | {"shown": shown[1], "edits": edits[1], "do": "save"}, text


def again(session: Session) -> Series:
    session.commit()
    session.expire_all()
    return session.scalars(select(Series).where(Series.slug == "thursdays").options(selectinload(Series.rules))).one()


def logged(session: Session) -> list[str]:
    return list(session.scalars(select(LogEntry.action).order_by(LogEntry.id)))


def test_looking_saves_nothing_and_saving_is_one_effect(organiser: FlaskClient, session: Session, series: Series):
    first, second, _third = dates_of(session, series)
    make_every(session, first, address="every@example.org")
    make_registration(session, second)
    count = session.scalar(select(func.count(EventChange.id)))
    data, page = look(organiser, numbers="2", weekday="1", at="20:00", begins="2026-11-20")
    assert "second Tuesday of every month, 20:00 London time" in page
    assert "Tuesday 8 December, 20:00–21:00" in page
    assert "1 person comes every month." in page
    assert "Thursday 17 December, 18:00–19:00</s> → Tuesday 8 December, 20:00–21:00" in page
    assert again(session).rules[0].rule == "FREQ=MONTHLY;BYDAY=3TH"
    assert (session.scalar(select(func.count(EventChange.id))), logged(session)) == (count, [])
    for _press in range(3):
        assert organiser.post(PATH, data=data).status_code == 303
    found = again(session)
    assert [rule.rule for rule in found.rules] == ["FREQ=MONTHLY;BYDAY=3TH", "FREQ=MONTHLY;BYDAY=2TU"]
    assert [date.starts_local for date in dates_of(session, found)] == [
        datetime(2026, 12, 8, 20), datetime(2027, 1, 12, 20), datetime(2027, 2, 9, 20),
    ]  # fmt: skip
    assert session.scalar(select(func.count(EventChange.id)).where(EventChange.series_id == found.id)) == 1
    assert logged(session) == ["change_rule"]
    every = session.scalars(select(SeriesRegistration)).one()
    assert session.get_one(Invite, every.invite_id).uid == found.rules[1].uid
    feed = organiser.get("/series/thursdays/calendar.ics").data
    assert b"RRULE:FREQ=MONTHLY;BYDAY=2TU" in feed
    assert session.scalar(select(func.count(Registration.id))) == 4  # nobody is lost


def test_what_was_not_looked_at_is_not_saved(organiser: FlaskClient, session: Session):
    data, _page = look(organiser, at="19:00")
    other = organiser.post(PATH, data=data | {"at": "21:00"})
    assert other.status_code == 200
    assert "Nothing is saved yet: here are the dates again" in other.text
    assert organiser.post(PATH, data=form_of(organiser, PATH) | {"at": "21:00", "do": "save"}).status_code == 200
    assert organiser.post(PATH, data=data | {"shown": "x" * 16}).status_code == 200
    assert again(session).rules[0].starts_local.hour == 18
    assert logged(session) == []


def test_somebody_else_changed_the_series_meanwhile(organiser: FlaskClient, session: Session):
    data, _page = look(organiser, at="19:00")
    again(session).edits += 1
    answer = organiser.post(PATH, data=data)
    assert answer.status_code == 200
    assert "Something changed since you last looked" in answer.text
    assert len(again(session).rules) == 1


def test_clocks_that_change_are_told_beside_the_date(organiser: FlaskClient, session: Session):
    organiser.set_cookie("zone", "Pacific/Auckland", domain="gatherings.test")
    _data, page = look(organiser, numbers="-1", weekday="6", at="01:30", months="3", begins="2027-01-01")
    assert "last Sunday of every month, only in March" in page
    assert "there is no 01:30. It is held at 02:30." in page
    assert ">Auckland</th>" in page
    assert len(re.findall('<th scope="col">', page)) == 6  # the host's, one's own, three others, and "leave out"


def test_dates_can_be_left_out(organiser: FlaskClient, session: Session, series: Series):
    first, second, _third = dates_of(session, series)
    make_every(session, first, address="every@example.org")
    data, page = look(organiser)
    assert "This is the rule that the series has now." in page
    assert second.original_local is not None
    skipped = second.original_local.isoformat()
    assert f'value="{skipped}"' in page
    wrong = ["2030-01-01T18:00:00", "nonsense", "2027-01-21T18:00:00+00:00", ""]
    assert organiser.post(PATH, data=data | {"skipped": [skipped, *wrong]}).status_code == 303
    found = again(session)
    assert [date.status for date in dates_of(session, found)] == ["published", "cancelled", "published"]
    assert len(found.rules) == 1
    assert logged(session) == ["skip_date"]
    change = session.scalars(select(EventChange)).one()
    assert (change.event_id, change.kinds) == (second.id, "status")


def test_a_denser_rule_makes_new_dates_with_places_for_every_month(
    organiser: FlaskClient, session: Session, series: Series
):
    make_every(session, dates_of(session, series)[0], address="every@example.org")
    data, page = look(organiser, kind="weekly", weekdays="3", begins="2026-11-20")
    assert "every Thursday, 18:00 London time" in page
    assert "3 dates ahead are new." in page
    assert organiser.post(PATH, data=data).status_code == 303
    coming = dates_of(session, again(session))
    assert [date.starts_local.day for date in coming[:3]] == [26, 3, 10]
    ids = set(session.scalars(select(Registration.event_id)))
    assert ids == {date.id for date in coming}


def test_a_rule_that_ends_calls_off_the_rest(organiser: FlaskClient, session: Session, series: Series):
    data, page = look(organiser, ends="until", until="2027-01-31")
    assert page.count("Called off") == 1
    assert "These are all its dates to come." in page
    assert organiser.post(PATH, data=data).status_code == 303
    assert [date.status for date in dates_of(session, again(session))] == ["published", "published", "cancelled"]


def test_length_and_zone_change_with_it(organiser: FlaskClient, session: Session, series: Series):
    call = make_call(session, dates_of(session, series)[0])
    session.commit()
    data, _page = look(organiser, minutes="90", zone="Stockholm")
    assert organiser.post(PATH, data=data).status_code == 303
    found = again(session)
    assert (found.rules[-1].zone, found.rules[-1].minutes) == ("Europe/Stockholm", 90)
    (first, *_rest) = dates_of(session, found)
    assert (first.zone, first.ends_local) == ("Europe/Stockholm", datetime(2026, 12, 17, 19, 30))
    session.refresh(call)
    assert call.closes_at == datetime(2026, 12, 10, 17, tzinfo=UTC)  # 18:00 on the date's own wall clock


def test_a_rule_that_the_form_cannot_show_says_so(organiser: FlaskClient, session: Session):
    again(session).rules[0].rule = "FREQ=MONTHLY;BYDAY=1MO,3TH"
    page = organiser.get(PATH).text
    assert "This form cannot show it" in page
    assert "first Monday and third Thursday" in page


def test_what_a_count_means_is_a_number_of_dates(organiser: FlaskClient, session: Session, series: Series):
    data, page = look(organiser, ends="count", count="14")
    assert page.count("<tr>") - 1 == 3  # of 14 since January, eleven are over
    assert organiser.post(PATH, data=data).status_code == 303
    assert again(session).rules[-1].rule.startswith("FREQ=MONTHLY;BYDAY=3TH;")


BAD: dict[str, Any] = {
    "kind": ["", "yearly", "nth' OR 1=1"],
    "numbers": [[], ["7"], ["3", "x"]],
    "weekday": ["7", "-1", "monday"],
    "every": ["0", "25", "", "x", "1.5"],
    "begins": ["", "2026-02-30", "20261120", "0001-01-01"],
    "at": ["", "24:00", "6pm"],
    "minutes": ["0", "1441", "-5", ""],
    "zone": ["", "Qqqxxz", "GMT+25"],
    "ends": ["sometimes"],
    "months": [["13"], ["0"]],
}


def test_bad_input_is_refused_at_its_field(organiser: FlaskClient, session: Session):
    good = form_of(organiser, PATH)
    cases = [(name, {name: value}) for name, values in BAD.items() for value in values]
    cases += [
        ("weekdays", {"kind": "weekly"}), ("weekdays", {"kind": "weekly", "weekdays": ["9"]}),
        ("day", {"kind": "day", "day": "32"}), ("until", {"ends": "until", "until": ""}),
        ("until", {"ends": "until", "until": "2001-01-01"}), ("count", {"ends": "count", "count": ""}),
        ("count", {"ends": "count", "count": "99999"}),
    ]  # fmt: skip
    for name, change in cases:
        answer = organiser.post(PATH, data=good | change | {"do": "look"})
        assert answer.status_code == 422, change
        assert f'href="#{name}"' in answer.text, change
    assert logged(session) == []
    assert session.scalar(select(func.count(Event.id))) == 3


def test_from_a_later_date_on_those_before_it_stay(organiser: FlaskClient, session: Session, series: Series):
    first, second, third = dates_of(session, series)
    make_every(session, first, address="every@example.org")
    make_registration(session, second)
    data, page = look(organiser, numbers="2", weekday="1", at="20:00", minutes="90", since=third.slug)
    assert page.count("Moves") == 1
    assert "Thursday 18 February 2027, 18:00–19:00</s> → Tuesday 9 February 2027, 20:00–21:30" in page
    assert "Tuesday 8 December, 20:00" not in page
    for _press in range(2):
        assert organiser.post(PATH, data=data).status_code == 303
    found = again(session)
    assert [date.starts_local for date in dates_of(session, found)] == [
        datetime(2026, 12, 17, 18), datetime(2027, 1, 21, 18), datetime(2027, 2, 9, 20),
    ]  # fmt: skip
    assert [date.ends_local.hour for date in dates_of(session, found)] == [19, 19, 21]
    assert [date.original_local for date in dates_of(session, found)] == [
        datetime(2026, 12, 8, 20), datetime(2027, 1, 12, 20), datetime(2027, 2, 9, 20),
    ]  # fmt: skip
    told = session.scalars(select(EventChange)).all()
    assert sorted((change.event_id or 0, change.via_series) for change in told) == [(0, False), (third.id, True)]
    feed = organiser.get("/series/thursdays/calendar.ics").data
    assert b"RECURRENCE-ID;TZID=Europe/London:20261208T200000" in feed  # an exception of the new rule
    organiser.get("/series/thursdays")
    assert session.scalar(select(func.count(Event.id))) == 3


def test_a_date_leads_to_from_here_on(organiser: FlaskClient, session: Session, series: Series):
    third = dates_of(session, series)[2]
    assert form_of(organiser, f"{PATH}?since={third.slug}")["since"] == third.slug
    assert form_of(organiser, f"{PATH}?since=elsewhere")["since"] == ""


def test_a_denser_rule_cannot_hold_from_a_later_date(organiser: FlaskClient, session: Session, series: Series):
    third = dates_of(session, series)[2]
    data = form_of(organiser, PATH) | {"kind": "weekly", "weekdays": "3", "since": third.slug, "do": "look"}
    answer = organiser.post(PATH, data=data)
    assert answer.status_code == 422
    assert "this rule has other dates than those that stand" in answer.text
    assert organiser.post(PATH, data=data | {"since": "somewhere-else"}).status_code == 422


def test_a_new_rule_with_a_date_left_out_is_one_mail(
    app: Flask, organiser: FlaskClient, session: Session, series: Series
):
    make_every(session, dates_of(session, series)[0], address="every@example.org")
    data, _page = look(organiser, numbers="2", weekday="1", at="20:00", begins="2026-11-20")
    assert organiser.post(PATH, data=data | {"skipped": "2027-01-12T20:00:00"}).status_code == 303
    assert [date.status for date in dates_of(session, again(session))] == ["published", "cancelled", "published"]
    mails = told(app, session)
    assert [(mail.kind, mail.recipient) for mail in mails] == [("series_changed", "every@example.org")]
    with app.app_context():
        calendar = (COMPOSERS["series_changed"](mails[0]).calendar or b"").replace(b"\r\n ", b"")
    assert b"EXDATE;TZID=Europe/London:20270112T200000" in calendar
    assert logged(session) == ["change_rule", "skip_date"]


def told(app: Flask, session: Session) -> list[OutboxMail]:
    """Tell all gathered changes; give the mails about changes."""
    later = NOW + timedelta(minutes=10)
    session.commit()
    with app.app_context():
        for change_id in transact(list_due_changes, later):
            transact(tell_change, change_id, SITE, now=later)
    session.commit()
    kinds = ("series_changed", "changed", "called_off")
    return list(session.scalars(select(OutboxMail).where(OutboxMail.kind.in_(kinds)).order_by(OutboxMail.id)))


def test_who_comes_every_month_gets_one_mail_with_those_that_stay(
    app: Flask, organiser: FlaskClient, session: Session, series: Series
):
    first, _second, third = dates_of(session, series)
    make_every(session, first, address="every@example.org")
    data, _page = look(organiser, numbers="2", weekday="1", at="20:00", since=third.slug)
    assert organiser.post(PATH, data=data).status_code == 303
    mails = told(app, session)
    assert [(mail.kind, mail.recipient) for mail in mails] == [("series_changed", "every@example.org")]
    with app.app_context():
        calendar = (COMPOSERS["series_changed"](mails[0]).calendar or b"").replace(b"\r\n ", b"")
    assert b"RRULE:FREQ=MONTHLY;BYDAY=2TU\r\n" in calendar
    entries = calendar.split(b"BEGIN:VEVENT")
    (stays,) = [one for one in entries if b"RECURRENCE-ID;TZID=Europe/London:20261208T200000" in one]
    assert b"DTSTART;TZID=Europe/London:20261217T180000" in stays


def test_the_ends_of_the_calendar_are_no_trouble(organiser: FlaskClient, session: Session):
    every_day = {"kind": "weekly", "weekdays": [str(day) for day in range(7)]}
    far: list[dict[str, Any]] = [
        every_day | {"begins": "1900-01-01", "ends": "count", "count": "9999"},
        every_day | {"begins": "1900-01-01", "ends": "until", "until": "2999-12-31"},
        {"begins": "2999-12-01", "every": "24"},
        {"kind": "day", "day": "31", "months": "2", "begins": "2999-12-31"},
        {"begins": "2999-12-31", "at": "23:59", "zone": "Pacific/Kiritimati", "minutes": "1440"},
    ]
    for change in far:
        before = time.monotonic()
        answer = organiser.post(PATH, data=form_of(organiser, PATH) | change | {"do": "look"})
        assert answer.status_code in (200, 422), change
        assert time.monotonic() - before < 4, change
