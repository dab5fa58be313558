"""Covers and preview pictures as they are served."""

import base64
import dataclasses
import hashlib
import os
import re
import struct

import brotli
import pytest

from gatherings.app import data_folder
from gatherings.communities.models import ACCENTS
from gatherings.core import covers
from gatherings.pages import faces, previews
from gatherings.pages.routes.style import ICONS
from tests.factories import make_community, make_event, make_series

PLAIN = faces.Face("event", "festival", "sea", "")


def test_everything_has_a_cover_that_is_kept_for_a_year(session, client):
    community = make_community(session, slug="kind-people", accent="moss")
    event, series = make_event(session, community), make_series(session, community)
    there: tuple[tuple[faces.Kind, str, str], ...] = (
        ("community", community.slug, ""), ("event", event.slug, "kind-people"), ("series", series.slug, "kind-people")
    )  # fmt: skip
    for kind, slug, near in there:
        face = faces.Face(kind, slug, "moss", near)
        url = face.cover_url
        answer = client.get(url)
        assert answer.status_code == 200
        assert answer.content_type == "image/svg+xml"
        assert answer.text == covers.cover(kind, slug, "moss", near)
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        digest = base64.b64encode(hashlib.sha256(covers.style_of(answer.text).encode()).digest()).decode()
        assert f"style-src 'sha256-{digest}'" in answer.headers["Content-Security-Policy"]
        packed = client.get(url, headers={"Accept-Encoding": "br"})
        assert packed.headers["Content-Encoding"] == "br"
        assert "Accept-Encoding" in packed.headers["Vary"]
        assert brotli.decompress(packed.data).decode() == answer.text
        assert packed.headers["ETag"] != answer.headers["ETag"]
        assert len(packed.data) <= 3 * 1024
        again = client.get(url, headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        # Under another version, or none, it is not kept for long.
        for other in (url.split("?")[0], url + "0"):
            assert client.get(other).headers["Cache-Control"] == "public, max-age=3600"


def test_what_is_not_public_has_no_picture(session, client):
    draft = make_event(session, status="draft")
    for path in (f"/events/{draft.slug}", "/events/none", "/series/none", "/communities/none", "/events/NONE%00"):
        for name in ("cover.svg", "preview.png"):
            assert client.get(f"{path}/{name}").status_code == 404


def test_everything_has_a_preview_that_is_made_once(session, client, app):
    community = make_community(session, accent="moss", tagline="Together")
    event, series = make_event(session, community), make_series(session, community)
    folder = app.config["GATHERINGS"].instance / "previews"
    for made, path in enumerate(
        (f"/events/{event.slug}", f"/series/{series.slug}", f"/communities/{community.slug}", ""), start=1
    ):
        answer = client.get(f"{path}/preview.png")
        assert (answer.status_code, answer.content_type) == (200, "image/png")
        assert struct.unpack(">II", answer.data[16:24]) == (previews.WIDTH, previews.HEIGHT)
        assert len(answer.data) < 300_000
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert len(list(folder.glob("*.png"))) == made
        assert client.get(f"{path}/preview.png").data == answer.data
        assert len(list(folder.iterdir())) == made
    event.title = "Another title"
    session.flush()
    assert client.get(f"/events/{event.slug}/preview.png").data != client.get("/preview.png").data
    assert len(list(folder.iterdir())) == 5


@pytest.mark.parametrize("title", [
    "Zoë & Sons <3", "李雷與韓梅梅的善意日曆", "محمد يدعوكم إلى حلقة الاستماع", "W" * 300, "a " * 150, "",
    "\x00\x1f￾🎉",
])  # fmt: skip
def test_no_name_is_too_long_or_too_strange(title):
    words = previews.Words(title, title, title)
    png = previews.draw(PLAIN, words)
    assert struct.unpack(">II", png[16:24]) == (1200, 630)
    svg = previews.compose(PLAIN, words)
    ends = [float(at) for at in re.findall(r'<text [^>]*y="(\d+)"', svg)]
    assert all(40 < end < 630 for end in ends)


@pytest.mark.parametrize(("text", "lines"), [
    ("Kindness", ["Kindness"]),
    ("Social capital as a means for making kindness a norm", 2),
    ("A title that goes on and on, " * 12, 4),
])  # fmt: skip
def test_titles_are_set_as_large_as_they_fit(text, lines):
    size, set_in = previews.fit(text, most=84, least=40, rows=4)
    assert set_in == lines if isinstance(lines, list) else len(set_in) == lines
    assert 40 <= size <= 84
    assert " ".join(set_in).rstrip("…").split() == text.split()[: len(" ".join(set_in).split())] or "…" in set_in[-1]


def test_the_folder_of_pictures_does_not_grow_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(previews, "KEPT", 20)
    for number in range(25):
        file = tmp_path / f"{number:02}.png"
        file.write_bytes(b"old")
        os.utime(file, (number, number))
    previews.picture(tmp_path, PLAIN, previews.Words("New", "", ""))
    left = sorted(path.name for path in tmp_path.iterdir())
    assert len(left) == 24
    assert "00.png" not in left
    assert "24.png" in left


def test_a_picture_that_cannot_be_kept_is_shown_all_the_same(tmp_path):
    in_the_way = tmp_path / "previews"
    in_the_way.write_text("a file, where a folder should be")
    png = previews.picture(in_the_way / "here", PLAIN, previews.Words("Title", "", ""))
    assert png.startswith(b"\x89PNG")


def test_the_style_page_is_for_development_alone(client):
    assert client.get("/style").status_code == 404
    assert client.get("/style/plum/kindness.svg").status_code == 404


def test_the_style_page_shows_all_there_is(app, client):
    kept = app.config["GATHERINGS"]
    app.config["GATHERINGS"] = dataclasses.replace(kept, development=True)
    try:
        page = client.get("/style")
        assert page.status_code == 200
        for accent in ACCENTS:
            assert f"accent-{accent}" in page.text
        pictures = re.findall(r'src="(/style/[^"]+)"', page.text)
        assert len(set(pictures)) >= 7
        assert {client.get(picture).content_type for picture in pictures} == {"image/svg+xml"}
        assert client.get("/style/none/kindness.svg").status_code == 404
    finally:
        app.config["GATHERINGS"] = kept


def test_every_icon_that_a_page_names_is_in_the_sprite():
    sprite = (data_folder("static") / "icons.svg").read_text()
    there = set(re.findall(r'<symbol id="(\w+)"', sprite))
    named = {
        name
        for template in data_folder("templates").rglob("*.html")
        for name in re.findall(r'icon\("(\w+)"\)', re.sub(r"\{#.*?#\}", "", template.read_text(), flags=re.DOTALL))
    }
    assert there == set(ICONS)
    assert named <= there
