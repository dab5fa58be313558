"""Health, robots, the icon, errors, and what every page has."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import brotli
import pytest
from sqlalchemy import text

from gatherings.accounts.actions import FRESH_LINK_LIFE
from gatherings.core import zones
from gatherings.core.colours import PAPER
from gatherings.core.errors import Busy
from gatherings.core.tokens import new_public_id
from gatherings.jobs.models import Worker
from gatherings.mail.models import OutboxMail
from gatherings.registration.jobs import BODIES_KEPT, KEPT_AFTER_EVENT
from gatherings.web.error_words import told
from gatherings.web.rights import public
from gatherings.web.static import contents
from tests.factories import make_event

STATIC = dict(contents(Path(__file__).resolve().parents[2] / "static"))


def worker(session, *, ago):
    now = datetime.now(UTC)
    session.add(Worker(name="one", started_at=now - ago, seen_at=now - ago))


def mail(session, *, due_ago):
    now = datetime.now(UTC)
    session.add(
        OutboxMail(
            key=new_public_id(), kind="confirmed", recipient="ada@example.org", sender="Kind", zone="Europe/London",
            facts={}, message_id="<x@example.org>", due_at=now - due_ago, created_at=now,
        )
    )  # fmt: skip


def test_alive_needs_nothing(client):
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"alive": True})


def test_ready_when_all_is_well(session, client):
    worker(session, ago=timedelta(seconds=5))
    mail(session, due_ago=timedelta(minutes=4))
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json["ready"] is True
    assert [name for name in ("database", "schema", "disk", "outbox", "worker") if not answer.json[name]["ok"]] == []
    assert answer.json["tzdata"] == zones.tzdata_version()
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("sick", ["worker", "old worker", "outbox", "schema"])
def test_not_ready_names_what_is_wrong(session, client, sick):
    if sick != "worker":
        worker(session, ago=timedelta(minutes=2 if sick == "old worker" else 0))
    if sick == "outbox":
        mail(session, due_ago=timedelta(minutes=6))
    if sick == "schema":
        session.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    parts = ("database", "schema", "disk", "outbox", "worker")
    assert [name for name in parts if not answer.json[name]["ok"]] == [sick.rsplit(" ", 1)[-1]]


def test_programs_are_kept_from_links_of_peoples_own(client):
    lines = client.get("/robots.txt").text.splitlines()
    assert {f"Disallow: {path}" for path in ("/registrations/", "/join/", "/calendar/", "/unsubscribe/")} <= set(lines)
    assert "Disallow: /" not in lines


def test_security_txt_says_whom_to_tell(client):
    answer = client.get("/.well-known/security.txt")
    assert answer.content_type == "text/plain; charset=utf-8"
    fields = dict(line.split(": ", 1) for line in answer.text.splitlines())
    assert fields["Contact"] == "mailto:gatherings@example.org"
    assert fields["Canonical"].endswith("gatherings.test/.well-known/security.txt")
    policy, place = fields["Policy"].split("gatherings.test")[1].split("#")
    assert f'id="{place}"' in client.get(policy).text
    expires = re.search(r"Expires: (\S+)", answer.text)
    assert expires
    assert timedelta(days=30) < datetime.fromisoformat(expires[1]) - datetime.now(UTC) < timedelta(days=366)


def test_icons_are_found_by_their_old_names_and_are_pictures(client):
    answer = client.get("/favicon.ico")
    assert (answer.status_code, answer.content_type) == (200, "image/x-icon")
    assert answer.data[:6] == bytes([0, 0, 1, 0, 1, 0])  # an .ico with one picture
    assert answer.data[22:26] == b"\x89PNG"
    assert answer.headers["Cache-Control"].endswith("max-age=86400")
    touch = re.search(r'rel="apple-touch-icon" href="([^"]+)"', client.get("/privacy").text)
    assert touch
    picture = client.get(touch[1]).data
    assert int.from_bytes(picture[16:20], "big") == int.from_bytes(picture[20:24], "big") == 180


def test_the_browsers_frame_has_the_colour_of_the_paper(client):
    page = client.get("/").text
    said = re.findall(r'name="theme-color" content="(#\w+)" media="\(prefers-color-scheme: (\w+)\)"', page)
    assert {scheme: colour for colour, scheme in said} == PAPER


def test_privacy_says_who_what_why_and_how_long(client):
    page = client.get("/privacy").text
    for words in ("gatherings.test", "mailto:gatherings@example.org", "/my-data", "/find-my-registration", "GeoNames",
                  "legal ground", "diagnosis", "mail service", "outside your country", "72 hours", "ico.org.uk",
                  "privacy.org.nz", "oaic.gov.au", "imy.se"):  # fmt: skip
        assert words in page, words


def test_privacy_promises_what_the_program_does(client):
    page = client.get("/privacy").text
    kept = dict(re.findall(r"<td>([^<]+)</td><td>(\d+ \w+)", page))
    assert kept["Registrations, answers, consents"] == "12 months"
    assert timedelta(days=360) <= KEPT_AFTER_EVENT < timedelta(days=390)
    assert kept["What our mails said"] == f"{BODIES_KEPT.days} days"
    assert kept["Links to your data, or to a new address"] == f"{FRESH_LINK_LIFE // timedelta(minutes=1)} minutes"
    cookie = client.post("/zone", data={"zone": "Pacific/Auckland"}).headers["Set-Cookie"]
    assert f"Max-Age={365 * 24 * 3600}" in cookie
    assert "for a year" in page


@pytest.mark.parametrize(("method", "path", "status"), [("get", "/no/such", 404), ("post", "/", 405)])
def test_errors_are_pages_in_words_and_fragments_for_htmx(client, method, path, status):
    page = getattr(client, method)(path)
    assert page.status_code == status
    assert f"<h1>{told(status).title}</h1>" in page.text
    fragment = getattr(client, method)(path, headers={"HX-Request": "true"})
    assert fragment.status_code == status
    assert fragment.text.lstrip().startswith('<div class="error-summary" role="alert">')


def test_a_busy_answer_offers_what_was_typed_again(app, client):
    @public
    def busy():
        raise Busy()

    app.add_url_rule("/busy", "busy", busy, methods=["POST"])
    page = client.post("/busy", data={"name": 'Ada "the" <b>', "email": "ada@example.org"})
    assert page.status_code == 503
    assert '<form method="post" action="/busy">' in page.text
    assert '<input type="hidden" name="name" value="Ada &#34;the&#34; &lt;b&gt;">' in page.text
    assert "Try again</button>" in page.text


def test_every_page_has_its_frame(session, client):
    event = make_event(session)
    for path in ("/", f"/events/{event.slug}", "/zones", "/privacy", "/nope"):
        page = client.get(path).text
        assert page.lstrip().startswith("<!doctype html>")
        assert page.count("<h1") == 1
        for part in ('<html lang="en">', 'href="#main"', 'id="main"', 'id="notice"', 'id="live"', 'href="/privacy"',
                     'href="/find-my-registration"', 'href="/my-data"', "htmx-config"):  # fmt: skip
            assert part in page
        assert re.findall(r"<script(?![^>]*(?:\bsrc=|application/ld\+json))|<style|\sstyle=|\son\w+=", page) == []


def test_the_event_page_is_small(session, client):
    event = make_event(session)
    page = client.get(f"/events/{event.slug}").text
    parts = [page.encode(), *(STATIC[name] for name in ("app.css", "app.js"))]
    sizes = [len(brotli.compress(part, quality=11)) for part in parts]
    assert sum(sizes) <= 24 * 1024, sizes
