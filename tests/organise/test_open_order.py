"""The running order on a screen that stands open: while a rehearsal is on, and while others change it."""

import pytest

from gatherings.live.actions import Press, press
from gatherings.live.queries import held_of, in_rehearsal
from tests.factories import NOW, make_event
from tests.organise.test_running_order import TITLES, Desk, items_of, names_of
from tests.pages.counting import counted
from tests.signing import make_role, sign_in
from tests.slotting import make_call, make_order, make_submission


@pytest.fixture
def event(session):
    return make_event(session, offers="")


@pytest.fixture
def four(session, event):
    call = make_call(session, event)
    return [
        make_submission(
            session, call, f"p{number}@example.org", state="accepted", told="accepted", confirmed_at=NOW, title=title
        )
        for number, title in enumerate(TITLES)
    ]


@pytest.fixture
def desk(client, session, event):
    sign_in(client, session, make_role(session, event.community, "organiser"))
    return Desk(client, event)


def test_a_rehearsal_is_in_nobodys_way_and_what_it_began_ends_it_when_moved(desk, session, event, four):
    make_order(session, event, four)
    a, b, c, d = items_of(session, event)

    def rehearse() -> None:
        for name in ("try", "next", "next"):
            session.rollback()
            held = held_of(session, event.id)
            assert held is not None
            assert press(session, event.id, Press(name, seen=held.run.turn), now=NOW).done
            session.commit()

    def is_on() -> bool:
        session.rollback()
        return in_rehearsal(session, event.id)

    rehearse()
    page = desk.look().text
    assert "A rehearsal is on" in page
    assert "It has begun" not in page
    assert page.count("data-handle") == 4
    assert desk.move(d, f"{c.public_id}~", edits=0).status_code == 303  # where it stands: nothing of the rehearsal
    assert is_on()
    moved = desk.move(a, f"{d.public_id}~", edits=0)
    assert moved.location.endswith("&rehearsal=ended")
    assert "That ended the rehearsal" in desk.client.get(moved.location).text
    assert names_of(session, event) == ["Bread", "Civility Saves Lives", "Dance", "Ask"]
    assert not is_on()
    assert all(item.began_at is None and not item.skipped for item in items_of(session, event))
    rehearse()
    item = items_of(session, event)[0]
    path = f"/items/{item.public_id}"
    assert desk.press(path, **(desk.form(path) | {"length": "4:00"})).status_code == 303
    assert items_of(session, event)[0].seconds == 240
    rehearse()
    assert "That ended the rehearsal" in desk.press(f"/items/{b.public_id}/remove", htmx=True).text
    rehearse()
    refused = desk.press("/undo", edits=1)  # refused for another reason: the rehearsal goes on
    assert refused.status_code == 409
    assert is_on()


def test_a_screen_that_stands_open_hears_what_was_changed_and_else_nothing(desk, session, engine, event, four):
    make_order(session, event, four)

    def news(page: str) -> str:
        return page.partition('data-news="')[2].partition('"')[0]

    address = news(desk.look().text)
    assert address.startswith(f"{desk.base}/news?v=")
    with counted(engine) as few:
        for _again in range(2):
            answer = desk.client.get(address, headers={"HX-Request": "true"})
            assert (answer.status_code, answer.data) == (204, b"")
    assert len(few) <= 12
    a, _b, _c, d = items_of(session, event)
    assert desk.move(a, f"{d.public_id}~", edits=0).status_code == 303
    changed = desk.client.get(address, headers={"HX-Request": "true"})
    assert changed.status_code == 200
    assert "Something was changed elsewhere." in changed.text
    assert "<html" not in changed.text
    assert desk.client.get(news(changed.text), headers={"HX-Request": "true"}).status_code == 204
    four[1].confirmed_at = None  # not by an organiser: a presenter's answer is news as well
    session.commit()
    assert desk.client.get(news(changed.text), headers={"HX-Request": "true"}).status_code == 200
