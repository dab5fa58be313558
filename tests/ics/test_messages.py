"""Messages (iMIP), feeds and their bytes."""

import random
import subprocess
import sys
import time
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from gatherings.ics import (
    Attendee,
    Entry,
    calendar,
    cancel,
    clear_caches,
    request,
    strong_etag,
    vevent,
    vevents,
)
from tests.ics import reader
from tests.ics.outside import by_icalendar
from tests.ics.samples import GUEST, HOST, STAMP, a_series, an_entry

HOUR = timedelta(hours=1)


def _invite(**changes: object) -> Entry:
    return an_entry(organizer=HOST, attendee=GUEST, **changes)


def _one_date(series: Entry, number: int) -> Entry:
    start = series.dates[number]
    return replace(series, rule=None, dates=(), original_local=start, starts_local=start, ends_local=start + HOUR)


def test_a_request_names_its_method_one_attendee_and_the_organiser() -> None:
    read = reader.read(request([_invite()]))
    event = read.inside("VEVENT")[0]
    assert read.one("METHOD").value == "REQUEST"
    attendee = event.one("ATTENDEE")
    assert attendee.value == "mailto:zoe@example.org"
    assert (attendee.params["PARTSTAT"], attendee.params["RSVP"]) == ("ACCEPTED", "FALSE")
    assert attendee.params["CN"] == "Zoë & Sons <3"
    assert event.one("ORGANIZER").value == "mailto:hello@example.org"
    assert event.one("STATUS").value == "CONFIRMED"


def test_an_invite_that_asks_for_an_answer_says_so() -> None:
    asked = Attendee("A", "a@example.org", partstat="NEEDS-ACTION", rsvp=True)
    event = reader.read(request([replace(_invite(), attendee=asked)])).inside("VEVENT")[0]
    assert event.one("ATTENDEE").params["PARTSTAT"] == "NEEDS-ACTION"
    assert event.one("ATTENDEE").params["RSVP"] == "TRUE"


def test_uid_sequence_and_stamps_are_those_given() -> None:
    entry = _invite(sequence=7, changed_at=STAMP + HOUR, created_at=STAMP - HOUR, related_to="umbrella@example.org")
    event = by_icalendar(request([entry])).events[0]
    assert (event["UID"], event["SEQUENCE"], event["RELATED-TO"]) == (entry.uid, 7, "umbrella@example.org")
    assert event["DTSTAMP"].dt == STAMP
    assert event["LAST-MODIFIED"].dt == STAMP + HOUR
    assert event["CREATED"].dt == STAMP - HOUR


def test_a_cancel_of_everything_has_no_recurrence_id() -> None:
    read = reader.read(cancel([a_series(organizer=HOST, attendee=GUEST)]))
    event = read.inside("VEVENT")[0]
    assert read.one("METHOD").value == "CANCEL"
    assert event.one("STATUS").value == "CANCELLED"
    assert event.all("RECURRENCE-ID") == []
    assert event.one("ATTENDEE").value == "mailto:zoe@example.org"


def test_a_cancel_of_one_date_names_the_date_and_its_start() -> None:
    read = reader.read(cancel([_one_date(a_series(organizer=HOST, attendee=GUEST), 3)]))
    event = read.inside("VEVENT")[0]
    assert event.one("STATUS").value == "CANCELLED"
    for name in ("RECURRENCE-ID", "DTSTART"):
        assert (event.one(name).params, event.one(name).value) == (
            {"TZID": "Europe/London"},
            "20260416T180000",
        )
    assert event.all("RRULE") == []
    assert list(reader.zones(read)) == ["Europe/London"]


def test_a_message_about_two_events_or_two_people_is_refused() -> None:
    invite = _invite()
    others = [
        replace(invite, uid="other@example.org", original_local=datetime(2026, 6, 18, 18)),
        replace(invite, attendee=Attendee("B", "b@example.org"), original_local=datetime(2026, 6, 18, 18)),
        invite,
    ]
    for other in others:
        with pytest.raises(ValueError):
            request([invite, other])
    for alone in ([], [replace(invite, attendee=None)], [replace(invite, organizer=None)]):
        with pytest.raises(ValueError):
            cancel(alone)


def test_one_message_may_hold_a_series_and_its_moved_dates() -> None:
    series = a_series(organizer=HOST, attendee=GUEST)
    read = reader.read(request([series, _one_date(series, 2), _one_date(series, 3)]))
    assert {event.one("UID").value for event in read.inside("VEVENT")} == {series.uid}


def test_a_feed_says_how_often_to_ask_and_its_name_once() -> None:
    data = calendar(vevents([an_entry()]), name="Conversations, for Kindness", feed=True)
    read = reader.read(data)
    assert (read.one("REFRESH-INTERVAL").params, read.one("REFRESH-INTERVAL").value) == (
        {"VALUE": "DURATION"},
        "PT1H",
    )
    assert read.one("X-PUBLISHED-TTL").value == "PT1H"
    assert read.one("NAME").text == read.one("X-WR-CALNAME").text == "Conversations, for Kindness"
    assert read.one("VERSION").value == "2.0"
    assert read.one("PRODID").value
    assert not {line.name for line in read.lines} & {"METHOD", "X-WR-TIMEZONE"}
    assert b"ATTENDEE" not in data
    assert b"VALARM" not in data


def test_a_download_says_nothing_of_asking_again() -> None:
    data = calendar(vevents([an_entry()]), method="PUBLISH")
    assert b"METHOD:PUBLISH" in data
    assert b"REFRESH" not in data


def test_an_entry_without_length_has_no_end() -> None:
    start = datetime(2026, 6, 18, 18)
    assert reader.read(vevent(an_entry(starts_local=start, ends_local=start)).data).all("DTEND") == []


def _everything() -> bytes:
    series = a_series(excluded=(datetime(2026, 4, 16, 18), datetime(2026, 3, 19, 18)), categories=("b", "a"))
    entries = [series, _one_date(series, 5), an_entry(zone="Pacific/Auckland"), a_series("Africa/Cairo")]
    return calendar(vevents(entries), name="Ours", feed=True)


def test_the_same_entries_give_the_same_bytes_in_any_process() -> None:
    once = _everything()
    clear_caches()
    assert _everything() == once
    script = "import sys; from tests.ics.test_messages import _everything; sys.stdout.buffer.write(_everything())"
    for seed in ("1", "2"):
        run = subprocess.run([sys.executable, "-c", script], env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."},
                             capture_output=True, check=True)  # fmt: skip
        assert run.stdout == once


def test_the_order_of_exceptions_and_dates_does_not_change_the_bytes() -> None:
    series = a_series("Africa/Cairo", excluded=(datetime(2026, 4, 16, 18), datetime(2026, 3, 19, 18)))
    shuffled = list(series.dates)
    random.Random(1).shuffle(shuffled)
    assert vevent(replace(series, dates=tuple(shuffled), excluded=series.excluded[::-1])) == vevent(series)


def test_an_etag_is_strong_and_changes_with_the_bytes() -> None:
    tag = strong_etag(b"one")
    assert tag == strong_etag(b"one") != strong_etag(b"two")
    assert tag[0] == tag[-1] == '"'
    assert '"' not in tag[1:-1]


def test_stamps_in_other_zones_are_written_in_utc() -> None:
    there = STAMP.astimezone(ZoneInfo("Asia/Kolkata"))
    assert reader.read(vevent(an_entry(stamp=there)).data).one("DTSTAMP").value == "20260102T030405Z"


def test_importing_does_not_load_icalendar() -> None:
    script = "import sys, gatherings.ics; print('icalendar' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], env={"PYTHONPATH": "."}, capture_output=True, check=True)
    assert run.stdout.strip() == b"False"


def test_joining_kept_blocks_costs_next_to_nothing() -> None:
    blocks = [vevent(an_entry(uid=f"{n}@example.org")) for n in range(200)]
    calendar(blocks, name="Ours", feed=True)
    took = []
    for _ in range(20):
        before = time.perf_counter()
        calendar(blocks, name="Ours", feed=True)
        took.append(time.perf_counter() - before)
    assert min(took) < 0.001
