"""Local time and UTC: the fixture of domain.md Time 6, gaps and folds, names, and the zone database."""

import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from gatherings.core import zones

LONDON, STOCKHOLM, NEW_YORK = "Europe/London", "Europe/Stockholm", "America/New_York"
AUCKLAND, MELBOURNE, LORD_HOWE = "Pacific/Auckland", "Australia/Melbourne", "Australia/Lord_Howe"

THIRD_THURSDAYS = [
    (1, 15, 18), (2, 19, 18), (3, 19, 18), (4, 16, 17), (5, 21, 17), (6, 18, 17),
    (7, 16, 17), (8, 20, 17), (9, 17, 17), (10, 15, 17), (11, 19, 18), (12, 17, 18),
]  # fmt: skip
AUCKLAND_HOURS = {1: 7, 2: 7, 3: 7, 4: 5, 5: 5, 6: 5, 7: 5, 8: 5, 9: 5, 10: 6, 11: 7, 12: 7}


def naive(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type]


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


@pytest.fixture
def pinned_afterwards() -> Iterator[None]:
    yield
    zones.use_folder(None)


@pytest.mark.parametrize(("month", "day", "hour"), THIRD_THURSDAYS)
def test_third_thursdays_of_2026_in_london_have_the_fixtures_utc_hours(month: int, day: int, hour: int) -> None:
    instant = zones.to_utc(naive(2026, month, day, 18), LONDON)

    assert instant == utc(2026, month, day, hour)
    assert instant.utcoffset() == timedelta(0)


@pytest.mark.parametrize(("month", "day", "hour"), THIRD_THURSDAYS)
def test_third_thursdays_are_seen_at_the_right_local_time_elsewhere(month: int, day: int, hour: int) -> None:
    instant = utc(2026, month, day, hour)

    auckland = zones.to_local(instant, AUCKLAND)
    assert auckland == naive(2026, month, day + 1, AUCKLAND_HOURS[month])
    assert auckland.weekday() == 4
    assert zones.to_local(instant, NEW_YORK) == naive(2026, month, day, 14 if month == 3 else 13)
    assert zones.to_local(instant, STOCKHOLM) == naive(2026, month, day, 19)
    assert zones.to_local(instant, LONDON) == naive(2026, month, day, 18)
    assert zones.to_local(instant, MELBOURNE) == naive(2026, month, day + 1, {17: 3, 18: 5}[hour] + (month == 10))


GAPS = [
    (AUCKLAND, (2027, 9, 26), "02:00", "02:59", "01:59", "03:00", "03:30"),
    (LONDON, (2027, 3, 28), "01:00", "01:59", "00:59", "02:00", "02:30"),
    (NEW_YORK, (2027, 3, 14), "02:00", "02:59", "01:59", "03:00", "03:30"),
    (LORD_HOWE, (2027, 10, 3), "02:00", "02:29", "01:59", "02:30", None),
]


def clock(date: tuple[int, ...], time: str) -> datetime:
    hour, minute = map(int, time.split(":"))
    return naive(*date, hour, minute)


@pytest.mark.parametrize(("zone", "date", "first", "last", "earlier", "later", "held"), GAPS)
def test_a_skipped_time_is_refused_and_the_nearest_times_are_named(
    zone: str, date: tuple[int, ...], first: str, last: str, earlier: str, later: str, held: str | None
) -> None:
    for time in (first, last):
        with pytest.raises(zones.LocalTimeMissing) as refusal:
            zones.to_utc(clock(date, time), zone)
        assert refusal.value.nearest == (clock(date, earlier), clock(date, later))
        said = str(refusal.value.sentence)
        assert f"no {time}" in said
        assert f"{earlier} and {later}" in said
        assert zones.city(zone) in said
    before, after = zones.to_utc(clock(date, earlier), zone), zones.to_utc(clock(date, later), zone)
    assert after - before == timedelta(minutes=1)
    if held:
        at = clock(date, held) - timedelta(hours=1)
        instant, note = zones.to_utc_rfc(at, zone)
        assert zones.to_local(instant, zone) == clock(date, held)
        assert held in str(note)


FOLDS = [
    (AUCKLAND, (2027, 4, 4), "02:00", "02:59", "01:59", "03:00", (2027, 4, 3, 13), 60),
    (LONDON, (2027, 10, 31), "01:00", "01:59", "00:59", "02:00", (2027, 10, 31, 0), 60),
    (NEW_YORK, (2027, 11, 7), "01:00", "01:59", "00:59", "02:00", (2027, 11, 7, 5), 60),
    (LORD_HOWE, (2027, 4, 4), "01:30", "01:59", "01:29", "02:00", (2027, 4, 3, 14, 30), 30),
]


@pytest.mark.parametrize(("zone", "date", "first", "last", "earlier", "later", "instant", "apart"), FOLDS)
def test_a_time_that_comes_twice_is_refused_with_both_instants(
    zone: str,
    date: tuple[int, ...],
    first: str,
    last: str,
    earlier: str,
    later: str,
    instant: tuple[int, ...],
    apart: int,
) -> None:
    with pytest.raises(zones.LocalTimeTwice) as refusal:
        zones.to_utc(clock(date, first), zone)
    assert refusal.value.instants == (utc(*instant), utc(*instant) + timedelta(minutes=apart))
    assert "twice" in str(refusal.value.sentence)
    with pytest.raises(zones.LocalTimeTwice) as refusal:
        zones.to_utc(clock(date, last), zone)
    assert refusal.value.nearest == (clock(date, earlier), clock(date, later))
    for nearest in refusal.value.nearest:
        assert zones.to_local(zones.to_utc(nearest, zone), zone) == nearest
    held, note = zones.to_utc_rfc(clock(date, first), zone)
    assert held == utc(*instant)
    assert "first time" in str(note)


def test_a_day_left_out_names_the_days_beside_it() -> None:
    with pytest.raises(zones.LocalTimeMissing) as refusal:
        zones.to_utc(naive(2011, 12, 30, 12), "Pacific/Apia")

    assert refusal.value.nearest == (naive(2011, 12, 29, 23, 59), naive(2011, 12, 31))
    assert "2011-12-29 23:59 and 2011-12-31 00:00" in str(refusal.value.sentence)


def test_an_ordinary_time_has_no_note() -> None:
    assert zones.to_utc_rfc(naive(2027, 3, 28, 2), LONDON) == (utc(2027, 3, 28, 1), None)


@pytest.mark.parametrize(("local", "zone"), [(naive(1, 1, 1), AUCKLAND), (naive(9999, 12, 31, 23), NEW_YORK)])
def test_the_ends_of_the_calendar_are_refused_with_a_sentence(local: datetime, zone: str) -> None:
    with pytest.raises(zones.LocalTimeProblem, match="too far away"):
        zones.to_utc(local, zone)


def test_naive_and_aware_times_are_not_taken_for_each_other() -> None:
    with pytest.raises(ValueError, match="naive"):
        zones.to_utc(utc(2026, 1, 1), LONDON)
    with pytest.raises(ValueError, match="aware"):
        zones.to_local(naive(2026, 1, 1), LONDON)


some_zone = st.sampled_from(zones.pinned_names())


@given(st.datetimes(naive(1970, 1, 2), naive(2200, 1, 1)), some_zone)
@example(naive(2027, 3, 28, 0, 59, 59), LONDON)
@example(naive(2027, 10, 31, 2), LONDON)
def test_local_time_comes_back_from_utc_outside_gaps_and_folds(local: datetime, zone: str) -> None:
    try:
        instant = zones.to_utc(local, zone)
    except zones.LocalTimeProblem as problem:
        assert all(zones.to_utc_rfc(time, zone)[1] is None for time in problem.nearest)  # noqa: PT017
        assume(False)
    assert zones.to_local(instant, zone) == local
    assert instant == local.replace(tzinfo=UTC) - zones.offset_at(instant, zone)


# -- changes of the clocks


def test_changes_of_2027_in_london_are_exact() -> None:
    hour = timedelta(hours=1)

    assert zones.transitions(LONDON, utc(2027, 1, 1), utc(2028, 1, 1)) == [
        zones.Transition(utc(2027, 3, 28, 1), timedelta(0), hour),
        zones.Transition(utc(2027, 10, 31, 1), hour, timedelta(0)),
    ]


def test_the_start_is_within_and_the_end_is_not() -> None:
    spring = utc(2050, 3, 27, 1)

    assert [change.at for change in zones.transitions(LONDON, spring, utc(2050, 4, 1))] == [spring]
    assert zones.transitions(LONDON, utc(2050, 3, 1), spring) == []
    assert zones.transitions(LONDON, spring + timedelta(seconds=1), utc(2050, 4, 1)) == []
    assert [change.at for change in zones.transitions(LONDON, spring, spring + timedelta(seconds=1))] == [spring]


@pytest.mark.parametrize(
    "zone", [LONDON, LORD_HOWE, "Africa/Casablanca", "Africa/El_Aaiun", "Asia/Gaza", "Europe/Dublin", "Africa/Cairo"]
)
@pytest.mark.parametrize("year", [2016, 2026, 2041])
def test_changes_agree_with_a_look_at_each_quarter_of_an_hour(zone: str, year: int) -> None:
    start, end = utc(year, 1, 1), utc(year + 1, 1, 1)
    info, expected, moment = zoneinfo.ZoneInfo(zone), [], start
    before = moment.astimezone(info).utcoffset()
    while moment < end - timedelta(minutes=15):
        moment += timedelta(minutes=15)
        after = moment.astimezone(info).utcoffset()
        if after != before:
            expected.append((moment, before, after))
        before = after

    found = [(change.at, change.before, change.after) for change in zones.transitions(zone, start, end)]
    assert found == expected


def test_morocco_changed_its_clocks_around_ramadan() -> None:
    found = zones.transitions("Africa/Casablanca", utc(2024, 1, 1), utc(2026, 1, 1))

    assert [change.at for change in found] == [
        utc(2024, 3, 10, 2), utc(2024, 4, 14, 2), utc(2025, 2, 23, 2), utc(2025, 4, 6, 2),
    ]  # fmt: skip


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "Etc/GMT+5"])
def test_zones_without_changes_have_none(zone: str) -> None:
    assert zones.transitions(zone, utc(2020, 1, 1), utc(2040, 1, 1)) == []


def test_very_long_spans_do_not_fail() -> None:
    whole = zones.transitions(AUCKLAND, utc(1, 1, 1), utc(9999, 12, 31))

    assert whole[-1].at.year == 9999


# -- names


def test_every_name_of_the_pinned_database_is_accepted_in_any_spelling() -> None:
    known = zoneinfo.available_timezones()
    assert len(known) > 590
    for name in known:
        zone = zones.canonical(name)
        assert zone in known
        assert zones.canonical(zone) == zone
        assert zones.canonical(name.lower().replace("_", " ")) == zone
        assert zones.canonical(f" {name.upper()} ") == zone
        assert zones.city(name)


def test_a_canonical_name_keeps_the_same_time_as_the_alias() -> None:
    for name in zoneinfo.available_timezones():
        zone = zones.canonical(name)
        assert zone is not None
        for moment in (utc(2026, 1, 15), utc(2027, 7, 15)):
            assert zones.offset_at(moment, zone) == zones.offset_at(moment, name), name


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("Asia/Calcutta", "Asia/Kolkata"),
        ("Europe/Kiev", "Europe/Kyiv"),
        ("America/Godthab", "America/Nuuk"),
        ("Asia/Saigon", "Asia/Ho_Chi_Minh"),
        ("US/Pacific", "America/Los_Angeles"),
        ("EST5EDT", "America/New_York"),
        ("GB", LONDON),
        ("Iceland", "Atlantic/Reykjavik"),
        ("Europe/Stockholm", "Europe/Stockholm"),
        ("Europe/Amsterdam", "Europe/Amsterdam"),
        ("UTC", "UTC"),
        ("Etc/UTC", "UTC"),
        ("gmt", "UTC"),
        ("Etc/GMT-0", "UTC"),
        ("UTC+0", "UTC"),
        ("Etc/GMT+5", "Etc/GMT+5"),
        ("auckland", AUCKLAND),
        ("New York", NEW_YORK),
        ("São Paulo", "America/Sao_Paulo"),
        ("zurich", "Europe/Zurich"),
        ("ZÜRICH", "Europe/Zurich"),
        ("Port au Prince", "America/Port-au-Prince"),
        ("St. John's", "America/St_Johns"),
        ("Buenos Aires", "America/Argentina/Buenos_Aires"),
        ("Calcutta", "Asia/Kolkata"),
    ],
)
def test_old_names_and_cities_are_mapped_to_one_spelling(name: str, zone: str) -> None:
    assert zones.canonical(name) == zone


@pytest.mark.parametrize(
    "name",
    [
        None, "", " ", "Atlantis", "../../etc/passwd", "/etc/localtime", "/Europe/London", "Europe/../Europe/London",
        "Europe/London\0", "\0", "Europe\nLondon", "Europe/London\n", "Europe", "posixrules", "localtime", "zone.tab",
        "Eastern", "West", "Victoria", "GMT+2", "UTC+05:30", "BST", "Europe/London" + " " * 60, "a" * 65, "\ud800",
        "Europe\\London", "C:\\Windows", "%s", "É" * 64,
    ],
)  # fmt: skip
def test_what_is_no_zone_is_none(name: str | None) -> None:
    assert zones.canonical(name) is None


@given(st.text(max_size=80))
def test_any_text_is_a_zone_or_none(text: str) -> None:
    zone = zones.canonical(text)
    assert zone is None or zoneinfo.ZoneInfo(zone).key == zone


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        (LONDON, "London"),
        (NEW_YORK, "New York"),
        ("America/Argentina/Buenos_Aires", "Buenos Aires"),
        ("America/Indiana/Knox", "Knox, Indiana"),
        ("UTC", "UTC"),
        ("Etc/GMT", "UTC"),
        ("Etc/GMT+5", "UTC−5"),
        ("Etc/GMT-14", "UTC+14"),
        ("Asia/Calcutta", "Kolkata"),
        ("America/Sao_Paulo", "São Paulo"),
        ("EST", "Panama"),
    ],
)
def test_a_zone_is_shown_as_a_city(zone: str, words: str) -> None:
    assert zones.city(zone) == words


def test_the_grouped_select_offers_each_canonical_place_once() -> None:
    groups = dict(zones.groups())

    assert list(groups) == [*"Africa America Antarctica Asia Atlantic Australia Europe Indian Pacific UTC".split()]
    offered = [zone for group in groups.values() for zone in group]
    assert len(offered) == len(set(offered)) > 400
    assert all(zones.canonical(zone) == zone for zone in offered)
    assert {zones.canonical(name) for name in zoneinfo.available_timezones()} - set(offered) == {
        f"Etc/GMT{hours:+d}" for hours in range(-14, 13) if hours
    }
    assert groups["Australia"][:3] == ["Australia/Adelaide", "Australia/Brisbane", "Australia/Broken_Hill"]
    assert groups["UTC"] == ["UTC"]


def test_cities_of_the_select_lead_back_to_their_zone() -> None:
    for _, group in zones.groups():
        for zone in group:
            assert zones.canonical(zones.city(zone)) in (zone, None)


# -- the database


def test_the_machines_own_zone_files_are_not_used() -> None:
    assert zoneinfo.TZPATH == ()
    assert zones.tzdata_version() == "2026f"


@pytest.mark.parametrize(
    ("zone", "rule"),
    [
        (LONDON, "GMT0BST,M3.5.0/1,M10.5.0"),
        (NEW_YORK, "EST5EDT,M3.2.0,M11.1.0"),
        ("Europe/Dublin", "IST-1GMT0,M10.5.0,M3.5.0/1"),
        ("Asia/Kolkata", "IST-5:30"),
        ("UTC", "UTC0"),
    ],
)
def test_the_posix_rule_is_read_from_the_zones_file(zone: str, rule: str) -> None:
    assert zones.posix_footer(zone) == rule


def test_every_zone_has_a_posix_rule() -> None:
    assert [name for name in zones.pinned_names() if not zones.posix_footer(name)] == []


def test_names_that_lead_out_of_the_database_are_not_read() -> None:
    with pytest.raises(ValueError, match="TZPATH"):
        zones.posix_footer("../zone.tab")


@pytest.mark.usefixtures("pinned_afterwards")
def test_another_folder_changes_the_rules_at_once_and_back(tmp_path: Path) -> None:
    evening, summer = naive(2026, 7, 16, 18), (utc(2026, 1, 1), utc(2027, 1, 1))
    kolkata = zoneinfo.ZoneInfo("Asia/Kolkata")
    assert kolkata.key == "Asia/Kolkata"
    (tmp_path / "Europe").mkdir()
    (tmp_path / "Europe" / "London").write_bytes(zones._tzif_bytes("Asia/Kolkata"))
    (tmp_path / "tzdata.zi").write_text("# version 2027z\n# more\n")
    assert zones.to_utc(evening, LONDON) == utc(2026, 7, 16, 17)
    assert len(zones.transitions(LONDON, *summer)) == 2

    zones.use_folder(tmp_path)

    assert zones.to_utc(evening, LONDON) == utc(2026, 7, 16, 12, 30)
    assert zones.transitions(LONDON, *summer) == []
    assert zones.posix_footer(LONDON) == "IST-5:30"
    assert zones.posix_footer(NEW_YORK) == "EST5EDT,M3.2.0,M11.1.0"
    assert zones.tzdata_version() == "2027z"
    zones.use_folder(None)
    assert zones.to_utc(evening, LONDON) == utc(2026, 7, 16, 17)
    assert zones.tzdata_version() == "2026f"


@pytest.mark.usefixtures("pinned_afterwards")
def test_a_folder_that_does_not_say_its_release_is_unknown(tmp_path: Path) -> None:
    zones.use_folder(tmp_path)
    assert zones.tzdata_version() == "unknown"
    (tmp_path / "+VERSION").write_text("2025b\n")
    assert zones.tzdata_version() == "2025b"


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no folder"):
        zones.use_folder(tmp_path / "nowhere")
