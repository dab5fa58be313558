"""A series' page: the year on the reader's clock in words and as a picture, the line of years, what is missing."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from gatherings.core.tokens import new_public_id
from gatherings.events.models import Series
from tests.factories import NOW, dates_of, make_community, make_event, make_series


@pytest.fixture(autouse=True)
def at_noon(clock_at):
    with clock_at(NOW):
        yield


def text_of(response):
    """Give what a reader sees: without tags, with single blanks."""
    return " ".join(re.sub(r"<[^>]+>", " ", re.sub(r"<script.*?</script>", " ", response.text, flags=re.S)).split())


def make_editions(session, community, **values):
    """Make a series of editions: one without a rule."""
    columns = {
        "public_id": new_public_id(),
        "slug": "editions",
        "title": "Festival",
        "changed_at": NOW,
        "created_at": NOW,
    }
    series = Series(community_id=community.id, **(columns | values))
    session.add(series)
    session.flush()
    return series


def page(client, series, zone=None, **more):
    return client.get(f"/series/{series.slug}" + (f"?zone={zone}" if zone else ""), **more)


def test_the_dates_at_which_the_readers_hour_moves_are_marked_with_whose_clocks_caused_it(session, client):
    series = make_series(session, ahead=12)
    seen = text_of(page(client, series, "Pacific/Auckland"))
    assert "Third Thursday of every month, 18:00, London time".lower() in seen.lower()
    assert "Your hour moves 3 times: in April to 05:00, in October to 06:00, and in November to 07:00." in seen
    assert "It is Friday for you when it is Thursday in London." in seen
    assert (
        "Friday 16 April 05:00–06:00 Thursday 15 April 18:00–19:00 Your hour moves: 07:00 becomes 05:00. "
        "The clocks in London go forward on Sunday 28 March. The clocks in Auckland go back on Sunday 4 April." in seen
    )
    assert "05:00 becomes 06:00. The clocks in Auckland go forward on Sunday 26 September." in seen
    assert "06:00 becomes 07:00. The clocks in London go back on Sunday 31 October." in seen
    assert seen.count(" becomes ") == 3
    assert "GMT" not in seen


def test_clocks_that_change_together_move_no_hour_and_are_told(session, client):
    series = make_series(session, ahead=12)
    seen = text_of(page(client, series, "Europe/Stockholm"))
    assert "Your hour stays the same on all dates: 19:00." in seen
    together = "The clocks in London and Stockholm go forward together on Sunday 28 March. Your hour stays the same."
    assert together in seen
    assert " becomes " not in seen
    new_york = text_of(page(client, series, "America/New_York"))
    assert "Your hour moves twice: in March to 14:00 and in April to 13:00." in new_york
    assert "in London go back on Sunday 31 October. The clocks in New York go back on Sunday 7 November." in new_york
    own = text_of(page(client, series, "Europe/London"))
    assert "This is your own clock: 18:00 on all dates." in own
    assert "clocks in London go" not in own


def test_the_first_date_is_compared_with_the_one_just_held(session, client, clock_at):
    with clock_at(datetime(2026, 10, 1, 12, tzinfo=UTC)):
        series = make_series(session, ahead=4, now=datetime(2026, 10, 1, 12, tzinfo=UTC))
        session.commit()
    with clock_at(datetime(2026, 11, 1, 12, tzinfo=UTC)):
        seen = text_of(page(client, series, "America/Phoenix"))
    assert "Your hour moves once: in November to 11:00." in seen
    assert "10:00 becomes 11:00. The clocks in London went back on Sunday 25 October." in seen
    assert "Your hour moves" not in text_of(page(client, series, "America/Phoenix")), "December is as November was"


def test_the_picture_has_words_for_who_cannot_see_it_and_no_style_of_its_own(session, client):
    series = make_series(session, ahead=12)
    html = page(client, series, "Pacific/Auckland").text
    svg = html.partition('<svg role="img"')[2].partition("</svg>")[0]
    assert re.search(r"<title [^>]*>The year on the clock of Auckland</title>", svg)
    assert re.search(r"<desc [^>]*>Your hour moves 3 times: .* The table below has every date\.</desc>", svg)
    assert (svg.count("<circle"), len(re.findall(r'r="7"', svg))) == (12, 3)
    assert re.findall(r">(Fri 07:00|\d\d:\d\d)</text>", svg) == ["Fri 07:00", "05:00", "06:00", "07:00"]
    assert "style=" not in html


def test_without_a_zone_the_hosts_year_stands_and_a_script_may_ask_for_the_readers(session, client):
    series = make_series(session, ahead=12)
    response = page(client, series)
    seen = text_of(response)
    assert f'id="dates" data-zone-url="/series/{series.slug}"' in response.text
    assert "It begins at 18:00 in London on all dates." in seen
    assert "The year on the clock of London" in seen
    assert "Choose your clock" in seen
    assert "Your hour" not in seen
    fragment = page(client, series, "Asia/Kathmandu", headers={"HX-Request": "true"})
    assert "<html" not in fragment.text
    assert "23:45–00:45" in text_of(fragment)
    assert '<svg role="img"' in fragment.text
    assert "data-zone-url" not in page(client, series, "Asia/Kathmandu").text


def test_dates_that_are_called_off_are_struck_through_and_whole_days_have_no_hour(session, client):
    series = make_series(session, ahead=12)
    dates = dates_of(session, series)
    dates[4].status = "cancelled"  # April
    dates[1].all_day = True
    dates[1].starts_local = dates[1].starts_local.replace(hour=0)
    dates[1].starts_at = dates[1].starts_at.replace(hour=0)
    dates[1].ends_at = dates[1].starts_at + timedelta(days=1)
    session.commit()
    response = page(client, series, "Pacific/Auckland")
    off = re.findall(r'<tr class="event-off">.*?</tr>', response.text, re.S)
    assert len(off) == 1
    assert "Friday 16 April" in off[0]
    seen = text_of(response)
    assert "Thursday 21 January Whole days" in seen
    assert re.search(
        r"Friday 21 May 05:00–06:00 Thursday 20 May 18:00–19:00 Your hour moves: 07:00 becomes 05:00", seen
    )


def test_every_date_leads_to_the_next_form_that_takes_it(session, client):
    series = make_series(session, ahead=3)
    first, second, _ = dates_of(session, series)
    assert f'href="/events/{first.slug}#register"' in page(client, series).text
    # Another address each time: a change past the actions is none to the page cache.
    first.status = "cancelled"
    session.commit()
    assert f'href="/events/{second.slug}#register"' in page(client, series, "Asia/Kolkata").text
    series.status = "cancelled"
    session.commit()
    ended = page(client, series, "Europe/Paris")
    assert "#register" not in ended.text
    assert "This series was ended by its hosts." in text_of(ended)


def test_editions_stand_on_a_line_of_years(session, client):
    community = make_community(session)
    series = make_editions(session, community)
    for year in (2012, 2014, 2015, 2016):
        make_event(
            session, community, series_id=series.id, edition_year=year, theme=f"Theme {year}", approximate=True,
            starts_local=datetime(year, 3, 1, 9), slug=f"edition-{year}",
        )  # fmt: skip
    make_event(session, community, series_id=series.id, edition_year=2027, starts_local=datetime(2027, 3, 1, 9))
    seen = text_of(page(client, series, "Pacific/Auckland"))
    assert "Every year from 2014 to 2016: 3 years in a row." in seen
    assert "2012 Theme 2012 2014 Theme 2014 2015 Theme 2015 2016 Theme 2016 2027 What matters to you to come" in seen
    assert "The year on your clock" not in seen
    assert "<svg role" not in page(client, series).text


def test_a_series_without_dates_says_how_to_hear_of_them(session, client):
    community = make_community(session)
    series, editions = make_series(session, community, ahead=1), make_editions(session, community)
    for date in dates_of(session, series):
        session.delete(date)
    session.commit()
    assert "No date is planned at the moment. Subscribe to the calendar below" in text_of(page(client, series))
    assert "The next one has no date yet." in text_of(page(client, editions))


def test_a_feed_is_subscribed_to_with_one_press(session, client):
    series = make_series(session, slug="third", title="Zoë & Sons")
    html = page(client, series).text
    assert 'href="webcal://gatherings.test/series/third/calendar.ics"' in html
    assert "https://calendar.google.com/calendar/r?cid=webcal%3A%2F%2Fgatherings.test%2Fseries%2Fthird%2F" in html
    for host in ("outlook.live.com", "outlook.office.com"):
        url = "http%3A%2F%2Fgatherings.test%2Fseries%2Fthird%2Fcalendar.ics&amp;name=Zo%C3%AB%20%26%20Sons"
        assert f"https://{host}/calendar/0/addfromweb?url={url}" in html
    seen = text_of(page(client, series))
    assert "Google Calendar looks every 4 to 24 hours" in seen
    assert "http://gatherings.test/series/third/calendar.ics" in seen
