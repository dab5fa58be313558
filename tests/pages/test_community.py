"""A community's page: its series with their next dates, what is coming, its years in a row, what is past."""

import re
from datetime import datetime

import pytest

from gatherings.events.models import CoListing
from gatherings.pages.editions import run_of, since_words
from tests.factories import NOW, dates_of, make_community, make_event, make_series
from tests.pages.test_series import make_editions, text_of


@pytest.fixture(autouse=True)
def at_noon(clock_at):
    with clock_at(NOW):
        yield


@pytest.mark.parametrize(
    ("years", "this_year", "said"),
    [
        (range(2004, 2027), 2026, ("Every year since 2004", 23)),
        (range(2004, 2026), 2026, ("Every year since 2004", 22)),  # this year's may still come
        (range(2004, 2024), 2026, ("Every year from 2004 to 2023", 20)),
        ([2004, 2005, 2007, 2008, 2009, 2009], 2010, ("Every year since 2007", 3)),
        ([2009, 2007, 2008], 2026, ("Every year from 2007 to 2009", 3)),
        ([2004, 2005, 2006, 2008], 2008, None),
        ([2025, 2026], 2026, None),
        ([2026], 2026, None),
        ([], 2026, None),
    ],
)
def test_years_in_a_row_are_counted_back_from_the_latest(years, this_year, said):
    run = run_of(years, this_year)
    assert (None if run is None else (str(since_words(run)), run.years)) == said


@pytest.fixture
def festival(session):
    community = make_community(
        session, slug="fest", name="Fest", tagline="Three days.", about="We *teach*.", code_of_kindness="Listen first.",
        website="https://example.org/fest",
    )  # fmt: skip
    monthly = make_series(session, community, title="Third Thursday", slug="monthly", ahead=3)
    yearly = make_editions(session, community, slug="yearly")
    for year in range(2004, 2024):
        make_event(
            session, community, series_id=yearly.id, edition_year=year, theme=f"Theme {year}", approximate=True,
            starts_local=datetime(year, 3, 1, 9), title=f"Festival {year}",
        )  # fmt: skip
    dates_of(session, monthly)[0].status = "cancelled"
    other = make_community(session, slug="other")
    mixed = make_event(session, other, title="Both of us", starts_local=datetime(2026, 12, 1, 18))
    session.add(CoListing(event_id=mixed.id, community_id=community.id))
    long_ago = datetime(2026, 5, 5, 9)
    make_event(session, community, title="Looking back", starts_local=long_ago, recording_url="https://example.org/rec")
    make_event(session, community, title="By link alone", listing="link", starts_local=datetime(2026, 5, 6, 9))
    session.commit()
    return community


def test_a_community_shows_who_they_are_and_what_they_hold(festival, client):
    response = client.get("/communities/fest?zone=Pacific/Auckland")
    seen = text_of(response)
    assert "<em>teach</em>" in response.text
    assert 'href="https://example.org/fest"' in response.text
    # The next date that is held, on the reader's clock; December's is called off.
    assert re.search(
        r"Third Thursday third Thursday of every month, 18:00, London time "
        r"Next: Friday 22 January 2027, 07:00–08:00 your time; Thursday 21 January 2027, 18:00–19:00 in London", seen
    )  # fmt: skip
    assert "Every year from 2004 to 2023: 20 years in a row." in seen
    assert " ".join(f"{year} Theme {year}" for year in range(2004, 2024)) in seen
    assert "Both of us" in seen
    assert re.search(r"Past gatherings Tuesday 5 May Looking back\s+Recording", seen)
    assert 'href="https://example.org/rec"' in response.text
    assert "Code of kindness Listen first." in seen
    assert "By link alone" not in seen
    assert 'href="webcal://gatherings.test/communities/fest/calendar.ics"' in response.text


def test_a_script_swaps_in_the_dates_on_the_readers_clock(festival, client):
    assert 'id="dates" data-zone-url="/communities/fest"' in client.get("/communities/fest").text
    fragment = client.get("/communities/fest?zone=Pacific/Auckland", headers={"HX-Request": "true"})
    assert "<html" not in fragment.text
    assert "Next: Friday 22 January 2027, 07:00–08:00 your time" in text_of(fragment)
    assert "Both of us" in fragment.text
    assert "Theme 2004" not in fragment.text


def test_what_comes_again_and_again_does_not_crowd_out_the_rest(session, client):
    community = make_community(session, slug="busy")
    make_series(session, community, rule="FREQ=WEEKLY", starts_local=datetime(2026, 1, 6, 18), ahead=12, title="Weekly")
    make_event(session, community, title="Once", starts_local=datetime(2027, 3, 1, 18))
    coming = client.get("/communities/busy").text.partition('id="coming"')[2]
    assert re.findall(r"(Weekly|Once)(?=</a>)", coming) == ["Weekly", "Weekly", "Once"]
    assert 'href="/?community=busy"' in coming


def test_a_community_with_nothing_says_what_to_do(session, client):
    make_community(session, slug="new", name="New")
    seen = text_of(client.get("/communities/new"))
    assert "Nothing is planned at the moment. Subscribe to the calendar below" in seen
    for absent in ("Series", "The line of years", "Past gatherings", "Code of kindness"):
        assert absent not in seen
