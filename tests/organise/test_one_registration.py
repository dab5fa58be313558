"""One registration and several at once, as each role and as strangers; what is done is told, logged, and done once."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.audit.models import LogEntry
from gatherings.core.tokens import new_public_id
from gatherings.db.places import Places
from gatherings.invites.models import Invite
from gatherings.mail.models import OutboxMail
from gatherings.registration.actions import cancel
from gatherings.registration.models import BulkChange, Registration
from tests.factories import (
    NOW,
    SITE,
    dates_of,
    get_registration,
    make_community,
    make_consent,
    make_event,
    make_question,
    make_registration,
    make_series,
    make_series_registration,
)
from tests.signing import make_role, sign_in, token_in

EARLY = NOW - timedelta(days=2)


@pytest.fixture(autouse=True)
def still(clock_at):
    with clock_at(NOW):
        yield


@pytest.fixture
def community(session: Session):
    return make_community(session)


@pytest.fixture
def event(session: Session, community):
    return make_event(session, community, mode="hybrid", capacity_room=1)


@pytest.fixture
def desk(client, session: Session, community):
    """Press a button as an organiser: `desk(path, **fields)`."""
    me = make_role(session, community, "organiser")
    sign_in(client, session, me)

    def press(path: str, follow: bool = True, **fields: Any) -> Any:
        token = token_in(client.get("/organise/account").text)
        return client.post(path, data={"csrf_token": token, **fields}, follow_redirects=follow)

    press.me = me  # type: ignore[attr-defined]
    return press


def path_of(registration: Registration, event: Any) -> str:
    return f"/organise/events/{event.slug}/registrations/{registration.public_id}"


def kinds(session: Session, address: str | None = None) -> list[str]:
    session.commit()
    mails = session.scalars(select(OutboxMail).order_by(OutboxMail.id))
    return [mail.kind for mail in mails if address in (None, mail.recipient)]


def deeds(session: Session, registration: Registration) -> list[tuple[str, str]]:
    about = f"registration:{registration.public_id}"
    lines = session.scalars(select(LogEntry).where(LogEntry.about == about).order_by(LogEntry.id))
    return [(line.action, line.actor) for line in lines]


def test_everything_about_it(client, session: Session, community, event, desk) -> None:
    food = make_question(session, event, "yes_no", label="Are you <b>hungry</b>?")
    make_consent(session, event, key="photo", text="A picture of me is fine.")
    mine = make_registration(
        session, event, name="Zoë <3", zone="Asia/Tokyo", wish="room", answers={food.id: True},
        consents=frozenset({"photo"}),
    )  # fmt: skip
    mail = session.scalars(select(OutboxMail)).one()
    mail.state, mail.last_error = "failed", "550 5.1.1 <ada@example.org>: no such user"
    page = client.get(path_of(mine, event)).text
    for said in (
        "Zoë &lt;3", "ada@example.org", "Wednesday 16 December", "Tuesday 15 December", "03:00–04:00",
        "Are you &lt;b&gt;",
        "<dd class=\"mail-text\">Yes</dd>", "A picture of me is fine.", "SEQUENCE 0", "could not be delivered",
        "550 5.1.1 &lt;ada@example.org&gt;: no such user", "Registered themselves",
    ):  # fmt: skip
        assert said in page, said
    assert "/registrations/" + mine.public_id + "." not in page  # the manage link is the person's own


def test_change_details(client, session: Session, event, desk) -> None:
    mine = make_registration(session, event, wish="room")
    path = path_of(mine, event)
    wrong = desk(f"{path}/details", name="", zone="Nowhereville")
    assert wrong.status_code == 422
    assert 'value="Nowhereville"' in wrong.text
    page = desk(f"{path}/details", name="Zoë & Sons <3", zone="Stockholm", state="cancelled", person_id="9").text
    assert "Saved." in page
    assert "Zoë &amp; Sons &lt;3" in page
    session.refresh(mine)
    assert (mine.name, mine.zone, mine.state) == ("Zoë & Sons <3", "Europe/Stockholm", "confirmed")
    assert deeds(session, mine) == [("change", desk.me.public_id)]


def test_cancel_asks_first_tells_and_is_done_once(client, session: Session, event, desk) -> None:
    mine = make_registration(session, event, wish="room", now=EARLY)
    next_one = make_registration(session, event, address="next@example.org", wish="room", now=EARLY)
    path = path_of(mine, event)
    assert "Yes, cancel it" in client.get(f"{path}/cancel").text
    assert get_registration(session, mine.public_id).state == "confirmed"
    assert "a mail tells them" in desk(f"{path}/cancel").text
    assert "done before" in desk(f"{path}/cancel").text
    assert kinds(session, "ada@example.org") == ["confirmed", "cancelled"]
    mail = session.scalars(select(OutboxMail).where(OutboxMail.kind == "cancelled")).one()
    assert mail.facts["by"] == "host"
    assert mail.facts["invite"]["method"] == "CANCEL"
    assert get_registration(session, next_one.public_id).places_id == event.room_id
    assert deeds(session, mine) == [("cancel", desk.me.public_id)]


def test_back_again_as_they_were(client, session: Session, event, desk) -> None:
    make_consent(session, event, key="photo")
    mine = make_registration(session, event, wish="room", now=EARLY, consents=frozenset({"photo"}))
    cancel(session, mine, SITE, now=EARLY)
    path = path_of(mine, event)
    assert desk(f"{path}/bring-back", side="moon").status_code == 422
    assert "registered again" in desk(f"{path}/bring-back", side="room").text
    assert "done before" in desk(f"{path}/bring-back", side="room").text
    again = get_registration(session, mine.public_id)
    assert (again.state, again.places_id, again.cancelled_by) == ("confirmed", event.room_id, None)
    assert again.invite.sequence == 2
    assert again.invite.method == "REQUEST"
    assert kinds(session) == ["confirmed", "cancelled", "confirmed"]
    assert session.get_one(Places, event.room_id, populate_existing=True).taken == 1


def test_a_place_for_somebody_who_waits(client, session: Session, event, desk) -> None:
    make_registration(session, event, wish="room", now=EARLY)
    first = make_registration(session, event, address="first@example.org", wish="room", now=EARLY)
    second = make_registration(session, event, address="second@example.org", wish="room", now=EARLY)
    path = path_of(second, event)
    page = desk(f"{path}/promote")
    assert page.status_code == 409
    assert "There is no free place" in page.text
    assert "Make it 2 places" in page.text
    assert "They have a place now" in desk(f"{path}/promote", make_room="yes").text
    assert "done before" in desk(f"{path}/promote", make_room="yes").text
    room = session.get_one(Places, event.room_id, populate_existing=True)
    assert (room.capacity, room.taken) == (2, 2)
    assert get_registration(session, second.public_id).waits_for_id is None
    assert get_registration(session, first.public_id).waits_for_id == event.room_id  # waits still
    assert kinds(session, "second@example.org") == ["confirmed", "promoted"]


def test_move_and_send_again(client, session: Session, event, desk) -> None:
    mine = make_registration(session, event, wish="online", now=EARLY)
    path = path_of(mine, event)
    assert "They are moved" in desk(f"{path}/move", side="room").text
    assert "done before" in desk(f"{path}/move", side="room").text
    assert get_registration(session, mine.public_id).places_id == event.room_id
    assert "on its way" in desk(f"{path}/send-again").text
    again = desk(f"{path}/send-again")
    assert again.status_code == 429
    assert "less than a minute ago" in again.text
    assert kinds(session) == ["confirmed"] * 3


def test_a_mistyped_address(client, session: Session, event, desk) -> None:
    mine = make_registration(session, event, address="ada@exmaple.org", wish="room", now=EARLY)
    other = make_registration(session, event, address="other@example.org", wish="online", now=EARLY)
    path = path_of(mine, event)
    assert desk(f"{path}/address", email="ada@").status_code == 422
    taken = desk(f"{path}/address", email="OTHER@example.org")
    assert taken.status_code == 409
    assert "registered for this gathering already" in taken.text
    assert "The address is corrected" in desk(f"{path}/address", email="ada@example.org").text
    assert "done before" in desk(f"{path}/address", email="ada@example.org").text
    session.commit()
    mails = session.scalars(select(OutboxMail).where(OutboxMail.about.contains(mine.public_id)).order_by(OutboxMail.id))
    assert [(mail.kind, mail.recipient, (mail.facts["invite"] or {}).get("method")) for mail in mails] == [
        ("confirmed", "ada@exmaple.org", "REQUEST"),
        ("moved_away", "ada@exmaple.org", "CANCEL"),
        ("confirmed", "ada@example.org", "REQUEST"),
    ]
    assert get_registration(session, mine.public_id).link_version == 2
    assert get_registration(session, other.public_id).person.key == "other@example.org"
    assert deeds(session, mine) == [("correct_address", desk.me.public_id)]


def test_of_who_comes_every_month(client, session: Session, community, desk) -> None:
    series = make_series(session, community)
    date, later = dates_of(session, series)[:2]
    make_series_registration(session, date)
    mine, other = (
        session.scalars(select(Registration).where(Registration.event_id == one.id)).one() for one in (date, later)
    )
    path = path_of(mine, date)
    assert "Comes every time" in client.get(path).text
    desk(f"{path}/details", name="Another", zone="London")
    assert {get_registration(session, one.public_id).name for one in (mine, other)} == {"Another"}
    assert "The address is corrected" in desk(f"{path}/address", email="new@example.org").text
    assert {get_registration(session, one.public_id).person.key for one in (mine, other)} == {"new@example.org"}
    assert kinds(session) == ["series_confirmed", "moved_away", "series_confirmed"]
    assert "is cancelled" in desk(f"{path}/cancel").text
    assert get_registration(session, other.public_id).state == "confirmed"
    assert "registered again" in desk(f"{path}/bring-back").text
    assert get_registration(session, mine.public_id).state == "confirmed"


def test_over_or_called_off(client, session: Session, community, desk) -> None:
    past = make_event(session, community, starts_local=datetime(2026, 11, 19, 18, 0), now=EARLY)
    mine = make_registration(session, past, now=EARLY)
    path = path_of(mine, past)
    assert "nothing can be changed here" in client.get(path).text
    for press in ("cancel", "send-again", "promote", "details"):
        assert desk(f"{path}/{press}", name="X", zone="London").status_code == 409, press
    assert kinds(session) == ["confirmed"]


PRESSES: list[tuple[str, dict[str, Any]]] = [
    ("details", {"name": "Changed", "zone": "London"}), ("cancel", {}), ("move", {"side": "room"}), ("promote", {}),
    ("send-again", {}), ("swap", {}), ("bring-back", {"side": "online"}), ("address", {"email": "thief@example.org"}),
]  # fmt: skip


def _look(session: Session) -> list[Any]:
    session.commit()
    session.expire_all()
    tables = (Registration, OutboxMail, Invite, BulkChange, LogEntry)
    return [[repr(row) for row in session.execute(select(*table.__table__.columns)).all()] for table in tables]


def test_nobody_else_can_press(client, session: Session, community, event) -> None:
    mine = make_registration(session, event, wish="online", now=EARLY)
    elsewhere = make_event(session, make_community(session))
    foreign = make_registration(session, elsewhere, now=EARLY)
    sibling = make_registration(session, make_event(session, community), address="s@example.org", now=EARLY)
    base = f"/organise/events/{event.slug}/registrations"
    waiting = BulkChange(
        public_id=new_public_id(), event_id=event.id, person_id=mine.person_id, kind="cancel", wanted={},
        registrations=[mine.public_id], state="waiting", outcome={}, created_at=NOW, due_at=NOW,
    )  # fmt: skip
    session.add(waiting)
    before = _look(session)
    paths = [(f"{path_of(mine, event)}/{press}", values) for press, values in PRESSES]
    paths += [(f"{base}/several", {"kind": "cancel", "row": mine.public_id})]
    paths += [(f"{base}/several/{waiting.public_id}/{press}", {}) for press in ("undo", "now", "dismiss")]

    def press_all(wanted: int, paths=paths, token: str | None = None) -> None:
        for path, values in paths:
            answer = client.post(
                path, data={"csrf_token": token or token_in(client.get("/organise/account").text), **values}
            )
            assert answer.status_code == wanted, (path, answer.status_code)
        assert _look(session) == before

    for role in ("host", "helper", "editor"):
        sign_in(client, session, make_role(session, community, role))
        press_all(403)
    sign_in(
        client,
        session,
        make_role(session, make_community(session), "owner", "o@example.org"),
    )
    press_all(404)
    sign_in(client, session, make_role(session, community, "owner"))
    borrowed = [f"{base}/{one}" for one in (foreign.public_id, sibling.public_id, new_public_id(), "x")]
    press_all(404, [(f"{start}/{press}", values) for start in borrowed for press, values in PRESSES])
    press_all(404, [(f"{base}/several", {"kind": "cancel", "row": [mine.public_id, foreign.public_id]})])
    press_all(404, [(f"{base}/several", {"kind": "cancel", "row": [sibling.public_id]})])
    other_base = base.replace(event.slug, make_event(session, community).slug)
    before = _look(session)
    press_all(404, [(f"{other_base}/several/{waiting.public_id}/{press}", {}) for press in ("undo", "now", "dismiss")])
    press_all(400, paths, token="x" * 20)  # a form of somebody else's making
    client.delete_cookie("organiser", domain="gatherings.test")
    for path, values in paths:
        assert client.post(path, data=values).status_code in (302, 303, 403)
    assert _look(session) == before
    for start in borrowed:
        assert client.get(start).status_code in (302, 303)


def test_several_at_once(client, session: Session, event, desk) -> None:
    people = [
        make_registration(session, event, address=f"p{n}@example.org", wish="online", now=EARLY) for n in range(3)
    ]
    base = f"/organise/events/{event.slug}/registrations"
    nobody = desk(f"{base}/several", kind="cancel", state="confirmed")
    assert nobody.status_code == 422
    assert "Please tick somebody first." in nobody.text
    assert "state=confirmed" in nobody.text  # still narrowed as it was
    moved_on = desk(f"{base}/several", kind="cancel", everybody="yes", seen="2", row=people[0].public_id)
    assert moved_on.status_code == 409
    assert "When you looked, 2 were found. Now it is 3" in moved_on.text
    assert re.search(rf'value="{people[0].public_id}"[^>]* checked', moved_on.text)  # what was ticked is kept
    assert desk(f"{base}/several", kind="delete", row=people[0].public_id).status_code == 422
    page = desk(f"{base}/several", kind="cancel", row=[one.public_id for one in people[:2]]).text
    assert "2 registrations will be cancelled</strong> in 60 seconds." in page
    assert 'hx-trigger="every 3s"' in page
    change = session.scalars(select(BulkChange.public_id)).one()
    assert "Undone. Nothing was changed." in desk(f"{base}/several/{change}/undo").text
    assert "Undone. Nothing was changed." in desk(f"{base}/several/{change}/undo").text
    assert session.scalars(select(BulkChange)).all() == []
    quiet = client.get(f"{base}/pending?open={change}", headers={"HX-Request": "true"})
    assert "every 3s" not in quiet.text
    assert quiet.headers["HX-Trigger"] == "registrations-changed"


def test_what_waits_is_told_as_it_is(client, session: Session, event, desk, clock_at, app) -> None:
    from gatherings.jobs.worker import Loop
    from gatherings.wiring import handlers

    mine = make_registration(session, event, wish="online", now=EARLY)
    base = f"/organise/events/{event.slug}/registrations"
    desk(f"{base}/several", kind="cancel", row=mine.public_id)
    with clock_at(NOW + timedelta(minutes=5)):
        late = client.get(base).text
        assert "It waits, because the system is busy. It can still be undone." in late
        Loop(app, "w", handlers=handlers(SITE)).run_once(NOW + timedelta(minutes=5))
        done = client.get(base).text
        assert "1 registration was cancelled</strong>." in done
        assert "every 3s" not in done
        change = session.scalars(select(BulkChange.public_id)).one()
        assert desk(f"{base}/several/{change}/undo").status_code == 409
        assert "was cancelled</strong>" not in desk(f"{base}/several/{change}/dismiss").text
