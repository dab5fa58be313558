"""The host's screen of the run of show: presses without and with a script, two hosts, what is kept and what is told."""

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from gatherings.communities.models import Community
from gatherings.live.models import Run
from gatherings.live.queries import held_of
from tests.factories import make_community, make_event
from tests.signing import make_role, sign_in, token_in
from tests.slotting import make_call, make_item, make_order, make_submission

HX = {"HX-Request": "true"}


@pytest.fixture
def show(session, now):
    """Three slots with a buffer before the last: Zoë, 李雷 and Maureen."""
    event = make_event(session, make_community(session, slug="kind"))
    call = make_call(session, event)
    names = [("zoe@example.org", "Zoë & Sons <3"), ("li@example.org", "李雷"), ("maureen@example.org", "Maureen")]
    sent = [
        make_submission(
            session,
            call,
            address,
            name=name,
            title=f"Talk of {name}",
            pronunciation="as one says it",
            state="accepted",
            told="accepted",
        )
        for address, name in names
    ]
    sent[0].confirmed_at = now
    order = make_order(session, event, sent[:2], host_name="Anna")
    make_item(session, order, 3, kind="buffer", seconds=60)
    make_item(session, order, 4, submission=sent[2], notes="thank the nurses")
    session.commit()
    return event


def reread(session, event_id: int, **how: bool) -> Any:
    return held_of(session, event_id, **how)


def community_in(session):
    return session.scalars(select(Community).where(Community.slug == "kind")).one()


class Host:
    """A host's browser on the screen; `at` is seconds after the planned start."""

    def __init__(self, client, session, event, clock_at, name="Anna"):
        self.client, self.event, self.clock_at = client, event, clock_at
        self.path = f"/organise/events/{event.slug}/live"
        person = make_role(session, community_in(session), "host", f"{name.lower()}@example.org", name)
        with self.still(0):
            sign_in(client, session, person)

    def still(self, at):
        return self.clock_at(self.event.starts_at + timedelta(seconds=at))

    def look(self, at, path=""):
        with self.still(at):
            return self.client.get(self.path + path)

    def press(self, at, name, *, seen=None, htmx=True, **values):
        page = self.look(at).text
        if seen is None:
            seen = re.findall(r'name="seen" value="(\d+)"', page)[0]
        with self.still(at):
            data = {"csrf_token": token_in(page), "press": name, "seen": seen, **values}
            return self.client.post(f"{self.path}/press", data=data, headers=HX if htmx else {})


@pytest.fixture
def host(client, session, show, clock_at):
    return Host(client, session, show, clock_at)


def test_before_it_begins_there_is_a_list_to_look_at(host, session):
    page = host.look(-86400).text
    assert "2 presenters have not confirmed:" in page
    assert "李雷, Maureen" in page
    assert "The host is Anna." in page
    assert "The meeting link is there." in page
    assert 'value="try"' in page
    assert 'value="start"' not in page
    assert 'value="start"' in host.look(-3600).text


def test_one_press_for_each_slot_without_a_script(host):
    answer = host.press(0, "start", htmx=False)
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith("/live")
    page = host.look(60).text
    assert "Zoë &amp; Sons &lt;3" in page
    assert "as one says it" in page
    assert ">2:00</span>" in page
    assert "Next, at 18:03:30" in page
    assert 'http-equiv="refresh"' in page
    host.press(180, "next", htmx=False)
    assert "Change-over" in host.look(181).text
    assert "Begins now" in host.look(181).text
    host.press(390, "next", htmx=False)
    assert "thank the nurses" in host.look(500).text
    host.press(660, "next", htmx=False)
    after = host.look(700).text
    assert "It is over" in after
    assert "What it came to" in after
    table = host.look(700, "/times.csv").text
    assert '"Maureen","2026-12-15 18:08:00",180,"2026-12-15 18:08:00","2026-12-15 18:11:00",180,0,0,"no"' in table


def test_an_overrun_is_said_in_words_and_taken_up_by_the_buffer(host):
    host.press(0, "start")
    page = host.look(220).text
    assert "0:40 over time. What follows begins 0:40 later. The buffers take it up, and the end stays." in page
    assert "0:20 left of 1:00" in page
    page = host.look(280).text
    assert "1:40 over time. What follows begins 1:40 later. The end comes 0:40 later, and nobody" in page


def test_the_screen_follows_and_is_quiet_when_nothing_changed(host):
    host.press(0, "start")
    version = re.findall(r"board\?v=([\w-]+)", host.look(10).text)[0]
    quiet = host.look(11, f"/board?v={version}")
    assert quiet.status_code == 204
    assert quiet.headers["Clock"] == f"{(host.event.starts_at.timestamp() + 11):.3f}"
    assert quiet.headers["Cache-Control"] == "no-store"
    over = host.look(185, f"/board?v={version}")  # the same buttons: a press that is being made is not disturbed
    assert 'id="run-now"' in over.text
    assert 'id="run-controls"' not in over.text
    host.press(190, "pause", seen=1)
    news = host.look(191, f"/board?v={version}")
    assert 'id="run-controls"' in news.text
    assert "Anna pressed Pause one second ago. Paused." in news.text


def test_a_second_host_does_not_fight(app, host, session, clock_at):
    ben = Host(app.test_client(), session, host.event, clock_at, "Ben")
    host.press(0, "start")
    assert host.press(180, "next", seen=1).status_code == 200
    late = ben.press(182, "next", seen=1)
    assert "Anna pressed Next 2 seconds ago. Somebody else was quicker" in late.text
    assert reread(session, host.event.id).run.turn == 2
    assert 'class="note note-warn">Anna' not in host.press(183, "next", seen=1).text  # one's own second press
    assert ben.press(184, "next", seen=1, htmx=False).headers["Location"].endswith("?said=late")
    assert "Somebody else was quicker" in ben.look(185, "?said=late").text


def test_a_press_that_was_kept_while_the_network_was_down(host, session):
    host.press(0, "start")
    host.press(215, "next", seen=1, age="35")
    assert reread(session, host.event.id).plan[0].item.ended_at == host.event.starts_at + timedelta(seconds=180)
    for nonsense in ("1e9", "-5", "", "٣", "9" * 50):
        assert host.press(300, "extend", age=nonsense, seconds="30").status_code == 200
    assert host.press(300, "extend", seconds="9" * 30).status_code == 200
    assert host.press(300, "dance").status_code == 404
    assert host.press(300, "next", seen="soon").status_code == 200
    assert session.scalars(select(Run.turn)).one() == 7


def test_a_rehearsal_keeps_nothing(host, session):
    host.press(-86400, "try")
    assert "Rehearsal: nothing of this is kept" in host.look(-86390).text
    host.press(-86300, "next")
    answer = host.press(-86200, "forget")
    assert "Nothing of it was kept." in answer.text
    held = reread(session, host.event.id)
    assert held.run.state == "waiting"
    assert all(timed.item.began_at is None for timed in held.plan)


def test_leaving_out_and_taking_up_again(host, session):
    host.press(0, "start")
    item = reread(session, host.event.id).plan[1].item.public_id
    answer = host.press(5, "skip", item=item).text
    assert "left out" in answer
    assert "Take up again" in answer
    assert "left out" not in host.press(6, "unskip", item=item).text


def test_what_only_hosts_may_do(client, session, show, clock_at):
    for role, status in (("editor", 403), ("helper", 403), ("reviewer", 403)):
        with clock_at(show.starts_at):
            sign_in(client, session, make_role(session, community_in(session), role))
            for path in ("", "/board", "/times.csv"):
                assert client.get(f"/organise/events/{show.slug}/live{path}").status_code == status
    assert session.scalars(select(Run)).all() == []


def test_an_event_without_an_order_says_so(client, session):
    event = make_event(session, make_community(session, slug="kind"))
    sign_in(client, session, make_role(session, community_in(session), "host"))
    assert "To the running order" in client.get(f"/organise/events/{event.slug}/live").text
    assert client.get(f"/organise/events/{event.slug}/live/board").status_code == 409
