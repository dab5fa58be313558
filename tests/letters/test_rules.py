"""What stands in braces, and when a letter is due on somebody's own clock."""

from datetime import UTC, datetime

import pytest

from gatherings.letters.rules import FIELDS, Draft, due_at, fill, fill_html
from gatherings.web.markdown import plain, render


def draft(body="Hello {name},", subject="Soon: {event}"):
    return Draft(subject, body, "about", {})


def test_fields_are_taken_by_exact_match_and_others_are_refused_with_the_list():
    assert draft(" ".join(f"{{{name}}}" for name in FIELDS["event"])).check("event") == []
    for wrong in (
        "{nam}", "{name }", "{Name}", "{}", "{event.__init__}", "{name!r}", "{0}", "{7*7}", "{name:>99}", "{time[0]}",
    ):  # fmt: skip
        (problem,) = draft(f"Hello {wrong}").check("event")
        assert problem.field == "body"
        assert f"There is no field {wrong}." in str(problem.sentence)
        assert all(f"{{{name}}}" in str(problem.sentence) for name in FIELDS["event"])
    assert [problem.field for problem in draft("Hello {time}", "News").check("community")] == ["body"]
    assert draft("%(name)s {% if %} {{ ${x} %s {", "Braces").check("event")[0].field == "body"
    assert draft("Half a } brace, and { another", "Braces").check("event") == []


@pytest.mark.parametrize(
    "body", ["[press]({manage_link})", "[a](https://x.example/{name})", "[a][b]\n\n[b]: https://x.example/{name}"]
)
def test_a_field_inside_an_address_is_refused(body):
    assert [problem.field for problem in draft(body).check("event")] == ["body"]


def test_a_link_in_a_subject_is_refused():
    assert [problem.field for problem in draft(subject="Here: {join_link}").check("event")] == ["subject"]


def test_what_is_put_in_is_not_looked_at_again_and_never_lands_in_a_tag():
    values = {"name": "{event} {name}", "event": "E"}
    assert fill("{name} {event} {other}", values) == "{event} {name} E {other}"
    assert fill_html('<a href="{name}">{name}</a>', values) == '<a href="{name}">{event} {name}</a>'
    source = "**{name}** `{name}` _{event}_ ![{name}](https://x.example/a.png) {manage_link}_x_"
    filled = fill_html(str(render(source)), {"name": "N", "event": "E", "manage_link": "M"})
    assert "{" not in filled
    assert fill(plain(source), {"name": "N", "event": "E", "manage_link": "M"}).count("N") == 3


@pytest.mark.parametrize(
    ("now", "zone", "hour", "day", "due"),
    [
        ("2026-11-20 08:00", "Europe/London", 9, None, "2026-11-20 09:00"),
        ("2026-11-20 09:00", "Europe/London", 9, None, "2026-11-20 09:00"),
        ("2026-11-20 09:01", "Europe/London", 9, None, "2026-11-21 09:00"),
        ("2026-11-20 12:00", "Pacific/Auckland", 9, None, "2026-11-20 20:00"),  # the 21st there
        ("2026-11-20 12:00", "Pacific/Auckland", 9, "2026-11-25", "2026-11-24 20:00"),
        ("2026-11-20 12:00", "Europe/London", 9, "2026-11-01", "2026-11-21 09:00"),
        ("2027-03-27 12:00", "Europe/London", 1, None, "2027-03-28 01:00"),  # no 01:00 that day: 02:00 by RFC 5545
        ("2026-10-24 12:00", "Europe/London", 1, None, "2026-10-25 00:00"),  # twice: the first time
        ("2026-10-25 00:30", "Europe/London", 1, None, "2026-10-26 01:00"),  # the first time is over
    ],
)
def test_due_at_their_own_hour(now, zone, hour, day, due):
    def moment(text):
        return datetime.fromisoformat(text).replace(tzinfo=UTC)

    assert due_at(moment(now), zone, hour, day) == moment(due)
