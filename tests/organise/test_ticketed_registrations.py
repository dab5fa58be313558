"""Registrations where one comes with a ticket: found, exported, cancelled, let in at the door, made by hand."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from gatherings.cli.checking_money import wrong_money
from gatherings.communities.models import Community
from gatherings.db.places import Places
from gatherings.letters.audience import Audience
from gatherings.letters.words import audience_words
from gatherings.registration.actions.arriving import check_in
from gatherings.registration.actions.hosting import NoPlace, give_place
from gatherings.registration.actions.ticketed import let_go
from gatherings.registration.door_rules import standing
from gatherings.registration.listing import Filter, count, tickets_of
from gatherings.registration.models import Registration
from gatherings.tickets.models import Order, Ticket
from tests.factories import SITE, get_registration, make_event, make_registration
from tests.signing import make_role, sign_in, token_in
from tests.ticket_orders import make_order
from tests.ticketing import festival, make_kind

SECOND_DAY = datetime(2027, 3, 3, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def still(now, clock_at):
    with clock_at(now):
        yield


@pytest.fixture
def fair(session):
    """Ada paid for all days, Ben pays for the second day at the door, Cleo has not paid yet, Dora waits."""
    event, kind = festival(session)
    second = make_kind(session, event, 2, name="Second day", amount=250_000, days=["2027-03-03"], position=1)
    make_order(session, event, kind, "ada@example.org", way="card")
    make_order(session, event, second, "ben@example.org", state="due", way="door")
    make_order(session, event, second, "cleo@example.org", state="open")
    make_order(session, event, second, "dora@example.org", state="wished")
    make_registration(session, event, address="eli@example.org", name="Eli Example", made_by="host")
    return event, kind, second


def by_name(session, name):
    session.flush()
    return session.scalars(select(Registration).where(Registration.name.startswith(name))).one()


def staff(client, session, event, role="organiser"):
    community = session.get_one(Community, event.community_id)
    sign_in(client, session, make_role(session, community, role, f"{role}@example.com"))
    return f"/organise/events/{event.slug}"


def test_the_list_says_and_finds_kinds_and_money(client, session, fair):
    event, kind, second = fair
    path = staff(client, session, event)
    page = client.get(f"{path}/registrations").text
    for said in ("All three days", "Second day", "Pays at the door", "Not paid yet", "Paid", "Waits"):
        assert said in page
    names = {
        "": ["Ada", "Ben", "Cleo", "Dora", "Eli"],
        f"?ticket={second.public_id}": ["Ben", "Cleo", "Dora"],
        f"?ticket={kind.public_id}": ["Ada"],
        "?ticket=none": ["Eli"],
        "?paid=yes": ["Ada"],
        "?paid=no": ["Ben", "Cleo"],
        "?ticket=x' or 1=1": ["Ada", "Ben", "Cleo", "Dora", "Eli"],
    }
    for query, wanted in names.items():
        found = client.get(f"{path}/registrations{query}").text
        assert [one for one in ("Ada", "Ben", "Cleo", "Dora", "Eli") if f">{one} Example<" in found] == wanted, query
    one = client.get(f"{path}/registrations/{by_name(session, 'Ben').public_id}").text
    assert "Second day" in one
    assert "Pays at the door" in one


def test_a_letter_goes_to_who_has_a_kind_of_ticket(session, fair):
    event, _kind, second = fair
    for filter, words in (
        ({"ticket": second.public_id}, "with the ticket “Second day”"),
        ({"ticket": "none"}, "without a ticket"),
        ({"paid": "no"}, "whose ticket is not paid yet"),
    ):
        community = session.get_one(Community, event.community_id)
        assert words in audience_words(session, Audience(community, event, "letter", filter))


def test_a_host_sees_kinds_and_no_money(client, session, fair):
    event, _kind, _second = fair
    path = staff(client, session, event, "host")
    page = client.get(f"{path}/registrations?paid=yes").text
    assert "Second day" in page
    assert "Ben Example" in page  # the filter is not theirs
    for said in ("Pays at the door", "Not paid yet", 'name="paid"'):
        assert said not in page


def test_the_export_has_columns_of_tickets_only_where_there_are_some(client, session, fair):
    event, _kind, _second = fair
    path = staff(client, session, event)
    columns = "columns=name&columns=ticket&columns=paid&columns=order"
    body = client.get(f"{path}/registrations/export.csv?{columns}").data.decode("utf-8-sig")
    rows = {row[0].split()[0]: row[1:] for row in csv.reader(io.StringIO(body))}
    orders = {order.name.split()[0]: order.reference for order in session.scalars(select(Order))}
    assert rows["Ada"] == ["All three days", "yes", orders["Ada"]]
    assert rows["Ben"] == ["Second day", "no", orders["Ben"]]
    assert rows["Eli"] == ["", "", ""]
    plain = make_event(session, session.get_one(Community, event.community_id))
    assert 'value="ticket"' not in client.get(f"/organise/events/{plain.slug}/registrations/export").text
    assert 'value="ticket"' in client.get(f"{path}/registrations/export").text


def test_the_door_knows_kind_day_and_what_is_to_pay(session, fair):
    event, _kind, _second = fair

    def stands(name: str, at: datetime) -> str:
        mine = by_name(session, name)
        return standing(mine, event, at, tickets_of(session, [mine.id]).get(mine.id, ())).word

    first = SECOND_DAY - timedelta(days=1)
    assert [stands(name, SECOND_DAY) for name in ("Ada", "Ben", "Cleo", "Dora", "Eli")] == [
        "welcome", "welcome", "unpaid", "waiting", "welcome"
    ]  # fmt: skip
    assert stands("Ben", first) == "other day"
    assert stands("Ben", event.starts_at - timedelta(hours=20)) == "welcome"  # the evening before: badges are given out
    for name, at in (("Ben", first), ("Cleo", SECOND_DAY)):
        did, said = check_in(session, event.id, by_name(session, name).public_id, how="scan", by="x", now=at)
        assert not did
        assert said is not None
        assert by_name(session, name).attended_at is None
    did, said = check_in(session, event.id, by_name(session, "Ben").public_id, how="scan", by="x", now=SECOND_DAY)
    assert did


def test_the_screens_of_the_door(client, session, fair, clock_at):
    event, _kind, _second = fair
    path = staff(client, session, event, "helper")
    with clock_at(SECOND_DAY):
        staff(client, session, event, "host")
        page = client.get(f"{path}/day?q=Example").text
        assert "To pay here: 3,125" in page
        assert "not paid yet" in page
        token = token_in(page)
        answer = client.post(
            f"{path}/day/arrivals", data={"csrf_token": token, "registration": by_name(session, "Ben").public_id}
        )
        assert "To pay here: 3,125" in client.get(answer.location).text


def test_an_organiser_offers_before_their_turn_and_makes_room(session, fair, now):
    event, _kind, second = fair
    make_order(session, event, second, "fay@example.org", state="wished")
    fay = get_registration(session, by_name(session, "Fay").public_id)
    with pytest.raises(NoPlace):
        give_place(session, fay, SITE, now=now, actor="x")
    assert give_place(session, fay, SITE, now=now, actor="x", make_room=True)
    assert [by_name(session, name).state for name in ("Dora", "Fay")] == ["waitlisted", "offered"]
    assert session.get_one(Places, second.places_id, populate_existing=True).capacity == 3
    assert count(session, event, Filter.read({"state": "pending"})) == 2
    order = session.scalars(select(Order).where(Order.name == "Fay Example")).one()
    tickets = session.scalars(select(Ticket).where(Ticket.order_id == order.id)).all()
    let_go(session, tickets, event, SITE, by="expiry", now=now + timedelta(days=3))
    assert by_name(session, "Dora").state == "offered"
    assert list(wrong_money(session)) == []


def test_registering_by_hand_with_a_ticket(client, session, fair):
    event, kind, second = fair
    path = f"{staff(client, session, event)}/registrations/new"
    page = client.get(path).text
    for said in ("Their ticket", "No ticket: they help, speak or host", "They pay at the door"):
        assert said in page
    token = token_in(page)

    def press(name: str, **more: str) -> str:
        typed = {"csrf_token": token, "name": f"{name} Example", "email": f"{name.lower()}@example.net", "told": "yes"}
        answer = client.post(path, data=typed | {"ticket": kind.public_id} | more)
        session.commit()
        session.expire_all()
        return answer.location.partition("done=")[2].partition("&")[0] if answer.status_code == 303 else "refused"

    assert press("Gil", pay="guest") == "placed"
    assert press("Hal", pay="invoice") == "placed"
    assert press("Ida", pay="door") == "placed"
    assert press("Ida", pay="door") == "known"
    assert press("Jan", ticket=second.public_id, pay="door") == "waiting"
    assert press("Kim", ticket=second.public_id, pay="guest", full="over") == "placed"
    assert press("Lea", ticket="") == "placed"
    assert press("Max", ticket="nonsense") == "refused"
    assert press("Max", pay="card") == "refused"
    stands = {order.name.split()[0]: (order.state, order.way, order.total) for order in session.scalars(select(Order))}
    assert stands["Gil"] == ("paid", "free", 0)
    assert stands["Hal"] == ("due", "invoice", 812_500)
    assert stands["Ida"] == ("due", "door", 812_500)
    assert stands["Jan"] == ("wished", "", 312_500)
    assert stands["Kim"] == ("paid", "free", 0)
    assert "Lea" not in stands
    assert by_name(session, "Gil").made_by == "host"
    assert list(wrong_money(session)) == []
