"""Mail and invite tell one time: domain.md's fixture of 2026, and clocks that change after somebody registered."""

from datetime import UTC, datetime, timedelta

import pytest
from dateutil.rrule import rrulestr

from gatherings.registration.actions.telling import remind
from tests.factories import SITE, dates_of, make_event, make_registration, make_series, make_series_registration

pytestmark = pytest.mark.one_database("of times in letters and calendars")

DAYS = ("01-15", "02-19", "03-19", "04-16", "05-21", "06-18", "07-16", "08-20", "09-17", "10-15", "11-19", "12-17")
UTC_HOURS = (18, 18, 18, 17, 17, 17, 17, 17, 17, 17, 18, 18)
FIXTURE = {
    "Europe/London": ("Thursday", (18,) * 12),
    "Europe/Stockholm": ("Thursday", (19,) * 12),
    "America/New_York": ("Thursday", (13, 13, 14, 13, 13, 13, 13, 13, 13, 13, 13, 13)),
    "Pacific/Auckland": ("Friday", (7, 7, 7, 5, 5, 5, 5, 5, 5, 6, 7, 7)),
    "Australia/Melbourne": ("Friday", (5, 5, 5, 3, 3, 3, 3, 3, 3, 4, 5, 5)),
}
BEGINNING = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)


def expected(zone):
    """Give (UTC, words on the reader's clock) of each third Thursday of 2026."""
    weekday, hours = FIXTURE[zone]
    for day, utc_hour, hour in zip(DAYS, UTC_HOURS, hours, strict=True):
        thursday = datetime.fromisoformat(f"2026-{day}").replace(tzinfo=UTC)
        local = thursday + timedelta(days=weekday == "Friday")
        yield thursday.replace(hour=utc_hour), f"{weekday} {local.day} {local:%B}, {hour:02}:00–{hour + 1:02}:00 in "


@pytest.mark.parametrize("zone", FIXTURE)
def test_third_thursdays_of_2026_one_by_one(session, mails, zone):
    for instant, _words in expected(zone):
        event = make_event(session, starts_local=datetime(instant.year, instant.month, instant.day, 18), now=BEGINNING)
        make_registration(session, event, zone=zone, address=f"m{instant.month}@example.org", now=BEGINNING)
    posts = mails("confirmed")
    assert [post.utc(post.event["DTSTART"]) for post in posts] == [instant for instant, _ in expected(zone)]
    label = "When" if zone == "Europe/London" else "Your time"
    for post, (_instant, words) in zip(posts, expected(zone), strict=True):
        assert post.rows[label].startswith(words)
        assert post.rows[label] in post.html
        assert "GMT" not in "".join(post.rows.values())


@pytest.mark.parametrize("zone", FIXTURE)
def test_third_thursdays_of_2026_as_a_series(session, mail, zone):
    series = make_series(session, ahead=12, now=BEGINNING)
    event = dates_of(session, series, now=BEGINNING)[0]
    make_series_registration(session, event, zone=zone, now=BEGINNING)
    post = mail("series_confirmed")
    (master,) = post.events
    start = datetime.strptime(master["DTSTART"].to_ical().decode(), "%Y%m%dT%H%M%S")
    rule = rrulestr(master["RRULE"].to_ical().decode(), dtstart=start)
    tz = post.zone(master["DTSTART"])
    locals_of_2026 = rule.between(start, datetime(2026, 12, 31), inc=True)
    instants = [local.replace(tzinfo=tz).astimezone(UTC) for local in locals_of_2026]
    assert instants == [instant for instant, _ in expected(zone)]
    dated = [line[2:] for line in post.text.splitlines() if line.startswith("- ")]
    assert len(dated) == 12
    assert all(line.startswith(words) for line, (_, words) in zip(dated, expected(zone), strict=True))
    moves = "On your own clock it moves." in post.text
    assert moves is (zone not in ("Europe/London", "Europe/Stockholm"))


@pytest.mark.parametrize(
    ("zone", "day", "utc", "mine"),
    [
        ("Pacific/Auckland", "2027-09-26", "2027-09-25T20:00", "Saturday 25 September 2027, 22:00–23:00 in Stockholm"),
        ("Pacific/Auckland", "2027-04-04", "2027-04-03T21:00", "Saturday 3 April 2027, 23:00–00:00 in Stockholm"),
        ("Europe/London", "2027-03-28", "2027-03-28T08:00", "Sunday 28 March 2027, 10:00–11:00 in Stockholm"),
        ("America/New_York", "2027-03-14", "2027-03-14T13:00", "Sunday 14 March 2027, 14:00–15:00 in Stockholm"),
    ],
)  # fmt: skip
def test_clocks_that_change_before_the_day_are_right_in_invite_mail_and_reminder(session, mails, zone, day, utc, mine):
    event = make_event(session, starts_local=datetime.fromisoformat(f"{day}T09:00"), zone=zone)
    make_registration(session, event, zone="Europe/Stockholm")
    remind(session, SITE, now=event.starts_at - timedelta(hours=20))
    confirmed, reminder = mails()
    assert confirmed.utc(confirmed.event["DTSTART"]) == datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert confirmed.rows["Your time"] == mine
    assert reminder.rows["Your time"] == mine.replace(" 2027", "")  # by then it is this year


def test_zone_that_no_rule_can_tell_is_written_in_utc(session, mail):
    event = make_event(session, starts_local=datetime(2026, 12, 15, 18), zone="Africa/Casablanca")
    make_registration(session, event)
    post = mail("confirmed")
    assert post.event["DTSTART"].to_ical() == f"{event.starts_at:%Y%m%dT%H%M%SZ}".encode()
    assert not post.calendar.walk("VTIMEZONE")
