"""The demo's mailbox shows mail as it was composed, with no mail server, and lets nothing in it run."""

import re
from datetime import UTC, datetime

import icalendar
import pytest

from gatherings import wiring
from gatherings.db.session import transact
from gatherings.mail.drain import drain
from gatherings.mail.routes import bp
from gatherings.registration.mails import COMPOSERS
from tests.factories import NOW, make_event, make_registration

EVIL = "<script>alert(1)</script>"


@pytest.fixture
def demo(make_another, monkeypatch):
    """A demo's application with one mail composed and kept, and one that waits."""
    if bp not in wiring.DEMO_BLUEPRINTS:
        monkeypatch.setattr(wiring, "DEMO_BLUEPRINTS", (*wiring.DEMO_BLUEPRINTS, bp))
    made = make_another(GATHERINGS_DEMO="1")
    with made.app_context():
        transact(lambda session: make_registration(session, make_event(session), name=EVIL))
    drain(made, COMPOSERS, made.config["GATHERINGS"])("w", NOW)
    with made.app_context():
        later = datetime(2026, 11, 21, tzinfo=UTC)
        transact(
            lambda session: make_registration(session, make_event(session), address="ben_x@example.org", now=later)
        )
    return made


@pytest.fixture
def reader(demo):
    return demo.test_client()


def test_list_is_newest_first_with_state_and_kind(reader):
    page = reader.get("/mailbox").text
    row = r"<tr>\n<td><a href=\"/mailbox/(\d+)\">(.*?)</a></td>\n<td[^>]*>(.*?)</td>\n<td[^>]*>(.*?)</td>"
    rows = re.findall(row, page)
    assert rows == [
        ("2", "Not written yet", "ben_x@example.org", "confirmed"),
        ("1", "You have a place: What matters to you", "ada@example.org", "confirmed"),
    ]
    assert re.findall(r'<span class="tag"[^>]*>(\w+)</span>', page) == ["queued", "kept"]


@pytest.mark.parametrize(
    ("to", "found"),
    [("ADA@", ["1"]), ("ben_x", ["2"]), ("example.org", ["2", "1"]), ("be%x", []), ("nobody", []), ("ada_", [])],
)
def test_search_by_recipient_takes_signs_literally(reader, to, found):
    page = reader.get("/mailbox", query_string={"to": to}).text
    assert re.findall(r'href="/mailbox/(\d+)"', page) == found


def test_older_mails_are_a_page_away(reader, monkeypatch):
    monkeypatch.setattr("gatherings.mail.routes.PAGE", 1)
    page = reader.get("/mailbox?to=example").text
    (older,) = re.findall(r'href="(/mailbox\?[^"]*before=\d+)"', page)
    assert older == "/mailbox?to=example&amp;before=2"
    page = reader.get("/mailbox?to=example&before=2").text
    assert re.findall(r'href="/mailbox/(\d+)"', page) == ["1"]
    assert 'href="/mailbox?to=example"' in page


@pytest.mark.parametrize("before", ["x", "-1", "9" * 40, ""])
def test_nonsense_in_the_page_address_does_no_harm(reader, before):
    assert reader.get("/mailbox", query_string={"before": before}).status_code == 200


def test_mail_is_shown_whole(reader):
    response = reader.get("/mailbox/1")
    page = response.text
    assert '<th scope="row">To</th><td>ada@example.org</td>' in page
    assert '<iframe class="mail-frame" sandbox src="/mailbox/1/html"' in page
    assert "Your time: Wednesday 16 December, 07:00–08:00 in Auckland" in page
    assert re.search(r'<a href="http://gatherings.test/registrations/[\w.-]+"', page)
    assert "BEGIN:VCALENDAR" in page
    assert "multipart/mixed" in page
    assert EVIL not in page
    policy = response.headers["Content-Security-Policy"]
    assert policy.endswith("; frame-src 'self'")
    assert "frame-ancestors 'none'" in policy


def test_html_may_be_framed_by_us_and_do_nothing(reader):
    response = reader.get("/mailbox/1/html")
    assert response.headers["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox"
    )
    assert "Hello &lt;script&gt;" in response.text
    assert EVIL not in response.text


def test_invite_is_downloaded_as_it_was_sent(reader):
    response = reader.get("/mailbox/1/invite.ics")
    assert response.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert response.headers["Content-Disposition"] == 'attachment; filename="invite.ics"'
    (event,) = icalendar.Calendar.from_ical(response.data).walk("VEVENT")
    assert event["ATTENDEE"] == "mailto:ada@example.org"


def test_mail_that_waits_says_so(reader):
    assert "waits to be written" in reader.get("/mailbox/2").text
    assert reader.get("/mailbox/2/html").status_code == 404
    assert reader.get("/mailbox/2/invite.ics").status_code == 404
    assert reader.get("/mailbox/3").status_code == 404


def test_mailbox_is_nowhere_but_in_the_demo(make_another):
    assert make_another().test_client().get("/mailbox").status_code == 404
