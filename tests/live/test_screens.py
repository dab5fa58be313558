"""Screens for everybody, the stage and presenters: what they show, to whom, and how little they ask."""

import re
from datetime import UTC, datetime, timedelta

from gatherings.calls.links import path_of
from gatherings.events.actions import keep_old_slug
from gatherings.live.models import Run
from gatherings.slots.models import Item
from tests.factories import make_event
from tests.live.test_kept import counted
from tests.slotting import make_call, make_co_presenter, make_order, make_submission

STARTS = datetime(2026, 12, 15, 18, tzinfo=UTC)
TOLD = {"state": "accepted", "told": "accepted"}
GROUPS = ("Maureen", "Sheila", "Bob", "Chris", "Brigid", "Shane", "Cath", "Göran")


def held(session, now, **values):
    """An order of the eight, published; the second has a co-presenter in Auckland."""
    event = make_event(session, **values)
    call = make_call(session, event)
    submissions = [
        make_submission(
            session, call, f"p{n}@example.org", state="accepted", told="accepted", name=name, title=f"Talk {n}"
        )
        for n, name in enumerate(GROUPS)
    ]
    other = make_co_presenter(session, submissions[1], "mathieu@example.org", "Mathieu", zone="Pacific/Auckland")
    order = make_order(session, event, submissions, published_at=now, host_name="Nicki")
    session.commit()
    return event, order, submissions, other


def start(session, order, at: datetime) -> None:
    """As the host's first press."""
    first = session.query(Item).filter_by(order_id=order.id).order_by(Item.position).first()
    first.began_at = at
    session.add(
        Run(order_id=order.id, state="running", item_id=first.id, item_since=at, turn=1, pressed_at=at, began_at=at,
            pressed_by="Nicki", pressed="start")
    )  # fmt: skip
    session.commit()


def found(pattern: str, html: str) -> str:
    """Give the one group of a pattern that has to be there."""
    hit = re.search(pattern, html)
    assert hit is not None
    return hit[1]


def clock_of(html: str) -> datetime:
    """When the first clock of a piece counts down to."""
    return datetime.fromtimestamp(float(found(r'data-until="([0-9.]+)"', html)), UTC)


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_everybody_sees_what_is_on_and_what_comes_on_their_own_clock(client, session, now, clock_at):
    event, order, *_ = held(session, now)
    with clock_at(now):
        page = client.get(f"/events/{event.slug}/live")
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in page.headers
    said = text_of(page.text)
    assert "In 25 days Tuesday 15 December, 18:00 in London" in said
    start(session, order, STARTS)
    with clock_at(STARTS + timedelta(seconds=60)):
        piece = client.get(f"/events/{event.slug}/live/now", headers={"X-Visitor-Zone": "Pacific/Auckland"})
    said = text_of(piece.text)
    assert "Now Talk 0 Maureen" in said
    assert clock_of(piece.text) == STARTS + timedelta(seconds=180)
    assert "Next Talk 1 Sheila, Mathieu at about 07:03:30" in said
    assert "Auckland" in said
    assert abs(float(piece.headers["Clock"]) - (STARTS + timedelta(seconds=60)).timestamp()) < 1
    assert "meet.example.org" not in piece.text


def test_a_screen_that_has_it_already_gets_nothing_but_the_time(client, session, now, clock_at, app):
    event, order, *_ = held(session, now)
    start(session, order, STARTS)
    path = f"/events/{event.slug}/live/stage/now"
    for second in (60, 100):
        with clock_at(STARTS + timedelta(seconds=second)):
            first = client.get(path)
        with clock_at(STARTS + timedelta(seconds=second + 30)):
            again = client.get(path + "?v=" + found(r"\?v=([0-9a-z-]+)", first.text))
    # Three minutes that run as planned are one version; only the client counts.
    assert again.status_code == 204
    assert "Clock" in again.headers
    assert client.get(path + "?v=v-0000").status_code == 200


def test_presenters_know_how_many_come_before_them(client, session, now, clock_at, app):
    _event, order, submissions, other = held(session, now)
    start(session, order, STARTS)
    with app.test_request_context():
        paths = [path_of(one) + "/live" for one in submissions]
        mathieu = path_of(other) + "/live"
    with clock_at(STARTS + timedelta(seconds=30)):
        words = [text_of(client.get(path + "/now").text) for path in paths]
        co_presenters = text_of(client.get(mathieu + "/now").text)
    assert "You are on" in words[0]
    assert "You are next" in words[1].replace("You are next but one", "")
    assert "You are next but one" in words[2]
    assert "3 slots before you" in words[3]
    assert "You speak at about 12:10:30, for 3:00" in words[3]  # in Chicago
    assert "You speak at about 07:03:30" in co_presenters
    page = client.get(paths[3])
    assert page.status_code == 200
    assert "Nicki" in page.text
    for wrong in (paths[0].replace("/submissions/", "/slot/"), paths[0][:-8] + "xx/live", "/submissions/x/live"):
        assert client.get(wrong).status_code == 404


def test_nobody_learns_of_being_accepted_or_of_an_unpublished_order_here(client, session, now, app):
    event, order, submissions, _other = held(session, now)
    submissions[0].told = "submitted"
    session.commit()
    with app.test_request_context():
        path = path_of(submissions[0]) + "/live"
    assert client.get(path).status_code == 404
    order.published_at = None
    session.commit()
    for end in ("", "/now", "/stage", "/stage/now"):
        assert client.get(f"/events/{event.slug}/live{end}").status_code == 404
    assert client.get("/events/no-such-event/live").status_code == 404


def test_whose_slot_it_is_stands_on_no_public_screen_before_their_letter(client, session, now, clock_at, app):
    event, order, submissions, _other = held(session, now)
    submissions[1].told = ""  # accepted, and no letter has said so
    submissions[2].state = "withdrawn"
    start(session, order, STARTS)
    with app.test_request_context():
        own = path_of(submissions[0]) + "/live"
    with clock_at(STARTS + timedelta(seconds=60)):
        for path in (f"/events/{event.slug}/live", f"/events/{event.slug}/live/stage", own):
            for end in ("", "/now"):
                said = client.get(path + end).text
                for word in ("Talk 1", "Sheila", "Mathieu", "Talk 2", "Bob", submissions[1].public_id):
                    assert word not in said, (path, end, word)


def test_an_overrun_is_said_in_words_and_nobodys_time_is_cut(client, session, now, clock_at):
    event, order, *_ = held(session, now)
    start(session, order, STARTS)
    with clock_at(STARTS + timedelta(seconds=180 + 42)):
        page = text_of(client.get(f"/events/{event.slug}/live").text)
        said = text_of(client.get(f"/events/{event.slug}/live/now").text)
    assert "0:42 over. What follows begins later; nobody's time is cut." in page
    assert "over. What follows begins later; nobody's time is cut." in said
    # To the minute while the second moves on: 18:04:12 at this moment.
    assert "Next Talk 1 Sheila, Mathieu at about 18:04 The order" in said
    assert "18:04 Talk 1 Sheila, Mathieu planned 18:03:30" in said


def test_screens_get_nothing_new_while_somebody_runs_over_or_the_clock_stands(client, session, now, clock_at, app):
    event, order, submissions, _other = held(session, now)
    start(session, order, STARTS)
    with app.test_request_context():
        own = [path_of(one) + "/live/now" for one in submissions]
    paths = [f"/events/{event.slug}/live/now", f"/events/{event.slug}/live/stage/now", own[0], own[1], own[5]]

    def twice(seconds: int) -> None:
        for path in paths:
            with clock_at(STARTS + timedelta(seconds=seconds)):
                version = found(r"\?v=([0-9a-z-]+)", client.get(path).text)
            with clock_at(STARTS + timedelta(seconds=seconds + 8)):
                again = client.get(f"{path}?v={version}")
            assert (path, again.status_code, again.text) == (path, 204, "")

    twice(210)  # over
    session.query(Run).update({"state": "paused", "paused_at": STARTS + timedelta(seconds=200)})
    session.commit()
    twice(240)
    session.query(Run).update({"state": "waiting", "item_id": None, "paused_at": None})
    session.commit()
    twice(-600)
    twice(30)  # late, and not begun


def test_a_presenters_screen_costs_two_statements_and_then_one_more_in_twenty_seconds(
    client, session, now, clock_at, app, engine
):
    _event, order, submissions, _other = held(session, now)
    start(session, order, STARTS)
    with app.test_request_context():
        path = path_of(submissions[0]) + "/live/now"
    with counted(engine) as asked, clock_at(STARTS + timedelta(seconds=10)):
        client.get(path)
        first = len(asked)
        for _ in range(5):
            client.get(path)
        assert (first, len(asked)) == (2, 2), asked  # whose it is, and the board
    with counted(engine) as asked, clock_at(STARTS + timedelta(seconds=12)):
        client.get(path)
        assert len(asked) == 1


def test_an_old_address_leads_to_the_screens(client, session, now):
    event, *_ = held(session, now)
    keep_old_slug(session, "event", event.id, "old-name")
    session.commit()
    for page in ("live", "live/stage"):
        moved = client.get(f"/events/old-name/{page}")
        assert (moved.status_code, moved.headers["Location"]) == (301, f"/events/{event.slug}/{page}")
        assert client.get(f"/events/never-was/{page}").status_code == 404
