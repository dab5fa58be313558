"""Links to other calendars' pages for a new entry."""

from datetime import datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from gatherings.ics import google_link, outlook_link

START, END = datetime(2026, 6, 18, 18), datetime(2026, 6, 18, 19)


def _values(link: str) -> dict[str, str]:
    return {key: value for key, (value,) in parse_qs(urlsplit(link).query, strict_parsing=True).items()}


def test_google_gets_one_date_in_utc() -> None:
    link = google_link("Tea & talk", START, END, "Europe/London", details="a\nb", location="Room 1")
    assert link.startswith("https://calendar.google.com/calendar/render?action=TEMPLATE&")
    assert _values(link) == {
        "action": "TEMPLATE",
        "text": "Tea & talk",
        "dates": "20260618T170000Z/20260618T180000Z",
        "details": "a\nb",
        "location": "Room 1",
    }


def test_google_gets_a_rule_on_the_wall_clock_with_its_zone() -> None:
    values = _values(google_link("Tea", START, END, "Europe/London", rule="FREQ=MONTHLY;BYDAY=3TH"))
    assert values["dates"] == "20260618T180000/20260618T190000"
    assert (values["ctz"], values["recur"]) == ("Europe/London", "RRULE:FREQ=MONTHLY;BYDAY=3TH")


def test_google_gets_the_zone_with_a_rule_of_whole_days_too() -> None:
    days = (datetime(2026, 12, 1), datetime(2026, 12, 2))
    values = _values(google_link("Door", *days, "Europe/London", all_day=True, rule="FREQ=DAILY;COUNT=24"))
    assert (values["dates"], values["ctz"]) == ("20261201/20261202", "Europe/London")
    assert values["recur"] == "RRULE:FREQ=DAILY;COUNT=24"


def test_whole_days_end_on_the_day_after_the_last() -> None:
    days = (datetime(2026, 6, 10), datetime(2026, 6, 13))
    assert _values(google_link("Festival", *days, "Europe/London", all_day=True))["dates"] == "20260610/20260613"
    values = _values(outlook_link("Festival", *days, "Europe/London", all_day=True))
    assert (values["startdt"], values["enddt"], values["allday"]) == ("2026-06-10", "2026-06-13", "true")


@pytest.mark.parametrize("host", ["outlook.live.com", "outlook.office.com"])
def test_outlook_gets_utc_at_both_hosts(host: str) -> None:
    link = outlook_link("Tea & talk", START, END, "Pacific/Auckland", host=host)
    assert link.startswith(f"https://{host}/calendar/0/deeplink/compose?")
    values = _values(link)
    assert (values["startdt"], values["enddt"]) == ("2026-06-18T06:00:00Z", "2026-06-18T07:00:00Z")
    assert (values["rru"], values["subject"]) == ("addevent", "Tea & talk")


def test_another_host_is_refused() -> None:
    with pytest.raises(ValueError, match="evil"):
        outlook_link("Tea", START, END, "Europe/London", host="evil.example.org")


def test_a_title_cannot_bring_another_value_or_line() -> None:
    link = google_link("x&dates=1\r\n#\ud800", START, END, "Europe/London")
    assert _values(link)["text"] == "x&dates=1 #"
    assert "\n" not in link


@pytest.mark.parametrize("text", ["word " * 2000, "李" * 5000])
def test_long_texts_are_cut_so_that_the_address_stays_usable(text: str) -> None:
    for link in (google_link("Tea", START, END, "Europe/London", details=text),
                 outlook_link("Tea", START, END, "Europe/London", details=text)):  # fmt: skip
        assert len(link) < 2000
        values = _values(link)
        shown = values.get("details") or values["body"]
        assert shown.endswith(" …")
        assert text.startswith(shown.removesuffix(" …"))
