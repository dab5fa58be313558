"""Series, their overrides and exceptions, in readers that are not ours."""

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from dateutil.rrule import rrulestr
from dateutil.tz import tzical

from gatherings.ics import Block, Entry, calendar, span, vevent, vevents
from tests.ics import reader
from tests.ics.outside import by_icalendar, ical_js
from tests.ics.samples import a_series, an_entry, third_thursdays, true_instants

HOUR = timedelta(hours=1)
# domain.md, Time 6
AT_18_UTC = {(1, 15), (2, 19), (3, 19), (11, 19), (12, 17)}
AT_17_UTC = {(4, 16), (5, 21), (6, 18), (7, 16), (8, 20), (9, 17), (10, 15)}
IN_2026 = sorted(
    datetime(2026, month, day, hour, tzinfo=UTC)
    for hour, days in ((18, AT_18_UTC), (17, AT_17_UTC))
    for month, day in days
)
IN_TWO_YEARS = true_instants(third_thursdays(2026, 2027), "Europe/London")
ZONES = ["Europe/London", "Europe/Dublin", "Pacific/Auckland", "America/New_York", "Africa/Casablanca"]


def _override(series: Entry, number: int, **changes: Any) -> Entry:
    original = series.dates[number]
    given = {"starts_local": original, "ends_local": original + HOUR} | changes
    return replace(series, rule=None, dates=(), excluded=(), original_local=original, **given)


def _starts(data: bytes) -> list[datetime]:
    return [found.start for found in reader.occurrences(data)]


def _ical_js_starts(data: bytes) -> list[datetime]:
    return [datetime.fromisoformat(found["start"]) for found in ical_js(data)]


def test_third_thursdays_in_london_are_read_from_the_text_alone() -> None:
    starts = _starts(calendar([vevent(a_series())]))
    assert starts[:12] == IN_2026
    assert starts == IN_TWO_YEARS


def test_third_thursdays_in_london_are_read_by_icalendar_and_dateutil() -> None:
    read = by_icalendar(calendar([vevent(a_series())]))
    event = read.events[0]
    begin = event.start
    zone = tzical_of(read).get("Europe/London")
    until = event["RRULE"]["UNTIL"][0]
    bare = event["RRULE"].to_ical().decode().replace(f"UNTIL={until:%Y%m%dT%H%M%SZ};", "")
    walls = list(rrulestr(bare, dtstart=begin.replace(tzinfo=None)).xafter(datetime(2026, 1, 1), 30))
    instants = [wall.replace(tzinfo=zone).astimezone(UTC) for wall in walls]
    assert [at for at in instants if at <= until] == IN_TWO_YEARS
    assert begin.utcoffset() == timedelta(0)


def tzical_of(read: Any) -> Any:
    return tzical(io.StringIO(read.walk("VTIMEZONE")[0].to_ical().decode()))


def test_third_thursdays_in_london_are_read_by_ical_js() -> None:
    starts = _ical_js_starts(calendar([vevent(a_series())]))
    assert starts[:12] == IN_2026
    assert starts == IN_TWO_YEARS


@pytest.mark.parametrize("zone", ZONES)
def test_ical_js_and_the_text_agree_about_a_series_with_overrides_and_exceptions(zone: str) -> None:
    series = a_series(zone)
    series = replace(series, excluded=(series.dates[3], series.dates[10]))
    moved = _override(series, 5, starts_local=series.dates[5] + HOUR, ends_local=series.dates[5] + 2 * HOUR)
    data = calendar(vevents([series, moved]))
    kept = [start for start in series.dates if start not in series.excluded]
    kept[kept.index(series.dates[5])] += HOUR
    expected = true_instants(kept, zone)
    assert _starts(data) == expected
    assert sorted(_ical_js_starts(data)) == expected


@pytest.mark.parametrize("zone", ZONES)
def test_overrides_and_exceptions_name_dates_in_the_same_form_as_the_master(zone: str) -> None:
    series = replace(a_series(zone), excluded=(datetime(2026, 4, 16, 18),))
    blocks = vevents([series, _override(series, 5)])
    master, other = (reader.read(block.data) for block in blocks)
    names = {line.params.get("TZID") for line in master.all("EXDATE") + master.all("DTSTART")}
    names |= {line.params.get("TZID") for line in other.all("RECURRENCE-ID") + other.all("DTSTART")}
    assert names == {blocks[0].zone} == {blocks[1].zone}
    lines = [line for part in (master, other) for line in part.lines]
    times = [line for line in lines if line.name in ("DTSTART", "DTEND", "EXDATE", "RECURRENCE-ID")]
    ends = {line.value[-1] == "Z" for line in times}
    assert ends == {blocks[0].zone is None}


def test_an_override_written_alone_follows_its_master_through_the_span() -> None:
    years = tuple(range(2026, 2030))
    series = a_series("America/Vancouver", years)  # 2026 has the last change of clocks: UTC
    late = replace(_override(series, 40), span=span(series))
    assert vevent(series).zone is None
    assert vevent(late).zone is None
    assert vevent(replace(late, span=None)).zone == "America/Vancouver"
    assert vevents([series, replace(late, span=None)])[1] == vevent(late)


def test_a_date_moved_to_another_zone_keeps_its_original_start_in_the_series_zone() -> None:
    series = a_series()
    moved = _override(series, 5, zone="Pacific/Auckland", starts_local=datetime(2026, 6, 19, 9),
                      ends_local=datetime(2026, 6, 19, 10))  # fmt: skip
    block = vevents([series, moved])[1]
    part = reader.read(block.data)
    assert part.one("RECURRENCE-ID").params == {"TZID": "Europe/London"}
    assert block.zone == "Europe/London"
    assert true_instants([moved.starts_local], moved.zone)[0] in _starts(calendar(vevents([series, moved])))


def test_one_cancelled_date_leaves_the_others_and_the_master_alone() -> None:
    series = a_series()
    data = calendar(vevents([series, _override(series, 2, status="CANCELLED")]))
    states = [(found["start"], found["status"]) for found in ical_js(data)]
    cancelled = [start for start, status in states if status == "CANCELLED"]
    assert [datetime.fromisoformat(start) for start in cancelled] == [datetime(2026, 3, 19, 18, tzinfo=UTC)]
    assert len(states) == 24
    master = reader.read(data).inside("VEVENT")[0]
    assert master.one("STATUS").value == "CONFIRMED"


def test_an_excluded_date_that_is_not_written_in_utc_is_an_exdate_of_its_own() -> None:
    series = replace(a_series(), excluded=(datetime(2026, 4, 16, 18), datetime(2026, 3, 19, 18)))
    lines = reader.read(vevent(series).data).all("EXDATE")
    assert [(line.params["TZID"], line.value) for line in lines] == [
        ("Europe/London", "20260319T180000"),
        ("Europe/London", "20260416T180000"),
    ]


@pytest.mark.parametrize(
    ("until", "written"),
    [
        ("20260716", "20260716T225959Z"),  # the whole day in London, in summer time
        ("20260716T180000", "20260716T170000Z"),
        ("20260716T170000Z", "20260716T170000Z"),
        ("20261217T180000", "20261217T180000Z"),
    ],
)
def test_until_is_written_in_utc(until: str, written: str) -> None:
    data = calendar([vevent(a_series(rule=f"FREQ=MONTHLY;UNTIL={until};BYDAY=3TH"))])
    assert f"UNTIL={written}".encode() in data
    last = datetime.fromisoformat(written)
    assert _starts(data) == [start for start in IN_TWO_YEARS if start <= last]


def test_a_rule_without_an_end_stays_a_rule() -> None:
    data = calendar([vevent(a_series(rule="FREQ=MONTHLY;BYDAY=3TH"))])
    assert _starts(data)[:24] == IN_TWO_YEARS
    assert b"UNTIL" not in data


def test_a_rule_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(ValueError):
        vevent(a_series(rule="FREQ=MONTHLY;BYDAY=3TH\r\nATTENDEE:mailto:x@example.org"))


def test_whole_days_end_on_the_day_after_the_last_and_have_no_zone() -> None:
    festival = an_entry(
        starts_local=datetime(2026, 6, 10), ends_local=datetime(2026, 6, 13), all_day=True, transparent=True
    )
    block = vevent(festival)
    event = reader.read(block.data)
    assert block.zone is None
    assert [(event.one(name).params, event.one(name).value) for name in ("DTSTART", "DTEND")] == [
        ({"VALUE": "DATE"}, "20260610"),
        ({"VALUE": "DATE"}, "20260613"),
    ]
    assert event.one("TRANSP").value == "TRANSPARENT"
    assert b"TZID" not in calendar([block])
    (found,) = ical_js(calendar([block]))
    assert (found["start"], found["end"]) == ("2026-06-10", "2026-06-13")


@pytest.mark.parametrize(
    ("ends", "after"),
    [
        (datetime(2026, 6, 10), "20260611"),
        (datetime(2026, 6, 10, 17), "20260611"),
        (datetime(2026, 6, 11), "20260611"),
    ],
)
def test_one_whole_day_is_one_day(ends: datetime, after: str) -> None:
    event = reader.read(vevent(an_entry(starts_local=datetime(2026, 6, 10), ends_local=ends, all_day=True)).data)
    assert event.one("DTEND").value == after


def test_whole_days_that_recur_have_dates_throughout() -> None:
    first = datetime(2026, 12, 1)
    doors = an_entry(
        starts_local=first, ends_local=first + timedelta(days=1), all_day=True,
        rule="FREQ=DAILY;UNTIL=20261224T235959Z", excluded=(datetime(2026, 12, 6),),
    )  # fmt: skip
    opened = replace(doors, rule=None, excluded=(), original_local=datetime(2026, 12, 24), summary="The last")
    event, last = (reader.read(block.data) for block in vevents([doors, opened]))
    assert event.one("RRULE").value == "FREQ=DAILY;UNTIL=20261224"
    assert (event.one("EXDATE").params, event.one("EXDATE").value) == ({"VALUE": "DATE"}, "20261206")
    assert (last.one("RECURRENCE-ID").params, last.one("RECURRENCE-ID").value) == (
        {"VALUE": "DATE"},
        "20261224",
    )


@pytest.mark.parametrize("zone", ["Europe/London", "Pacific/Auckland", "America/New_York"])
def test_hours_around_a_change_of_clocks_are_read_right(zone: str) -> None:
    days = [datetime(2026, 3, 8), datetime(2026, 3, 29), datetime(2026, 4, 5), datetime(2026, 9, 27),
            datetime(2026, 10, 25), datetime(2026, 11, 1)]  # fmt: skip
    for start in [day + n * HOUR for day in days for n in (0, 4, 12, 23)]:
        (found,) = reader.occurrences(calendar([vevent(an_entry(zone=zone, starts_local=start))]))
        assert [found.start] == true_instants([start], zone)


def test_two_zones_in_one_calendar_have_one_vtimezone_each() -> None:
    entries = [
        an_entry(),
        an_entry(uid="b@example.org", zone="Pacific/Auckland"),
        an_entry(uid="c@example.org"),
    ]
    found = reader.zones(reader.read(calendar(vevents(entries))))
    assert sorted(found) == ["Europe/London", "Pacific/Auckland"]


def test_kept_bytes_and_their_zones_join_like_blocks() -> None:
    blocks = vevents([an_entry(), a_series()])
    kept = b"".join(block.data for block in blocks)
    assert calendar([kept], zones=["Europe/London"]) == calendar(blocks) == calendar([Block(kept, "Europe/London")])


def test_kept_bytes_whose_zone_has_no_rule_any_more_still_join() -> None:
    data = calendar([Block(vevent(an_entry()).data, "Africa/Cairo")])
    assert reader.read(data).inside("VTIMEZONE") == []
    assert len(reader.read(data).inside("VEVENT")) == 1


def test_dates_written_out_name_the_first_one_too_unless_it_is_left_out() -> None:
    series = a_series("Africa/Cairo")
    first, second = true_instants(list(series.dates[:2]), "Africa/Cairo")
    whole, without = (reader.read(vevent(replace(series, excluded=out)).data) for out in ((), (series.dates[0],)))
    assert reader.instant(whole.all("RDATE")[0], {}) == first
    assert reader.instant(without.all("RDATE")[0], {}) == second
    assert reader.instant(without.one("EXDATE"), {}) == first


def test_a_local_time_with_a_zone_of_its_own_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        an_entry(starts_local=datetime(2026, 6, 18, 18, tzinfo=UTC), ends_local=datetime(2026, 6, 18, 19))
    with pytest.raises(ValueError, match="aware"):
        an_entry(stamp=datetime(2026, 6, 18))
