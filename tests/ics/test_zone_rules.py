"""Each zone's VTIMEZONE against the zone database, read from its text alone."""

import io
import re
import zoneinfo
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from dateutil.tz import tzical

from gatherings.core import zones
from gatherings.ics import calendar, vevent, vtimezone, writable
from tests.ics import reader
from tests.ics.samples import a_series, an_entry, true_instants

NAMES = sorted(zoneinfo.available_timezones())
FIRST, LAST = datetime(2026, 1, 1), datetime(2028, 12, 31)
HOUR = timedelta(hours=1)
# Changes that no numbered weekday says (Cairo .. Jerusalem), Ramadan (Casablanca), an end or a pause of clock
# changes within 2026-28 (Vancouver .. Havana): by the pinned tzdata 2026f.
BEYOND_ONE_RULE = {
    "Africa/Cairo", "Africa/Casablanca", "Africa/El_Aaiun", "America/Edmonton", "America/Havana",
    "America/Inuvik", "America/Nuuk", "America/Santiago", "America/Scoresbysund", "America/Vancouver",
    "America/Winnipeg", "Asia/Gaza", "Asia/Hebron", "Asia/Jerusalem",
}  # fmt: skip


@cache
def _data(name: str) -> bytes:
    """The zone's file: links to one zone have equal files."""
    return zones._tzif_bytes(name)


def _means_utc(name: str) -> bool:
    without_place = ("/" not in name and name != "Iceland") or name.startswith("Etc/")
    return without_place and zones.posix_footer(name) in ("UTC0", "GMT0", "<-00>0")


def _hours_around_changes(name: str) -> list[datetime]:
    """Hours around every real change, and around both ends and the middle of each year."""
    start, end = FIRST.replace(tzinfo=UTC), LAST.replace(tzinfo=UTC)
    at = [change.at for change in zones.transitions(name, start, end)]
    at += [datetime(year, month, 1, tzinfo=UTC) for year in (2026, 2027, 2028) for month in range(1, 13)]
    around = [moment + n * HOUR for moment in at for n in range(-30, 31)]
    return [moment for moment in around if start <= moment < end] + [m - timedelta(seconds=1) for m in at[1:]]


@pytest.mark.parametrize("name", NAMES)
def test_a_written_zone_has_the_true_offset_at_all_hours_around_each_change(name: str) -> None:
    if not writable(name, FIRST, LAST):
        assert _means_utc(name) or any(_data(name) == _data(other) for other in BEYOND_ONE_RULE)
        return
    told, true = reader.Zone(reader.read(vtimezone(name))), ZoneInfo(name)
    assert told.name == name
    for moment in _hours_around_changes(name):
        assert told.offset_at(moment) == moment.astimezone(true).utcoffset(), moment


def test_only_zones_beyond_one_rule_a_year_and_utc_itself_are_not_written() -> None:
    refused = {name for name in NAMES if not writable(name, FIRST, LAST)}
    links = {name for name in NAMES if any(_data(name) == _data(other) for other in BEYOND_ONE_RULE)}
    assert refused == links | {name for name in NAMES if _means_utc(name)}
    assert "Europe/London" not in refused


@pytest.mark.parametrize(
    "name", ["Europe/London", "Europe/Dublin", "America/New_York", "Pacific/Auckland", "Australia/Lord_Howe",
             "Asia/Kathmandu", "Antarctica/Troll"],
)  # fmt: skip
def test_dateutil_reads_the_same_offsets_from_the_vtimezone(name: str) -> None:
    told = tzical(io.StringIO(vtimezone(name).decode())).get(name)
    for moment in _hours_around_changes(name)[::5]:
        # dateutil answers for wall clock times, so ask on the wall clock, away from gap and fold
        wall = moment.astimezone(ZoneInfo(name))
        if wall.utcoffset() == (moment - 4 * HOUR).astimezone(ZoneInfo(name)).utcoffset():
            assert wall.replace(tzinfo=None).replace(tzinfo=told).utcoffset() == wall.utcoffset(), moment


def test_dublin_has_its_standard_time_in_winter() -> None:
    assert zones.posix_footer("Europe/Dublin").startswith("IST-1GMT0")
    standard, daylight = reader.read(vtimezone("Europe/Dublin")).parts
    assert (standard.kind, standard.one("TZNAME").value) == ("STANDARD", "GMT")
    assert (standard.one("TZOFFSETFROM").value, standard.one("TZOFFSETTO").value) == ("+0100", "+0000")
    assert (daylight.kind, daylight.one("TZNAME").value) == ("DAYLIGHT", "IST")
    assert daylight.one("RRULE").value == "FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3"


@pytest.mark.parametrize("name", [name for name in NAMES if writable(name, FIRST, LAST)])
def test_each_part_begins_on_a_day_of_its_own_rule(name: str) -> None:
    for part in reader.read(vtimezone(name)).parts:
        start = reader.local(part.one("DTSTART").value)
        assert start.year == 1970
        if rule := part.value("RRULE"):
            assert reader._nth(rule, 1970, start) == start


def test_a_zone_without_changes_has_one_part_without_a_rule() -> None:
    (only,) = reader.read(vtimezone("Asia/Kolkata")).parts
    assert only.kind == "STANDARD"
    assert only.value("RRULE") is None
    assert only.one("TZOFFSETTO").value == only.one("TZOFFSETFROM").value == "+0530"


def test_a_zone_is_writable_for_the_years_in_which_its_rule_is_the_truth() -> None:
    def in_year(year: int) -> bool:
        return writable("America/Vancouver", datetime(year, 6, 1), datetime(year, 6, 2))

    assert not in_year(2026)  # the last change of clocks
    assert in_year(2027)


@pytest.mark.parametrize("name", sorted(BEYOND_ONE_RULE))
def test_an_event_in_another_zone_comes_out_in_utc_at_the_right_instant(name: str) -> None:
    starts = datetime(2026, 3, 20, 18)
    data = calendar([vevent(an_entry(zone=name, starts_local=starts, ends_local=starts + HOUR))])
    (found,) = reader.occurrences(data)
    assert b"TZID" not in data
    assert [found.start] == true_instants([starts], name)
    assert found.end - found.start == HOUR


@pytest.mark.parametrize("name", sorted(BEYOND_ONE_RULE))
def test_a_series_in_another_zone_comes_out_as_utc_dates_without_a_rule(name: str) -> None:
    series = a_series(name)
    data = calendar([vevent(series)])
    assert b"TZID" not in data
    assert b"RRULE" not in data
    assert [found.start for found in reader.occurrences(data)] == true_instants(list(series.dates), name)


@pytest.mark.parametrize("name", ["UTC", "Etc/UTC", "GMT", "Etc/Zulu"])
def test_utc_itself_is_never_a_tzid_and_keeps_its_rule(name: str) -> None:
    series = a_series(name)
    data = calendar([vevent(series)])
    assert b"TZID" not in data
    assert b"RRULE:FREQ=MONTHLY" in data
    assert [found.start for found in reader.occurrences(data)] == true_instants(list(series.dates), "UTC")


def test_an_old_name_of_a_zone_is_kept_and_no_slash_stands_before_it() -> None:
    data = calendar([vevent(an_entry(zone="Asia/Calcutta"))])
    assert b"DTSTART;TZID=Asia/Calcutta:20260618T180000" in data
    assert set(re.findall(rb"TZID[=:]([^:\r]+)", data)) == {b"Asia/Calcutta"}


def test_a_zone_without_a_rule_a_year_has_no_vtimezone() -> None:
    with pytest.raises(ValueError, match="Africa/Cairo"):
        vtimezone("Africa/Cairo")
