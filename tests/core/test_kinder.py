"""The kinder hour against plain zoneinfo, written here a second time by another way."""

import random
import time as clock
from datetime import date, datetime, time, timedelta
from itertools import combinations
from zoneinfo import ZoneInfo

import pytest

from gatherings.core import zones
from gatherings.core.kinder import Hours, best_beside, kinder, start_at
from gatherings.core.kinder_year import best_of_year, through_the_year

LONDON = "Europe/London"
FIVE = dict.fromkeys([LONDON, "Europe/Stockholm", "America/New_York", "Australia/Melbourne", "Pacific/Auckland"], 1)


def inside(zone: str, start: datetime, minutes: int, begin: int = 8 * 60, end: int = 21 * 60) -> bool:
    """Tell by walking minute by minute on the wall clock of a zone whether all of a gathering is decent."""
    for minute in range(0, minutes + 1, 1):
        local = (start + timedelta(minutes=minute)).astimezone(ZoneInfo(zone))
        if minute == 0:
            midnight = local.replace(tzinfo=None, hour=0, minute=0)
        at = (local.replace(tzinfo=None, fold=0) - midnight) // timedelta(minutes=1)
        if not begin <= at <= end:
            return False
    return True


def half_hours(host: str, day: date) -> list[datetime]:
    """Give the half hours of a host's day as instants: those that the clock shows, each once."""
    found = []
    for number in range(48):
        local = datetime.combine(day, time()) + timedelta(minutes=30 * number)
        at = local.replace(tzinfo=ZoneInfo(host)).astimezone(ZoneInfo("UTC"))
        if at.astimezone(ZoneInfo(host)).replace(tzinfo=None, fold=0) == local:
            found.append(at)
    return found


def most_by_force(people: dict[str, int], starts: list[datetime], minutes: int) -> tuple[int, int]:
    served = [{zone for zone in people if inside(zone, at, minutes)} for at in starts]

    def count(zone_names: set[str]) -> int:
        return sum(people[zone] for zone in zone_names)

    single = max(count(found) for found in served)
    pairs = [
        count(served[one] | served[other])
        for one, other in combinations(range(len(starts)), 2)
        if starts[other] - starts[one] >= timedelta(minutes=minutes)
    ]
    return single, max([single, *pairs])


@pytest.mark.parametrize(
    ("day", "single", "who_is_out", "pair"),
    [
        (date(2026, 1, 15), "19:00", ["Australia/Melbourne"], ("09:00", "20:00")),
        (date(2026, 7, 16), "09:00", ["America/New_York"], ("08:00", "15:30")),
    ],
)
def test_five_places_of_kindness(day: date, single: str, who_is_out: list[str], pair: tuple[str, str]) -> None:
    """No single hour serves London, Stockholm, New York, Melbourne and Auckland; two do, both decent in London."""
    found = kinder(FIVE, LONDON, day, minutes=60)
    starts = half_hours(LONDON, day)
    assert found is not None
    assert found.pair is not None
    assert not any(all(inside(zone, at, 60) for zone in FIVE) for at in starts)
    assert not found.all_served
    assert (f"{found.best.local:%H:%M}", found.best.served) == (single, 4)
    assert sorted(zone for zone in FIVE if not inside(zone, found.best.at, 60)) == who_is_out
    assert (found.best.served, found.pair.served) == most_by_force(FIVE, starts, 60) == (4, 5)
    assert found.pair.neither == ()
    assert tuple(f"{start.local:%H:%M}" for start in (found.pair.first, found.pair.second)) == pair
    for zone in FIVE:
        assert inside(zone, found.pair.first.at, 60) or inside(zone, found.pair.second.at, 60)
    assert inside(LONDON, found.pair.first.at, 60)
    assert inside(LONDON, found.pair.second.at, 60)


def test_against_force() -> None:
    """Any people anywhere, days on which clocks are moved among them."""
    dice, names = random.Random(7), [name for _region, group in zones.groups() for name in group]
    days = [
        date(2026, 3, 29),
        date(2026, 10, 25),
        date(2026, 4, 5),
        date(2026, 9, 27),
        date(2026, 3, 8),
        date(2026, 6, 2),
    ]
    for number in range(18):
        people = {zone: dice.randint(1, 9) for zone in dice.sample(names, dice.randint(1, 9))}
        host, day, minutes = (
            dice.choice([LONDON, *people]),
            days[number % len(days)],
            dice.choice([30, 45, 60, 90, 480]),
        )
        found, starts = kinder(people, host, day, minutes=minutes), half_hours(host, day)
        assert found is not None
        assert [start.at for start in found.starts] == starts
        for start in found.starts:
            for place, cell in zip(found.places, start.cells, strict=True):
                assert (cell.state == "decent") == inside(place.zone, start.at, minutes)
                assert cell.state != "edge" or inside(place.zone, start.at, minutes, 7 * 60, 22 * 60)
                assert cell.local == start.at.astimezone(ZoneInfo(place.zone)).replace(tzinfo=None, fold=0)
        single, both = most_by_force(people, starts, minutes)
        assert found.best.served == single
        assert (found.pair.served if found.pair else single) == both
        if found.pair is not None:
            assert found.pair.served + sum(place.people for place in found.pair.neither) == found.people


def test_between_equals_the_hosts_day_and_then_the_middle_of_everybodys_day() -> None:
    near = kinder({LONDON: 3, "Europe/Oslo": 3}, LONDON, date(2026, 7, 16), minutes=60)
    assert near is not None
    assert near.all_served
    assert near.pair is None
    assert near.best.local.time() == time(13, 30)  # 14:30 in Oslo: half an hour off for both, not an hour for one
    away = kinder({"Pacific/Auckland": 5}, LONDON, date(2026, 1, 15), minutes=60)
    assert away is not None
    assert away.best.host_decent
    assert away.best.local.time() == time(20)


def test_who_is_worst_off_is_who_is_farthest_from_their_day() -> None:
    start = start_at({**FIVE, LONDON: 9}, LONDON, datetime(2026, 12, 17, 18), minutes=60)
    assert start is not None
    found = kinder({**FIVE, LONDON: 9}, LONDON, date(2026, 12, 17), minutes=60)
    assert found is not None
    cell = start.cells[start.worst]
    assert (found.places[start.worst].zone, f"{cell.local:%a %H:%M}", cell.state) == (
        "Australia/Melbourne", "Fri 05:00", "asleep",
    )  # fmt: skip


def test_the_years_clock_changes() -> None:
    """18:00 in London is 07:00 or 05:00 in Auckland, 06:00 in October (domain.md, Time 6): decent from seven on."""
    thursdays = [datetime(2026, month, day, 18) for month, day in
                 [(1, 15), (2, 19), (3, 19), (4, 16), (5, 21), (9, 17), (10, 15), (11, 19)]]  # fmt: skip
    people = {"Pacific/Auckland": 2, LONDON: 1, "America/New_York": 4}
    steps = through_the_year(people, LONDON, thursdays, minutes=60, hours=Hours(7 * 60, 21 * 60))
    assert [step.start.served for step in steps] == [7, 7, 7, 5, 5, 5, 5, 7]
    assert [[place.zone for place in step.lost] for step in steps if step.lost] == [["Pacific/Auckland"]]
    assert [step.start.local.month for step in steps if step.gained] == [11]
    best = best_of_year(people, LONDON, [day.date() for day in thursdays], minutes=60)
    assert best == time(20)  # 09:00, 07:00 and 08:00 in Auckland, never before eight in London


def test_a_second_sitting_beside_one_that_stays() -> None:
    found = kinder(FIVE, LONDON, date(2026, 12, 17), minutes=60)
    start = start_at(FIVE, LONDON, datetime(2026, 12, 17, 18), minutes=60)
    assert found is not None
    assert start is not None
    pair = best_beside(found, start, 60)
    assert pair is not None
    assert pair.served == 5
    assert pair.second.at == start.at


def test_nobody_and_hours_that_are_none() -> None:
    assert kinder({}, LONDON, date(2026, 1, 15), minutes=60) is None
    assert kinder({LONDON: 0}, LONDON, date(2026, 1, 15), minutes=60) is None
    assert best_of_year({}, LONDON, [date(2026, 1, 15)], minutes=60) is None
    longer = kinder(FIVE, LONDON, date(2026, 1, 15), minutes=14 * 60)
    assert longer is not None
    assert longer.best.served == 0
    assert longer.pair is None
    for begin, end in [(600, 600), (600, 500), (-1, 500), (0, 1441)]:
        with pytest.raises(ValueError, match="decent hours"):
            Hours(begin, end)


def test_sixty_zones_are_weighed_at_once() -> None:
    names = [name for _region, group in zones.groups() for name in group]
    people = {zone: number + 1 for number, zone in enumerate(random.Random(3).sample(names, 60))}
    times = []
    for _ in range(4):
        began = clock.process_time()
        kinder(people, LONDON, date(2026, 7, 16), minutes=60)
        times.append(clock.process_time() - began)
    assert min(times) < 0.05
