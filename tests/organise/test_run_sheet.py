"""The run sheet: what the host has on paper."""

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from gatherings.calls.models import Slide
from gatherings.core.tokens import new_public_id
from tests.factories import NOW, make_community, make_event
from tests.signing import make_role, sign_in
from tests.slotting import make_call, make_co_presenter, make_item, make_order, make_submission


def test_it_says_all_that_a_host_needs_to_the_second(client: FlaskClient, session: Session, now) -> None:
    community = make_community(session)
    event = make_event(session, community, slug="advent")
    call = make_call(session, event)
    first = make_submission(
        session, call, state="accepted", name="Siobhán <b>", pronunciation="shi-VAWN", needs="Captions.", recording=True
    )
    make_co_presenter(session, first, "co@example.org", "Ada Second")
    second = make_submission(session, call, "b@example.org", state="accepted", name="李雷", recording=False)
    gone = make_submission(session, call, "c@example.org", state="withdrawn", name="Nobody Any More")
    session.add(
        Slide(
            public_id=new_public_id(), submission_id=first.id, alt="", width=1, height=1, data=b"RIFF", created_at=NOW
        )
    )
    order = make_order(session, event, host_name="Nicki")
    make_item(session, order, 1, kind="opening", seconds=300)
    for position, submission in enumerate((first, gone, second), 2):
        make_item(
            session, order, position, submission=submission, notes="Her own screen." if submission is first else ""
        )
    make_item(session, order, 5, kind="closing", seconds=60)
    sign_in(client, session, make_role(session, community, "host"))
    page = client.get("/organise/events/advent/running-order/print").text
    for text in (
        "<b>18:05:00</b>", "to 18:08:00", "<b>18:12:00</b>", "18:16:00", "after 0:30 to change",
        "Siobhán &lt;b&gt;, Ada Second", "say: shi-VAWN", "Captions.", "Her own screen.", "slide", "李雷",
        "do not record", "Host: Nicki", "London time", "Ask it once tomorrow.",
    ):  # fmt: skip
        assert text in page, text
    assert page.count("do not record") == 1
    for text in ("Nobody Any More", "@example.org", "GMT", "meet.example.org"):
        assert text not in page
    assert page.count('class="sheet-slot"') == 2
    assert "The plan ends" not in page
    make_item(session, order, 6, kind="break", seconds=3600)
    assert (
        "The plan ends 16:00 after the gathering does."
        in client.get("/organise/events/advent/running-order/print").text
    )


def test_who_runs_the_hour_has_it_and_nobody_else(client: FlaskClient, session: Session, app, now) -> None:
    community = make_community(session)
    make_event(session, community, slug="advent")
    path = "/organise/events/advent/running-order/print"
    for role, status in (
        ("owner", 200),
        ("organiser", 200),
        ("host", 200),
        ("reviewer", 403),
        ("helper", 403),
        ("editor", 403),
    ):
        visitor = app.test_client()
        sign_in(visitor, session, make_role(session, community, role))
        found = visitor.get(path)
        assert found.status_code == status, role
        if status == 200:
            assert "There is no running order yet" in found.text
            assert found.headers["Cache-Control"] == "no-store"
    sign_in(client, session, make_role(session, make_community(session), "owner", "out@example.org"))
    assert client.get(path).status_code == 404
