"""The one slide of a submission: checked, written anew, and for its presenters and organisers alone (bar C15)."""

import struct
import subprocess
import sys
import zlib
from datetime import timedelta
from io import BytesIO
from typing import Any

from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.calls.models import Call, CoPresenter, Slide, Submission
from gatherings.core.tokens import new_public_id
from gatherings.events.models import Event
from tests.factories import make_community, make_event
from tests.races import at_once
from tests.signing import make_role, sign_in
from tests.slotting import make_call, make_co_presenter, make_submission


def picture(kind: str = "PNG", size: tuple[int, int] = (80, 45), **more: Any) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, (200, 40, 40)).save(out, kind, **more)
    return out.getvalue()


def bomb(side: int = 30_000) -> bytes:
    """A PNG of 30,000 by 30,000 points that is a few hundred kilobytes small, written without making the picture."""
    squeeze = zlib.compressobj(9)
    row = b"\0" * (1 + side // 8)
    data = b"".join(squeeze.compress(row * 1000) for _ in range(side // 1000)) + squeeze.flush()

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def offer(session: Session, **values: Any) -> Submission:
    call = make_call(session, make_event(session))
    return make_submission(session, call, **values)


def path_of(client: FlaskClient, submission: Submission | CoPresenter, purpose: str = "submission") -> str:
    signer = client.application.extensions["gatherings.signer"]
    return f"/submissions/{signer.sign(purpose, submission.public_id, submission.link_version)}"


def send(client: FlaskClient, path: str, data: bytes | None, alt: str = "A red field", name: str = "slide.png", **more):
    fields: dict[str, Any] = {"slide-alt": alt}
    if data is not None:
        fields["slide"] = (BytesIO(data), name)
    return client.post(f"{path}/slide", data=fields, content_type="multipart/form-data", **more)


def slides(session: Session) -> list[Slide]:
    session.rollback()
    return list(session.scalars(select(Slide).order_by(Slide.id).execution_options(populate_existing=True)))


def test_a_slide_is_set_replaced_described_and_removed(client: FlaskClient, session: Session, now) -> None:
    submission = offer(session)
    path = path_of(client, submission)
    assert send(client, path, picture()).location == f"{path}#slide"
    (first,) = slides(session)
    shown = client.get(f"{path}/slide").text
    assert 'alt="A red field"' in shown
    assert f"slide.webp?v={first.public_id}" in shown
    found = client.get(f"{path}/slide.webp")
    assert (found.content_type, found.data[:4]) == ("image/webp", b"RIFF")
    assert found.headers["Cache-Control"] == "no-store"
    assert found.headers["X-Content-Type-Options"] == "nosniff"
    assert found.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "noindex" in found.headers["X-Robots-Tag"]
    before = first.public_id, first.data
    # Words alone keep the picture; another picture takes its place under another name.
    assert send(client, path, None, 'A "red" field <3').status_code == 303
    (same,) = slides(session)
    assert (same.public_id, same.data, same.alt) == (*before, 'A "red" field <3')
    piece = send(client, path, picture(size=(90, 20)), "Another", headers={"HX-Request": "true"})
    assert "<html" not in piece.text
    assert "Your slide is in." in piece.text
    (other,) = slides(session)
    assert (other.width, other.height, other.alt) == (90, 20, "Another")
    assert other.public_id != before[0]
    for _press in range(2):
        assert client.post(f"{path}/slide/remove").status_code == 303
    assert slides(session) == []
    assert client.get(f"{path}/slide.webp").status_code == 404


def test_what_harms_is_refused_in_words_and_what_was_typed_stays(client: FlaskClient, session: Session, now) -> None:
    path = path_of(client, offer(session))
    whole = picture(size=(300, 300))
    for data, name, sentence in (
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "a.svg", "not a picture"),
        (b"<!doctype html><script>alert(1)</script>", "a.png", "not a picture"),
        (b"%PDF-1.7", "a.jpg", "not a picture"),
        (whole[:200], "cut.png", "did not arrive whole"),
        (whole[:-40], "cut.png", "did not arrive whole"),
        (bomb(), "bomb.png", "more than 20 million points"),
        (b"x" * (5 * 1024 * 1024 + 1), "big.png", "larger than 5 MB"),
        (b"\x89PNG" + b"x" * 40 * 1024 * 1024, "huge.png", "larger than 5 MB"),
        (b"", "empty.png", "choose a picture"),
        (None, "", "choose a picture"),
    ):
        for headers in ({}, {"HX-Request": "true"}):
            found = send(client, path, data, "Zoë's “tea” <3", name, headers=headers)
            assert (found.status_code, sentence in found.text) == (422, True), (name, sentence)
            assert 'value="Zoë&#39;s “tea” &lt;3"' in found.text, name
    for alt, sentence in (
        ("", "say in a few words"),
        (" ", "say in a few words"),
        ("x" * 301, "300"),
        ("a\nb", "line"),
    ):
        found = send(client, path, picture(), alt)
        assert (found.status_code, sentence in found.text) == (422, True), alt
    assert slides(session) == []


def test_what_is_taken_is_made_harmless(client: FlaskClient, session: Session, now) -> None:
    path = path_of(client, offer(session))
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "where I live"
    exif.get_ifd(0x8825)[1] = "N"
    frames = [Image.new("P", (20, 20), number) for number in range(3)]
    moving = BytesIO()
    frames[0].save(moving, "GIF", save_all=True, append_images=frames[1:])
    script = picture() + b"<script>alert(1)</script>"
    for data, name in (
        (picture("JPEG", exif=exif), "../../evil.html"),
        (moving.getvalue(), "moves.gif"),
        (script, "a.html"),
        (picture(size=(4000, 1000)), "wide.png"),
    ):
        assert send(client, path, data, name=name).status_code == 303
        (slide,) = slides(session)
        for secret in (b"where I live", b"script", b"Exif"):
            assert secret not in slide.data
        with Image.open(BytesIO(slide.data)) as found:
            assert (found.format, getattr(found, "n_frames", 1)) == ("WEBP", 1)
            assert max(found.size) <= 1600
            assert found.size == (slide.width, slide.height)


MEASURED = """
import resource, sys
from io import BytesIO
from PIL import Image
from gatherings.core.pictures import PictureProblem, rewrite
Image.new("RGB", (9, 9)).save(BytesIO(), "PNG")
rewrite_small = BytesIO(); Image.new("RGB", (9, 9)).save(rewrite_small, "PNG"); rewrite(rewrite_small.getvalue())
data = sys.stdin.buffer.read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    rewrite(data)
except PictureProblem as problem:
    print(problem, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_a_picture_that_would_fill_the_memory_needs_next_to_none() -> None:
    data = bomb()
    assert len(data) < 500_000
    done = subprocess.run([sys.executable, "-c", MEASURED], input=data, capture_output=True, check=True, timeout=60)
    sentence, _space, megabytes = done.stdout.decode().strip().rpartition(" ")
    assert "20 million" in sentence
    assert int(megabytes) < 8  # decoded it would be 900 MB


def test_only_as_long_as_the_call_is_open(client: FlaskClient, session: Session, now, clock_at) -> None:
    submission = offer(session)
    path = path_of(client, submission)
    assert send(client, path, picture()).status_code == 303
    call = session.get_one(Call, submission.call_id)

    def refused(sentence: str) -> None:
        for found in (send(client, path, picture(size=(10, 10)), "New"), client.post(f"{path}/slide/remove")):
            assert (found.status_code, sentence in found.text) == (409, True), sentence
        (slide,) = slides(session)
        assert (slide.width, slide.alt) == (80, "A red field")
        page = client.get(f"{path}/slide").text
        assert "<img" in page
        assert 'type="file"' not in page

    with clock_at(call.closes_at - timedelta(seconds=1)):
        assert send(client, path, None).status_code == 303
    with clock_at(call.closes_at):
        refused("The call has closed")
    session.get_one(Event, call.event_id).status = "cancelled"
    session.commit()
    refused("cancelled by its hosts")
    session.get_one(Event, call.event_id).status = "published"
    session.get_one(Submission, submission.id).state = "withdrawn"
    session.commit()
    refused("was withdrawn")


def test_a_slide_that_must_be_is_asked_for_at_the_yes_and_not_before(
    client: FlaskClient, session: Session, now, clock_at
) -> None:
    submission = offer(session, state="accepted", told="accepted", told_at=now)
    call = session.get_one(Call, submission.call_id)
    call.asks = {"slide": "must"}
    session.commit()
    path = path_of(client, submission)
    with clock_at(call.closes_at + timedelta(hours=1)):  # the letter came after the close: it is not too late for it
        assert "The hosts need one slide with every slot." in client.get(path).text
        refused = client.post(f"{path}/confirm")
        assert refused.status_code == 409
        assert "Please send yours first, then press once more." in refused.text
        assert 'type="file"' in refused.text
        assert send(client, path, picture()).status_code == 303
        assert "The hosts need one slide" not in client.get(path).text
        assert client.post(f"{path}/confirm").status_code == 303
        assert send(client, path, picture(size=(10, 10))).status_code == 409  # now it is settled
        assert client.post(f"{path}/confirm").status_code == 303  # pressed twice
    other = make_submission(session, call, "other@example.org", state="accepted")  # not told yet: nothing shows it
    session.commit()
    with clock_at(call.closes_at + timedelta(hours=1)):
        assert send(client, path_of(client, other), picture()).status_code == 409
        assert "need one slide" not in client.get(path_of(client, other)).text


def test_a_call_that_does_not_ask_takes_none_and_lets_one_go(client: FlaskClient, session: Session, now) -> None:
    submission = offer(session)
    path = path_of(client, submission)
    assert send(client, path, picture()).status_code == 303
    session.get_one(Call, submission.call_id).asks = {"slide": "no"}
    session.commit()
    found = send(client, path, picture(size=(10, 10)))
    assert (found.status_code, "do not ask for a slide" in found.text) == (409, True)
    assert client.post(f"{path}/slide/remove").status_code == 303
    assert slides(session) == []
    assert 'type="file"' not in client.get(f"{path}/slide").text


def test_who_sees_it_and_who_does_not(client: FlaskClient, session: Session, app, now) -> None:
    community = make_community(session)
    event = make_event(session, community)
    submission = make_submission(session, make_call(session, event))
    other = make_co_presenter(session, submission, "co@example.org", "Co")
    another = make_submission(session, make_call(session, make_event(session, community)), "else@example.org")
    session.commit()
    path, theirs, elses = (
        path_of(client, submission),
        path_of(client, other, "co-presenter"),
        path_of(client, another),
    )  # fmt: skip
    assert send(client, path, picture()).status_code == 303
    assert client.get(f"{theirs}/slide.webp").data[:4] == b"RIFF"
    shown = client.get(theirs).text
    assert f"{theirs}/slide.webp" in shown
    assert 'type="file"' not in shown
    assert client.get(f"{theirs}/slide").status_code == 404
    assert send(client, theirs, picture(size=(10, 10))).status_code == 404
    assert client.post(f"{theirs}/slide/remove").status_code == 404
    assert client.get(f"{elses}/slide.webp").status_code == 404
    signer = app.extensions["gatherings.signer"]
    for token in (
        submission.public_id, f"{submission.public_id}.1.{'A' * 22}", signer.sign("slot", submission.public_id, 1),
        signer.sign("submission", submission.public_id, 2), signer.sign("submission", new_public_id(), 1),
    ):  # fmt: skip
        for found in (
            client.get(f"/submissions/{token}/slide"),
            client.get(f"/submissions/{token}/slide.webp"),
            send(client, f"/submissions/{token}", picture()),
            client.post(f"/submissions/{token}/slide/remove"),
        ):
            assert found.status_code == 404
    assert [slide.width for slide in slides(session)] == [80]
    # Organisers of this community, by their right to review; not by another event's address.
    url = f"/organise/events/{event.slug}/submissions/{submission.public_id}/slide.webp"
    assert client.get(url).status_code in (302, 303, 403)
    for role, status in (("owner", 200), ("organiser", 200), ("host", 200), ("reviewer", 200), ("helper", 403)):
        visitor = app.test_client()
        sign_in(visitor, session, make_role(session, community, role))
        found = visitor.get(url)
        assert found.status_code == status, role
        if status == 200:
            assert (found.data[:4], found.headers["Cache-Control"]) == (b"RIFF", "no-store")
            wrong = url.replace(submission.public_id, another.public_id)
            assert visitor.get(wrong).status_code == 404
            assert visitor.get(url.replace(submission.public_id, "x%00")).status_code == 404
    outsider = app.test_client()
    sign_in(outsider, session, make_role(session, make_community(session), "owner", "out@example.org"))
    assert outsider.get(url).status_code == 404


def test_too_many_pictures_in_an_hour_are_refused(client: FlaskClient, session: Session, now) -> None:
    path = path_of(client, offer(session))
    for _number in range(30):
        assert send(client, path, b"x").status_code == 422
    assert send(client, path, picture()).status_code == 429
    assert slides(session) == []


def test_two_tabs_at_once_leave_one_slide(app, session: Session, now) -> None:
    path = path_of(app.test_client(), offer(session))
    data = picture()
    pressed = at_once(app, [lambda: send(app.test_client(), path, data).status_code for _tab in range(4)])
    assert pressed == [303] * 4
    assert len(slides(session)) == 1
