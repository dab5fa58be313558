"""Bursaries: asked for, granted or declined, used once, and given again when nothing came of it."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from gatherings.accounts.rules import normalise_address
from gatherings.communities.models import Community
from gatherings.core.errors import Conflict, NotFound
from gatherings.mail.models import OutboxMail
from gatherings.registration.actions.ticketed import let_go
from gatherings.tickets.actions.applications import apply_for, approve, decline
from gatherings.tickets.models import Application, Ticket
from gatherings.tickets.rules.applications import Asking
from tests.factories import SITE, make_community, make_event
from tests.races import at_once
from tests.signing import make_role, sign_in, token_in
from tests.ticket_orders import make_order
from tests.ticketing import festival, make_kind


@pytest.fixture(autouse=True)
def still(now, clock_at):
    with clock_at(now):
        yield


@pytest.fixture
def bursary(session):
    event, _full = festival(session)
    return event, make_kind(session, event, 3, name="Bursary", price="free", amount=0, by_application=True)


def community_of(session, event):
    return session.get_one(Community, event.community_id)


def form(kind=None, **more):
    typed = {"name": "Ada Example", "email": "ada@example.org", "zone": "Pacific/Auckland", "about": "I nurse.\nAlone."}
    return typed | ({"kind": kind.public_id} if kind else {}) | more


def posts(session):
    session.commit()
    return [mail.kind for mail in session.scalars(select(OutboxMail).order_by(OutboxMail.id))]


def one(session):
    session.commit()
    session.expire_all()
    return session.scalars(select(Application)).one()


def path_of(app, application, page="/applications/{}"):
    signed = app.extensions["gatherings.signer"].sign("application", application.public_id, application.link_version)
    return page.format(signed)


def test_somebody_asks_and_the_same_screen_is_shown_again(client, session, bursary, clock_at, now):
    event, kind = bursary
    page = client.get(f"/events/{event.slug}/bursary")
    assert page.status_code == 200
    assert "Bursary" in page.text
    wrong = client.post(f"/events/{event.slug}/bursary", data=form(about=" "))
    assert wrong.status_code == 422
    assert '<a href="#about">“What should the hosts know?”: This is still empty.' in wrong.text
    for about in ("I nurse.\nAlone.", "Somebody else writes this"):
        sent = client.post(f"/events/{event.slug}/bursary", data=form(kind, about=about))
        assert (sent.status_code, sent.location) == (303, f"/events/{event.slug}/applied")
    assert client.get(sent.location).status_code == 200
    application = one(session)
    assert (application.state, application.about) == ("asked", "I nurse.\nAlone.")
    assert posts(session) == ["application_received"]
    with clock_at(now + timedelta(minutes=11)):
        client.post(f"/events/{event.slug}/bursary", data=form(kind))
    assert posts(session) == ["application_received"] * 2
    assert "I nurse." not in client.get(sent.location).text
    # A program fills in what nobody sees, and is thanked.
    client.post(f"/events/{event.slug}/bursary", data=form(kind, email="ben@example.org", fax="1"))
    assert one(session).id == application.id


def test_asking_for_what_is_not_given_on_application_is_refused(client, session, bursary, now):
    event, kind = bursary
    other, _paid = festival(session)
    paid = session.scalars(select(Ticket)).first()
    assert paid is None
    asking = Asking(kind.public_id, normalise_address("ada@example.org"), "Ada", "UTC", "Please")
    with pytest.raises(NotFound):
        apply_for(session, other.id, asking, SITE, now=now)
    for at in (event.ends_at, event.starts_at):
        with pytest.raises(Conflict):
            apply_for(session, event.id, asking, SITE, now=at)
    plain = make_event(session)
    assert client.get(f"/events/{plain.slug}/bursary").status_code == 404
    assert client.get(f"/events/{other.slug}/bursary").text.count("<form") <= 1  # the search at most: nothing to ask


def test_two_presses_at_once_make_one(app, session, bursary):
    event, kind = bursary
    slug, typed = event.slug, form(kind)
    found = at_once(app, [lambda: app.test_client().post(f"/events/{slug}/bursary", data=typed).status_code] * 6)
    assert found == [303] * 6
    assert one(session).state == "asked"
    assert posts(session) == ["application_received"]


def decide(client, event, application, token, **values):
    path = f"/organise/events/{event.slug}/applications/{application.public_id}"
    return client.post(path, data={"csrf_token": token, "until": "2026-12-01", "answer": "Welcome.", **values})


def test_an_organiser_grants_it_and_the_link_gives_one_ticket(app, client, session, bursary, now):
    event, kind = bursary
    client.post(f"/events/{event.slug}/bursary", data=form(kind, name="<b>Ada</b> & co"))
    organiser = make_role(session, community_of(session, event), "organiser")
    sign_in(client, session, organiser)
    page = client.get(f"/organise/events/{event.slug}/applications").text
    assert "I nurse.\nAlone." in page
    assert "&lt;b&gt;Ada&lt;/b&gt;" in page
    token, application = token_in(page), one(session)
    for wrong in ("", "2026-11-19", "2027-03-05", "tomorrow"):
        assert decide(client, event, application, token, do="approve", until=wrong).status_code == 422
    for _ in range(2):
        done = decide(client, event, application, token, do="approve")
        assert done.status_code == 303
    application = one(session)
    assert (application.state, application.answer) == ("approved", "Welcome.")
    assert application.until_at == datetime(2026, 12, 1, 23, 0, tzinfo=UTC)
    assert posts(session) == ["application_received", "application_approved"]
    own = client.get(path_of(app, application)).text
    order = path_of(app, application, f"/events/{event.slug}/order?grant={{}}")
    assert order in own
    assert client.get(order).status_code == 200


def test_only_those_with_the_right_decide(client, session, bursary):
    event, kind = bursary
    client.post(f"/events/{event.slug}/bursary", data=form(kind))
    application = one(session)
    other = make_community(session)
    own = community_of(session, event)
    for role, community, status in (("host", own, 403), ("editor", own, 403), ("organiser", other, 404)):
        who = app_client(client)
        sign_in(who, session, make_role(session, community, role, f"{role}@example.com"))
        page = who.get("/organise/")
        answer = decide(who, event, application, token_in(page.text), do="approve")
        assert answer.status_code == status
        assert one(session).state == "asked"


def app_client(client):
    return client.application.test_client()


def test_declined_with_words_then_granted_after_all_then_taken_back(app, client, session, bursary, now):
    event, kind = bursary
    client.post(f"/events/{event.slug}/bursary", data=form(kind))
    organiser = make_role(session, community_of(session, event), "organiser")
    made = one(session)
    said = {"person_id": organiser.id, "actor": organiser.public_id, "now": now}
    assert decline(session, event.id, made.public_id, SITE, answer="Not\nthis time.", **said)
    assert not decline(session, event.id, made.public_id, SITE, answer="Not\nthis time.", **said)
    until = now + timedelta(days=3)
    assert approve(
        session, event.id, made.public_id, SITE, until_at=until, answer="", **said | {"now": now + timedelta(1)}
    )
    path = path_of(app, made)
    assert client.get(f"{path}/withdraw").status_code == 200
    assert one(session).state == "approved"
    for _ in range(2):
        assert client.post(f"{path}/withdraw").status_code == 303
    gone = one(session)
    assert (gone.state, gone.about) == ("withdrawn", "")
    with pytest.raises(Conflict):
        approve(session, event.id, made.public_id, SITE, until_at=until, answer="", **said)
    session.rollback()
    assert posts(session) == ["application_received", "application_declined", "application_approved"]
    # Who asks anew begins anew; the old link has ended.
    client.post(f"/events/{event.slug}/bursary", data=form(kind, about="Once more"))
    assert one(session).about == "Once more"
    assert client.get(path).status_code == 404


def test_an_order_that_comes_to_nothing_gives_it_back(session, bursary, now) -> None:
    event, _kind = bursary
    paid = make_kind(session, event, 3, name="Half price", by_application=True)
    asking = Asking(paid.public_id, normalise_address("ada@example.org"), "Ada", "UTC", "Please")
    made: Any = apply_for(session, event.id, asking, SITE, now=now)
    order = make_order(session, event, paid, "ada@example.org", state="open")
    made.state, made.order_id = "used", order.id
    session.flush()
    tickets = session.scalars(select(Ticket).where(Ticket.order_id == order.id)).all()
    let_go(session, tickets, event, SITE, by="expiry", now=now + timedelta(hours=1))
    session.refresh(made)
    assert (made.state, made.order_id) == ("approved", None)


def test_wrong_links_name_nothing(client, session, bursary):
    for token in ("x", "a" * 22 + ".1." + "b" * 22):
        assert client.get(f"/applications/{token}").status_code == 404
        assert client.post(f"/applications/{token}/withdraw").status_code == 404
    assert re.search("noindex", client.get("/applications/x").text)
