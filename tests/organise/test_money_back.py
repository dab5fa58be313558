"""One order and its money: noted by hand, given back in two presses, refunds by hand and those that failed."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.audit.models import LogEntry
from gatherings.cli.checking_money import wrong_money
from gatherings.core.clock import utc_now
from gatherings.core.tokens import new_public_id
from gatherings.mail.models import OutboxMail
from gatherings.organise.queries import list_needs
from gatherings.payments.actions.documents import issue_invoice
from gatherings.payments.models import Dispute, Document, GivingBack, Payment, Refund
from gatherings.registration.models import Registration
from gatherings.tickets.models import Order, Ticket
from tests.factories import NOW, make_community, make_event
from tests.signing import make_role, sign_in, token_in
from tests.ticket_orders import make_order
from tests.ticketing import festival


def found(pattern: str, text: str) -> str:
    """Give what a pattern's group finds; fails where it finds nothing."""
    match = re.search(pattern, text)
    assert match is not None, pattern
    return match[1]


@pytest.fixture(autouse=True)
def still(clock_at):
    with clock_at(NOW):
        yield


@pytest.fixture
def community(session: Session):
    return make_community(session)


@pytest.fixture
def fair(session: Session, community):
    return festival(session, community=community)


@pytest.fixture
def treasurer(client: FlaskClient, session: Session, community):
    made = make_role(session, community, "organiser", name="Tove")
    sign_in(client, session, made)
    return made


def path_of(event, order) -> str:
    return f"/organise/events/{event.slug}/orders/{order.public_id}"


def press(client: FlaskClient, page: str, action: str, **values):
    """Press a button of a page: its form's own hidden values, and what is typed."""
    html = client.get(page).text
    form = next(one for one in re.findall(r"<form[^>]*>.*?</form>", html, re.S) if f'action="{action}"' in one)
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
    return client.post(action, data=hidden | values)


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page.replace("\xa0", " ")))


def orders_now(session: Session) -> Order:
    session.expire_all()
    return session.scalars(select(Order)).one()


def test_an_invoice_is_marked_paid_once(client, session, fair, treasurer) -> None:
    event, kind = fair
    order = make_order(session, event, kind, "ada@example.org", state="due", way="invoice")
    session.commit()
    path = path_of(event, order)
    assert "Note that it was paid" in client.get(path).text
    for wrong, said in (({"amount": ""}, "Please write how much came."), ({"amount": "x"}, "Please write an amount"),
                        ({"amount": "-5"}, "Please write an amount"), ({"came": "2026-12-24"}, "Please choose a day"),
                        ({"how": "card"}, "Please choose one of these.")):  # fmt: skip
        typed = {"how": "bank", "amount": "8125", "came": "2026-11-20", "note": ""} | wrong
        answer = press(client, f"{path}/paid", f"{path}/paid", **typed)
        assert (answer.status_code, said in answer.text) == (422, True), wrong
    html = client.get(f"{path}/paid").text
    typed = {"csrf_token": token_in(html), "key": found(r'name="key" value="([^"]+)"', html), "owed": "812500",
             "how": "bank", "amount": "8 125,00", "came": "2026-11-20", "note": "Bankgiro, row 12"}  # fmt: skip
    assert client.post(f"{path}/paid", data=typed).location.endswith("?done=noted")
    assert client.post(f"{path}/paid", data=typed).location.endswith("?done=before")
    now = orders_now(session)
    assert (now.state, now.received, now.owed) == ("paid", 812_500, 0)
    payment = session.scalars(select(Payment)).one()
    assert (payment.provider, payment.amount, payment.noted_by, payment.note) == (
        "bank", 812_500, treasurer.id, "Bankgiro, row 12",
    )  # fmt: skip
    page = plain(client.get(f"{path}?done=noted").text)
    for said in ("Noted as paid", "Bank transfer", "noted by Tove : Bankgiro, row 12", "Receipt 1", "Invoice 1",
                 "Tove noted that this order was paid to the bank account."):  # fmt: skip
        assert said.replace(" :", ":") in page.replace(" :", ":"), said
    assert "Nothing is to be paid for this order." in client.get(f"{path}/paid").text
    assert list(wrong_money(session)) == []


def test_money_at_the_door_in_part(client, session, fair, treasurer) -> None:
    event, kind = fair
    order = make_order(session, event, kind, "ada@example.org", state="due", way="door")
    session.commit()
    path = path_of(event, order)
    answer = press(client, f"{path}/paid", f"{path}/paid", how="door", amount="5000", came="2026-11-20", note="")
    assert answer.location.endswith("?done=noted")
    assert (orders_now(session).state, orders_now(session).owed) == ("due", 312_500)
    press(client, f"{path}/paid", f"{path}/paid", how="door", amount="3125", came="2026-11-20", note="")
    assert (orders_now(session).state, orders_now(session).owed) == ("paid", 0)


def test_given_back_in_two_presses_and_by_hand(client, session, fair, treasurer, community) -> None:
    event, kind = fair
    order = make_order(session, event, kind, "ada@example.org", "bo@example.org", way="invoice")
    issue_invoice(session, order, now=NOW)
    session.commit()
    path, ada, bo = path_of(event, order), *(one.public_id for one in session.scalars(select(Ticket)))
    assert "Bo Example" in client.get(f"{path}/give-back").text
    wrongs: tuple[Any, ...] = (
        ({"ticket": []}, "Please tick at least one ticket."),
        ({f"amount-{bo}": "9000"}, "This is more than there is left of this ticket."),
        ({f"amount-{bo}": "1e9"}, "Please write an amount in SEK"),
        ({f"amount-{bo}": "0", "leave": "no"}, "Please write how much goes back"),
    )
    base = {"ticket": [bo], f"amount-{ada}": "8125", f"amount-{bo}": "4062.50", "leave": "yes"}
    token = token_in(client.get(path + "/give-back").text)
    for wrong, said in wrongs:
        for last in ("give-back", "give-back/do"):
            answer = client.post(f"{path}/{last}", data=base | wrong | {"csrf_token": token})
            assert (answer.status_code, said in answer.text) == (422, True), (wrong, last)
    foreign = client.post(f"{path}/give-back", data={"ticket": [new_public_id()], "csrf_token": token})
    assert foreign.status_code == 422
    sure = client.post(f"{path}/give-back", data=base | {"csrf_token": token})
    said = plain(sure.text)
    assert sure.status_code == 200
    assert "Give back 4,062.50 SEK?" in said
    assert "4,062.50 SEK came by bank or at the door: please send it yourself." in said
    assert session.scalars(select(Refund)).all() == []  # nothing was done yet
    seen = found(r'name="seen" value="([^"]*)"', sure.text)
    done = {**base, "csrf_token": token, "seen": seen}
    assert client.post(f"{path}/give-back/do", data=done).location.endswith("?done=hand")
    assert client.post(f"{path}/give-back/do", data=done).location.endswith("?done=before")
    now = orders_now(session)
    assert (now.total, now.received, now.given_back, now.owed, now.state) == (1_218_750, 1_625_000, 406_250, 0, "paid")
    refund = session.scalars(select(Refund)).one()
    assert (refund.amount, refund.state, refund.tickets) == (406_250, "by_hand", {bo: 406_250})
    assert [one.state for one in session.scalars(select(Registration).order_by(Registration.id))] == [
        "confirmed", "cancelled",
    ]  # fmt: skip
    # Somebody looked at it before: what they saw is not there any more.
    stale = client.post(f"{path}/give-back/do", data={**done, f"amount-{bo}": "100"})
    assert stale.status_code == 409
    assert "changed meanwhile" in stale.text
    assert [need.kind for need in list_needs(session, [community.id], NOW)] == ["byhand"]
    assert "is to be sent by you" in client.get(f"/organise/events/{event.slug}").text
    button = f"{path}/refunds/{refund.public_id}/done"
    assert press(client, path, button).location.endswith("?done=back")
    assert client.post(button, data={"csrf_token": token}).location.endswith("?done=before")
    session.expire_all()
    assert session.scalars(select(Refund.state)).one() == "done"
    assert list_needs(session, [community.id], NOW) == []
    words = plain(client.get(path).text)
    assert "Tove gave money back for this order, and cancelled one ticket." in words.replace("1 ticket", "one ticket")
    assert "Tove noted that money of this order was given back by hand." in words
    kinds = session.scalars(select(OutboxMail.kind).order_by(OutboxMail.id)).all()
    assert kinds.count("order_given_back") == 1
    assert session.scalars(select(Document.kind).order_by(Document.id)).all() == ["invoice", "credit"]
    assert list(wrong_money(session)) == []


def test_a_kindness_lowers_an_invoice_and_nobody_leaves(client, session, fair, treasurer) -> None:
    event, kind = fair
    order = make_order(session, event, kind, "ada@example.org", state="due", way="invoice")
    session.commit()
    path = path_of(event, order)
    ticket = session.scalars(select(Ticket)).one().public_id
    token = token_in(client.get(f"{path}/give-back").text)
    typed = {"ticket": ticket, f"amount-{ticket}": "1000", "leave": "no", "csrf_token": token}
    sure = client.post(f"{path}/give-back", data=typed)
    assert "Take 1,000 SEK off?" in plain(sure.text)
    assert client.post(
        f"{path}/give-back/do", data=typed | {"seen": found(r'name="seen" value="([^"]*)"', sure.text)}
    ).location.endswith("?done=given")
    now = orders_now(session)
    assert (now.state, now.total, now.owed) == ("due", 712_500, 712_500)
    assert session.scalars(select(Refund)).all() == []
    assert session.scalars(select(Registration.state)).one() == "confirmed"


def test_what_needs_a_fresh_sign_in(client, session, fair, community) -> None:
    event, kind = fair
    order = make_order(session, event, kind, "ada@example.org", way="card")
    stale = make_role(session, community, "owner", "stale@example.org")
    sign_in(client, session, stale, confirmed_at=utc_now() - timedelta(hours=2))
    session.commit()
    path, ticket = path_of(event, order), session.scalars(select(Ticket)).one().public_id
    token = token_in(client.get(path).text)
    assert "/sign-in/again" in client.get(f"{path}/give-back").location
    for last in ("give-back", "give-back/do", "refunds/x/again"):
        answer = client.post(
            f"{path}/{last}", data={"csrf_token": token, "ticket": ticket, f"amount-{ticket}": "1", "leave": "yes"}
        )
        assert answer.status_code in (303, 403, 409), last
    assert (orders_now(session).given_back, orders_now(session).state) == (0, "paid")
    assert client.get(f"{path}/paid").status_code == 200
    seller = f"/organise/communities/{community.slug}/seller"  # where the account stands that invoices name
    assert "/sign-in/again" in client.get(seller).location
    assert client.post(seller, data={"csrf_token": token, "bank": "Mine"}).status_code in (303, 403, 409)


def test_a_refund_that_failed_is_sent_again_under_another_name_or_by_hand(
    client, session, fair, treasurer, community
) -> None:
    event, kind = fair
    order = make_order(session, event, kind, "ada@example.org", way="card")
    payment = session.scalars(select(Payment)).one()
    payment.provider = "stripe"
    ticket = session.scalars(select(Ticket)).one()
    ticket.comes_back, order.total, order.attention = 100_000, order.total - 100_000, "refund-failed"
    order.vat = order.vat - 20_000
    refund = Refund(
        public_id=new_public_id(), order_id=order.id, payment_id=payment.id, amount=100_000, currency="SEK",
        reason="asked", tickets={ticket.public_id: 100_000}, state="failed", reference="re_1",
        error="The card was closed", tries=1, due_at=NOW, created_at=NOW,
    )  # fmt: skip
    session.add(refund)
    session.commit()
    path, was = path_of(event, order), refund.public_id
    page = plain(client.get(path).text)
    assert "Money could not be given back by itself." in page
    assert "The provider said: The card was closed" in page
    assert {need.kind for need in list_needs(session, [community.id], NOW)} == {"refund"}
    assert press(client, path, f"{path}/refunds/{was}/again").location.endswith("?done=again")
    session.expire_all()
    refund, order = session.scalars(select(Refund)).one(), session.scalars(select(Order)).one()
    assert (refund.state, refund.reference, refund.public_id != was) == ("due", None, True)
    assert (order.given_back, order.attention, session.scalars(select(Payment)).one().given_back) == (
        100_000,
        "",
        100_000,
    )
    assert (
        client.post(f"{path}/refunds/{was}/again", data={"csrf_token": token_in(client.get(path).text)}).status_code
        == 404
    )
    assert list(wrong_money(session)) == []


def test_attention_and_disputes(client, session, fair, treasurer, community) -> None:
    event, kind = fair
    order = make_order(session, event, kind, "ada@example.org", way="card")
    order.attention = "disputed"
    payment = session.scalars(select(Payment)).one()
    session.add(
        Dispute(order_id=order.id, payment_id=payment.id, reference="dp_1", amount=812_500, currency="SEK",
                reason="product_not_received", state="needs_response", opened_at=NOW,
                answer_by=NOW + timedelta(days=7))
    )  # fmt: skip
    session.commit()
    path = path_of(event, order)
    page = plain(client.get(path).text)
    assert "The payer asked their bank for the money." in page
    assert "8,125.00 SEK needs response, product not received" in page
    assert "Needs you" in client.get(f"/organise/events/{event.slug}/orders").text
    # What was shown is taken away, and nothing newer.
    token = token_in(client.get(path).text)
    done = f"{path}/looked-after"
    assert client.post(done, data={"csrf_token": token, "attention": "late"}).location.endswith("?done=before")
    assert orders_now(session).attention == "disputed"
    assert press(client, path, done).location.endswith("?done=looked")
    assert orders_now(session).attention == ""
    assert session.scalars(select(LogEntry.action).order_by(LogEntry.id.desc())).first() == "attention_done"


def test_cancelling_leads_to_everybodys_money_where_there_is_some(client, session, fair, treasurer, community) -> None:
    event, kind = fair
    quiet = make_event(session, community=community)
    make_order(session, event, kind, "ada@example.org", way="card")
    session.commit()
    for one, last, asked in ((event, "everybody-back", True), (quiet, "?done=cancelled", False)):
        path = f"/organise/events/{one.slug}"
        assert ("you are asked whether everybody gets their money back" in client.get(f"{path}/cancel").text) is asked
        assert press(client, f"{path}/cancel", f"{path}/cancel").location.endswith(last)
    path = f"/organise/events/{event.slug}/everybody-back"
    assert "8,125 SEK goes back, all of it" in plain(client.get(path).text)
    assert press(client, path, path).location.endswith("?done=asked")
    assert client.post(
        path, data={"csrf_token": token_in(client.get(f"/organise/events/{quiet.slug}").text)}
    ).status_code
    session.expire_all()
    assert [row.event_id for row in session.scalars(select(GivingBack))] == [event.id]
    assert "It is under way." in client.get(path).text
    fragment = client.get(path, headers={"HX-Request": "true"}).text
    assert "<html" not in fragment
    assert 'hx-trigger="every 5s"' in fragment
