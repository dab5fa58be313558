"""Choosing tickets on an event's page and ordering them, as browsers do, with and without a script."""

import json
import re
from datetime import timedelta

from sqlalchemy import func, select

from gatherings.communities.models import Community
from gatherings.core.clock import utc_now
from gatherings.core.tokens import new_public_id
from gatherings.db.places import Places
from gatherings.mail.models import OutboxMail
from gatherings.registration.models import Answer, Registration
from gatherings.tickets.models import Application, Order, Sale, Ticket
from tests.factories import make_community, make_consent, make_event, make_question, make_registration
from tests.ordering import make_order
from tests.signing import make_role, sign_in
from tests.ticketing import festival, make_code, make_kind, make_sale

HTMX = {"HX-Request": "true"}


def sent(kind=None, **values):
    given = {"name": "Ada Example", "email": "ada@example.org", "zone": "Europe/Stockholm"}
    return given | ({f"n_{kind.public_id}": "1"} if kind is not None else {}) | values


def path(event):
    return f"/events/{event.slug}/order"


def hidden_in(page, name):
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def key_in(page):
    return hidden_in(page, "key")


def orders(session):
    session.commit()
    return session.scalars(select(Order).order_by(Order.id)).all()


def test_one_kind_is_ordered_on_the_events_page_in_one_press(client, session):
    event, kind = festival(session)
    page = client.get(f"/events/{event.slug}").text
    assert "All three days" in page
    assert "8,125.00" in page  # the sum stands there before anything is pressed
    answer = client.post(path(event), data=sent(kind, key=key_in(page)))
    assert answer.status_code == 303
    assert re.fullmatch(r"/orders/[\w-]{22}\.1\.[\w-]{22}", answer.location)
    assert [(order.state, order.total, order.language) for order in orders(session)] == [("open", 812_500, "en")]
    # Pressed again (a double click, a reload of the answer): the same order, and its very address.
    again = client.post(path(event), data=sent(kind, key=key_in(page)), headers=HTMX)
    assert again.headers["HX-Redirect"] == answer.location
    assert len(orders(session)) == 1


def test_each_page_has_a_key_of_its_own_and_is_not_kept(client, session):
    event, _kind = festival(session)
    pages = [client.get(f"/events/{event.slug}") for _time in range(2)]
    assert key_in(pages[0].text) != key_in(pages[1].text)
    assert pages[0].headers["Cache-Control"] == "private, no-cache"


def test_an_event_without_tickets_knows_nothing_of_them(client, session):
    event = make_event(session)
    page = client.get(f"/events/{event.slug}")
    for word in ("Ticket", "tickets.css", "/order", "SEK"):
        assert word not in page.text
    assert "private" not in page.headers["Cache-Control"]
    assert client.get(path(event)).status_code == 404
    assert client.post(path(event), data=sent()).status_code == 404


def test_a_draft_of_a_sale_changes_nothing_for_the_public(client, session):
    event = make_event(session)
    make_sale(session, event, state="draft")
    make_kind(session, event)
    assert "Register" in client.get(f"/events/{event.slug}").text
    assert client.post(f"/events/{event.slug}/register", data=sent()).status_code == 303


def test_looking_shows_the_sum_and_orders_nothing(client, session):
    event, kind = festival(session)
    make_code(session, event)
    answer = client.post(path(event), data=sent(kind, codes=" presenter ", do="look") | {f"n_{kind.public_id}": "2"})
    assert answer.status_code == 200
    for words in ("2 × ", "13,000.00", "Code PRESENTER: 15% off", "1,950.00", "VAT 25%", "2,762.50", "13,812.50"):
        assert words in answer.text
    assert "Whose tickets are they?" in answer.text
    assert 'value="Ada Example"' in answer.text
    assert not orders(session)


def test_a_group_is_asked_whose_tickets_they_are(client, session):
    event, kind = festival(session)
    number = {f"n_{kind.public_id}": "2"}
    asked = client.post(path(event), data=sent(**number))  # a page without a script comes here by its first press
    assert asked.status_code == 200
    assert "Whose tickets are they?" in asked.text
    assert not orders(session)
    one = f"{kind.public_id}_2"
    empty = client.post(path(event), data=sent(**number, asked=one, **{f"pn_{one}": "Zoë", f"pe_{one}": ""}))
    assert empty.status_code == 422
    assert "Please say who comes with " in empty.text
    assert f'href="#pe_{one}"' in empty.text
    same = client.post(
        path(event), data=sent(**number, asked=one, **{f"pn_{one}": "Zoë", f"pe_{one}": "ADA@example.org"})
    )
    assert (same.status_code, "is named twice" in same.text) == (422, True)
    whole = {f"pn_{one}": "Zoë & Sons <3", f"pe_{one}": "zoe@example.org"}
    assert client.post(path(event), data=sent(**number, asked=one, **whole)).status_code == 303
    assert session.scalars(select(Ticket.name).order_by(Ticket.id)).all() == ["Ada Example", "Zoë & Sons <3"]


def test_tickets_of_two_kinds_are_the_buyers_unless_they_say_otherwise(client, session):
    event, kind = festival(session)
    day = make_kind(session, event, name="Tuesday", position=1)
    numbers = {f"n_{kind.public_id}": "1", f"n_{day.public_id}": "1"}
    assert client.post(path(event), data=sent(**numbers)).status_code == 303
    assert session.scalars(select(Ticket.name)).all() == ["Ada Example", "Ada Example"]


def test_who_orders_for_others_is_asked_nothing_about_coming(client, session):
    community = make_community(session, code_of_kindness="Be kind.")
    event, kind = festival(session, community=community)
    question = make_question(session, event, "text", required=True)
    make_consent(session, event, key="photos")
    first = client.post(path(event), data=sent(kind, others="yes"))
    assert first.status_code == 200
    one = f"{kind.public_id}_1"
    mine = client.post(path(event), data=sent(kind))
    assert mine.status_code == 422
    assert "code of kindness" in mine.text
    given = {f"pn_{one}": "Zoë", f"pe_{one}": "zoe@example.org", f"q_{question.public_id}": "", "asked": one}
    assert client.post(path(event), data=sent(kind, others="yes", **given)).status_code == 303
    assert [(row.name, row.code_agreed_at) for row in session.scalars(select(Registration))] == [("Zoë", None)]
    assert orders(session)[0].name == "Ada Example"
    assert session.scalar(select(func.count(Answer.id))) == 0


def test_what_is_tampered_with_keeps_what_was_typed_and_changes_nothing(client, session):
    event, kind = festival(session)
    _other, foreign = festival(session)
    choose = make_kind(
        session, event, price="choose", amount=0, least=100_00, suggested=200_00, most=300_00, position=1
    )
    number, price = f"n_{kind.public_id}", f"price_{kind.public_id}"
    amount = f"amount_{choose.public_id}"
    wrong = [
        {number: "-1"}, {number: "1.5"}, {number: "many"}, {number: "99999"}, {number: "11"}, {number: "9" * 4000},
        {number: "1", price: "1"}, {number: "1", price: "0"}, {number: "1", price: "six"}, {number: "0"}, {},
        {f"n_{foreign.public_id}": "1"}, {number: "1", "codes": "NOPE"}, {number: "1", "email": "ada@"},
        {number: "1", "name": "https://spam.example"}, {number: "1", "zone": "Nowhere at all"},
        *({f"n_{choose.public_id}": "1", amount: typed} for typed in ("99.99", "300.01", "-1", "lots", "", "1e3")),
    ]  # fmt: skip
    for values in wrong:
        answer = client.post(path(event), data=sent(**({"name": "Zoë & Sons <3"} | values)))
        assert answer.status_code == 422, values
        assert "Zoë &amp; Sons &lt;3" in answer.text or "name" in values
        assert not orders(session), values
    # Repeated lines are one line; what the form does not ask is not read.
    many = client.post(
        path(event), data={**sent(), number: ["1", "5"], "total": "1", "currency": "JPY", "state": "paid"}
    )
    assert many.status_code == 303
    assert [(order.total, order.currency, order.state) for order in orders(session)] == [(812_500, "SEK", "open")]


def test_a_price_that_changed_since_is_told_before_anything_is_ordered(client, session):
    event, kind = festival(session)
    page = client.get(f"/events/{event.slug}").text
    shown = hidden_in(page, f"price_{kind.public_id}")
    kind.amount = 700_000
    answer = client.post(path(event), data=sent(kind, **{f"price_{kind.public_id}": shown}))
    assert answer.status_code == 422
    assert "has changed since" in answer.text
    new = hidden_in(answer.text, f"price_{kind.public_id}")
    assert client.post(path(event), data=sent(kind, **{f"price_{kind.public_id}": new})).status_code == 303
    assert orders(session)[0].total == 875_000


def test_pay_what_you_can_takes_amounts_as_people_type_them(client, session):
    event, _kind = festival(session)
    choose = make_kind(session, event, price="choose", amount=0, least=0, suggested=200_00, vat_rate=0, position=1)
    assert f'name="amount_{choose.public_id}" value="200"' in client.get(f"/events/{event.slug}").text
    for number, (typed, total) in enumerate((("250", 250_00), ("1 250,50", 1250_50), ("SEK 3", 3_00))):
        values = {f"n_{choose.public_id}": "1", f"amount_{choose.public_id}": typed, "email": f"p{number}@example.org"}
        assert client.post(path(event), data=sent(**values)).status_code == 303
        assert orders(session)[-1].total == total
    nothing = {f"n_{choose.public_id}": "1", f"amount_{choose.public_id}": "0", "email": "zero@example.org"}
    assert client.post(path(event), data=sent(**nothing)).location.endswith("/ordered")
    assert orders(session)[-1].state == "paid"


def test_what_costs_nothing_tells_a_stranger_nothing(client, session):
    event = make_event(session)
    make_sale(session, event)
    free = make_kind(session, event, price="free", amount=0, vat_rate=0)
    new = client.post(path(event), data=sent(free))
    known = client.post(path(event), data=sent(free, name="A Stranger"))
    assert (
        (new.status_code, new.location) == (known.status_code, known.location) == (303, f"/events/{event.slug}/ordered")
    )
    pieces = [
        client.post(path(event), data=sent(free, email=who), headers=HTMX).text
        for who in ("ada@example.org", "b@example.org")
    ]
    assert pieces[0] == pieces[1]
    assert "ada@example.org" not in pieces[0]
    assert client.get(new.location).status_code == 200
    assert len(orders(session)) == 2
    assert session.scalars(select(Registration.name).order_by(Registration.id)).first() == "Ada Example"


def test_a_sold_out_ticket_leads_to_the_waiting_list(client, session):
    event, kind = festival(session, capacity_room=1)
    day = make_kind(session, event, 0, name="Tuesday", position=1)
    page = client.get(f"/events/{event.slug}").text
    assert "Sold out: there is a waiting list." in page
    # The last place goes while somebody types: that is told, and the next press asks for the waiting list.
    make_order(session, event, kind, address="first@example.org")
    gone = client.post(path(event), data=sent(kind))
    assert gone.status_code == 409
    assert "was taken a moment ago" in gone.text
    assert f'name="waits_{kind.public_id}" value="1"' in gone.text
    assert 'value="ada@example.org"' in gone.text
    waits = client.post(path(event), data=sent(kind, **{f"waits_{kind.public_id}": "1"}))
    assert waits.location == f"/events/{event.slug}/ordered?waits=1"
    assert "waiting list" in client.get(waits.location).text
    wished = orders(session)[-1]
    assert (wished.state, wished.way, wished.expires_at) == ("wished", "", None)
    # Somebody known gets the same answer, and a second number is not drawn.
    again = client.post(path(event), data=sent(kind, **{f"waits_{kind.public_id}": "1"}))
    assert again.location == waits.location
    assert len(orders(session)) == 2
    other = client.post(path(event), data=sent(day, email="zoe@example.org", **{f"waits_{day.public_id}": "1"}))
    assert other.location == waits.location
    assert session.get_one(Places, event.room_id, populate_existing=True).taken == 1


def test_a_code_in_the_address_shows_what_is_hidden(client, session):
    event, _kind = festival(session)
    hidden = make_kind(session, event, name="Dinner guest", hidden=True, position=1)
    make_code(session, event, "DINNER", effect="unlock", value=0, kinds=[hidden.public_id])
    assert "Dinner guest" not in client.get(f"/events/{event.slug}").text
    for where in (f"/events/{event.slug}?code=dinner", f"{path(event)}?code=dinner"):
        page = client.get(where).text
        assert "Dinner guest" in page
        assert 'value="dinner"' in page
    assert client.post(path(event), data=sent(hidden)).status_code == 422
    assert client.post(path(event), data=sent(hidden, codes="Dinner")).status_code == 303


def test_guessing_codes_ends(client, session):
    event, kind = festival(session)
    make_code(session, event)
    for number in range(60):
        assert client.get(f"/events/{event.slug}?code=GUESS{number}").status_code == 200
    for answer in (
        client.get(f"/events/{event.slug}?code=ONEMORE"), client.get(f"{path(event)}?code=ONEMORE"),
        client.post(path(event), data=sent(kind, codes="ONEMORE", do="look")),
        # One that is right is told apart from wrong ones by nothing.
        client.get(f"/events/{event.slug}?code=PRESENTER"), client.get(f"{path(event)}?code=PRESENTER"),
        client.post(path(event), data=sent(kind, codes="PRESENTER")),
    ):  # fmt: skip
        assert answer.status_code == 429
    assert client.get(f"/events/{event.slug}").status_code == 200
    assert client.post(path(event), data=sent(kind)).status_code == 303


def test_windows_and_pauses_are_said_in_words(client, session, now, clock_at):
    event, kind = festival(session)
    soon = make_kind(session, event, name="Late", opens_at=now + timedelta(days=1), position=1)
    with clock_at(now):
        assert "On sale from" in client.get(f"/events/{event.slug}").text
        assert client.post(path(event), data=sent(soon)).status_code == 422
        kind.closes_at = now + timedelta(hours=1)
        page = client.get(f"/events/{event.slug}?zone=Pacific/Auckland").text
        assert "Saturday 21 November, 02:00 your time" in page
        assert "Friday 20 November, 14:00 in Stockholm" in page
    with clock_at(now + timedelta(hours=2)):
        closed = client.get(f"/events/{event.slug}").text
        assert "No longer on sale" in closed
        assert "Tickets are not on sale now." in closed
        assert client.post(path(event), data=sent(kind)).status_code == 409
    assert not orders(session)


def test_a_paused_sale_and_a_closed_door_sell_nothing(client, session, now):
    event, kind = festival(session)
    closed, its = festival(session, registration_closes_at=now - timedelta(days=1))
    session.scalars(select(Sale).where(Sale.event_id == event.id)).one().state = "paused"
    for where, what, words in ((event, kind, "not on sale at the moment"), (closed, its, "has closed")):
        assert words in client.get(f"/events/{where.slug}").text
        assert client.post(path(where), data=sent(what)).status_code == 409
        assert client.post(f"/events/{where.slug}/register", data=sent()).status_code == 409
    assert not orders(session)


def test_questions_are_asked_of_the_buyer_by_their_ticket(client, session):
    event = make_event(session, mode="hybrid", capacity_room=5, capacity_online=5)
    make_sale(session, event)
    room = make_kind(session, event, name="In the hall", side="room")
    online = make_kind(session, event, name="From home", side="online", position=1)
    either = make_kind(session, event, name="Either", position=2)
    lunch = make_question(session, event, "text", label="Lunch?", required=True, only_if={"attends": "room"})
    name = f"q_{lunch.public_id}"
    assert client.post(path(event), data=sent(room)).status_code == 422
    assert client.post(path(event), data=sent(room, **{name: "Soup"})).status_code == 303
    assert client.post(path(event), data=sent(online, email="b@example.org")).status_code == 303
    asked = client.post(path(event), data=sent(either, email="c@example.org"))
    assert (asked.status_code, "How do you come?" in asked.text) == (200, True)
    missing = client.post(path(event), data=sent(either, email="c@example.org", asked="wish"))
    assert missing.status_code == 422
    done = sent(either, email="c@example.org", asked="wish", wish="online")
    assert client.post(path(event), data=done).status_code == 303
    assert session.scalars(select(Answer.value)).all() == ["Soup"]


def test_programs_and_floods_are_met_as_at_registration(client, make_another, session):
    event, kind = festival(session)
    caught = client.post(path(event), data=sent(kind, fax="12345"))
    assert caught.location == f"/events/{event.slug}/ordered"
    assert not orders(session)
    assert client.post(path(event), data=sent(kind), headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    small = make_another(REGISTRATIONS_PER_NETWORK="2").test_client()
    answers = [
        small.post(path(event), data=sent(kind, email=f"p{number}@example.org")).status_code for number in range(4)
    ]
    assert answers == [303, 303, 429, 429]
    assert len(orders(session)) == 2


def test_a_granted_bursary_opens_its_kind_by_link(client, app, session, now):
    event, kind = festival(session)
    bursary = make_kind(session, event, name="Bursary", by_application=True, amount=500_00, position=1)
    person_id = make_order(session, event, kind, address="li@example.org").person_id
    granted = Application(
        public_id=new_public_id(), event_id=event.id, kind_id=bursary.id, person_id=person_id, name="李雷",
        zone="Asia/Shanghai", state="approved", until_at=utc_now() + timedelta(days=1), created_at=now,
    )  # fmt: skip
    session.add(granted)
    session.commit()
    token = app.extensions["gatherings.signer"].sign("application", granted.public_id, granted.link_version)
    page = client.get(f"{path(event)}?grant={token}").text
    assert "Bursary" in page
    assert "All three days" not in page
    assert 'value="李雷"' in page
    assert 'value="li@example.org"' in page
    mine = {"name": "李雷", "email": "li@example.org", "zone": "Asia/Shanghai", "grant": token}
    assert client.post(path(event), data=sent(bursary, **(mine | {"grant": token[:-1] + "x"}))).status_code == 404
    assert client.post(path(event), data=sent(bursary, **(mine | {"email": "a@example.org"}))).status_code == 422
    mine["key"] = key_in(page)
    done = client.post(path(event), data=sent(bursary, **mine))
    assert done.location.startswith("/orders/")
    assert client.post(path(event), data=sent(bursary, **mine)).location == done.location  # pressed twice
    assert client.post(path(event), data=sent(bursary, **(mine | {"key": new_public_id()}))).status_code == 404
    assert session.scalars(select(Application.state)).one() == "used"


def test_names_hold_and_nothing_is_markup(client, session):
    event, kind = festival(session)
    kind.name, kind.about = "<b>Bold</b> & " + "w" * 60, "محمد <script>"
    page = client.get(f"/events/{event.slug}").text
    assert "&lt;b&gt;Bold&lt;/b&gt; &amp; " in page
    assert "<script>" not in page.split("</head>")[1]
    for name in ("李雷", "محمد", "O’Brien", "Zoë & Sons <3"):
        mail = f"n{abs(hash(name))}@example.org"
        assert client.post(path(event), data=sent(kind, name=name, email=mail)).status_code == 303
    assert [order.name for order in orders(session)] == ["李雷", "محمد", "O’Brien", "Zoë & Sons <3"]


def test_old_addresses_lead_on(client, session):
    event, _kind = festival(session)
    assert client.get("/events/no-such-thing/order").status_code == 404
    assert client.get("/events/Bad..Slug/order").status_code == 404
    assert client.get(f"/events/{event.slug}/ordered").status_code == 200


def test_registering_by_name_alone_is_refused_where_tickets_are_sold(client, session):
    event, _kind = festival(session)
    answer = client.post(f"/events/{event.slug}/register", data=sent())
    assert answer.status_code == 409
    assert session.scalar(select(func.count(Registration.id))) == 0
    assert session.scalar(select(func.count(OutboxMail.id))) == 0
    make_registration(session, make_event(session))


def test_programs_are_told_what_is_sold_and_nothing_hidden(client, session):
    event, kind = festival(session)
    make_kind(session, event, 0, name="Tuesday", price="choose", amount=0, least=100_00, position=1)
    hidden = make_kind(session, event, name="Dinner", hidden=True, position=2)
    make_code(session, event, "DINNER", effect="unlock", value=0, kinds=[hidden.public_id])
    page = client.get(f"/events/{event.slug}?code=DINNER").text
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    told = json.loads(found[1])
    assert told["isAccessibleForFree"] is False
    offers = [(one["name"], one["price"], one["availability"].split("/")[-1]) for one in told["offers"]]
    assert offers == [(kind.name, "8125.00", "InStock"), ("Tuesday", "125.00", "SoldOut")]
    assert {one["priceCurrency"] for one in told["offers"]} == {"SEK"}


def test_organisers_see_the_choice_in_the_preview_of_a_draft(client, session):
    event, _kind = festival(session, status="draft")
    sign_in(client, session, make_role(session, session.get_one(Community, event.community_id), "organiser"))
    page = client.get(f"/organise/events/{event.slug}/preview")
    assert page.status_code == 200
    assert "All three days" in page.text
    assert "tickets.css" not in page.text.split("<body")[1]
    assert re.search(r"/static/tickets\.\w+\.css", page.text)
