"""Health, robots, the icon, errors, and what every page has."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import brotli
import pytest
from sqlalchemy import text

from gatherings.communities.models import ACCENTS
from gatherings.core import zones
from gatherings.core.errors import Busy
from gatherings.core.tokens import new_public_id
from gatherings.jobs.models import Worker
from gatherings.mail.models import OutboxMail
from gatherings.web.rights import public
from gatherings.web.static import contents
from tests.factories import make_event

STATIC = dict(contents(Path(__file__).resolve().parents[2] / "static"))
CSS = STATIC["app.css"].decode()


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
    told = client.get("/.well-known/security.txt")
    assert told.content_type == "text/plain; charset=utf-8"
    assert "Contact: mailto:gatherings@example.org" in told.text
    expires = re.search(r"Expires: (\S+)", told.text)
    assert expires
    assert timedelta(days=30) < datetime.fromisoformat(expires[1]) - datetime.now(UTC) < timedelta(days=366)


def test_the_icon_is_found_by_its_old_name(client):
    answer = client.get("/favicon.ico")
    assert answer.status_code == 302
    assert client.get(answer.headers["Location"]).status_code == 200


def test_privacy_says_who_what_why_and_how_long(client):
    page = client.get("/privacy").text
    for words in ("gatherings.test", "mailto:gatherings@example.org", "12 months", "/my-data", "/find-my-registration"):
        assert words in page


@pytest.mark.parametrize(("method", "path", "status"), [("get", "/no/such", 404), ("post", "/", 405)])
def test_errors_are_pages_in_words_and_fragments_for_htmx(client, method, path, status):
    page = getattr(client, method)(path)
    assert page.status_code == status
    assert "<h1>Not this time</h1>" in page.text
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
    parts = [page.encode(), *(STATIC[name] for name in ("app.css", "app.js", "htmx-2.0.11.min.js"))]
    sizes = [len(brotli.compress(part, quality=11)) for part in parts]
    assert sum(sizes) <= 24 * 1024, sizes


# --- colours ---------------------------------------------------------------------------------------------------------


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def palette(dark):
    """Read the colours and the accents of one scheme from the stylesheet."""
    light_part, dark_part = CSS.split("@layer base", 1)[0].split("@media (prefers-color-scheme: dark)")
    part = dark_part if dark else light_part
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6}|#[0-9a-f]{3})\b", part.split(".accent-", 1)[0]))
    accents = dict(re.findall(r"\.accent-(\w+) \{ --accent: (#[0-9a-f]{6})", part))
    return colours, accents


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_all_colours_have_contrast(dark):
    colours, accents = palette(dark)
    assert set(accents) == set(ACCENTS)
    low = []
    for paper in ("paper", "sheet"):
        for ink in ("ink", "faded", "bad", "good", "warn"):
            low += [(ink, paper)] if contrast(colours[ink], colours[paper]) < 4.5 else []
        low += [(name, paper) for name, accent in accents.items() if contrast(accent, colours[paper]) < 4.5]
        low += [("edge", paper)] if contrast(colours["edge"], colours[paper]) < 3 else []
    low += [(name, "button") for name, accent in accents.items() if contrast(accent, colours["on-accent"]) < 4.5]
    for kind in ("bad", "good", "warn"):
        low += [(kind, "its paper")] if contrast(colours[kind], colours[f"{kind}-paper"]) < 4.5 else []
    assert low == []
    assert len(set(accents.values())) == 12
