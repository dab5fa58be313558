"""The treasurer's list of orders: sums, filters, sorting, pages, CSV, and few queries however many there are."""

import csv
import io
import re
import time
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gatherings.audit.models import LogEntry
from gatherings.core.clock import utc_now
from gatherings.tickets.models import Order
from tests.factories import NOW, make_community, make_event
from tests.many_orders import fill_orders
from tests.pages.counting import counted
from tests.signing import make_role, sign_in
from tests.ticket_orders import make_order
from tests.ticketing import festival, make_code, make_kind


@pytest.fixture(autouse=True)
def still(clock_at):
    with clock_at(NOW):
        yield


@pytest.fixture
def community(session: Session):
    return make_community(session)


@pytest.fixture
def fair(session: Session, community):
    """The festival, one kind for all days and one for a day."""
    event, kind = festival(session, community=community)
    return event, kind, make_kind(session, event, name="One day", amount=250_000)


@pytest.fixture
def desk(client: FlaskClient, session: Session, community, fair):
    sign_in(client, session, make_role(session, community, "organiser"))
    return f"/organise/events/{fair[0].slug}/orders"


def names(page: str) -> list[str]:
    return re.findall(r'/orders/[\w-]{22}"[^>]*>([^<]*)</a>', page)


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page.replace("\xa0", " ")))


def test_the_list_its_sums_and_filters(client: FlaskClient, session: Session, community, fair, desk: str) -> None:
    event, three, one = fair
    code = make_code(session, event)
    make_order(session, event, three, "ada@example.org", "bo@example.org", way="card")
    due = make_order(session, event, one, "cleo@example.org", state="due", way="invoice", codes=(code,))
    make_order(session, event, one, "dan@example.org", state="open")
    session.execute(
        update(Order)
        .where(Order.id == due.id)
        .values(due_on=NOW.date() - timedelta(days=1), bill_to={"organisation": "Åkeriet i Jönköping"})
    )
    session.commit()
    page = client.get(desk).text
    assert names(page) == ["Dan Example", "Cleo Example", "Ada Example"]
    words = plain(page)
    assert "One invoice is overdue: 2,656.25 SEK" in words
    assert "18,906.25 SEK" in words  # sold: 2 × 8,125 and 2,656.25
    assert "16,250 SEK" in words  # received
    assert "Overdue" in words
    assert "2 × All three days" in words
    for query, found in (
        ("state=paid", ["Ada"]), ("state=unpaid", ["Cleo"]), ("state=late", ["Cleo"]), ("state=paying", ["Dan"]),
        ("state=gone", []), ("state=needs", []), ("way=invoice", ["Cleo"]), (f"kind={three.public_id}", ["Ada"]),
        ("code=presenter", ["Cleo"]), ("words=bo", ["Ada"]), ("words=CLEO@", ["Cleo"]), ("words=%25", []),
        ("words=%C3%A5keriet+j%C3%B6nk", ["Cleo"]), (f"words={due.reference.lower()}", ["Cleo"]),
        ("sort=total", ["Cleo", "Dan", "Ada"]), ("sort=-owed", ["Dan", "Cleo", "Ada"]),
        ("sort=name", ["Ada", "Cleo", "Dan"]),
        ("sort=banana&page=x&state=y&kind=z&way=q&page=99999", ["Dan", "Cleo", "Ada"]),
    ):  # fmt: skip
        assert names(client.get(f"{desk}?{query}").text) == [f"{name} Example" for name in found], query
    fragment = client.get(f"{desk}?state=paid", headers={"HX-Request": "true"}).text
    assert "<html" not in fragment
    assert "No order is found like this." in client.get(f"{desk}?words=nobody").text


def test_who_sees_it(client: FlaskClient, session: Session, community, fair) -> None:
    event, kind, _one = fair
    order = make_order(session, event, kind, "ada@example.org", way="card")
    base = f"/organise/events/{event.slug}"
    paths = [
        f"{base}/{last}"
        for last in ("orders", f"orders/{order.public_id}", "orders.csv", "takings", "reconcile", "everybody-back",
                     f"orders/{order.public_id}/paid", f"orders/{order.public_id}/give-back")
    ]  # fmt: skip
    paths.append(f"/organise/communities/{community.slug}/takings")
    session.commit()
    for role, status in (("owner", 200), ("organiser", 200), ("host", 403), ("helper", 403), ("editor", 403),
                         ("reviewer", 403)):  # fmt: skip
        sign_in(client, session, make_role(session, community, role))
        session.commit()
        assert [client.get(path).status_code for path in paths] == [status] * len(paths), role
    other = make_community(session)
    sign_in(client, session, make_role(session, other, "owner", "other@example.org"))
    theirs = make_event(session, community=other)
    session.commit()
    assert [client.get(path).status_code for path in paths] == [404] * len(paths)
    # An order of another community is not there by its id either.
    assert client.get(f"/organise/events/{theirs.slug}/orders/{order.public_id}").status_code == 404
    assert client.get(f"/organise/communities/{other.slug}/orders/{order.public_id}").status_code == 404
    client.delete_cookie("organiser", domain="gatherings.test")
    assert [client.get(path).status_code for path in paths] == [302] * len(paths)


def test_nothing_sold(client: FlaskClient, session: Session, community, fair) -> None:
    event = make_event(session, community=community)
    sign_in(client, session, make_role(session, community, "owner"))
    session.commit()
    for last, said in (("orders", "Nothing is sold here."), ("takings", "Nothing is sold here."),
                       ("reconcile", "Cards are not set up"),
                       ("everybody-back", "This gathering takes place.")):  # fmt: skip
        assert said in client.get(f"/organise/events/{event.slug}/{last}").text, last


def test_taken_away_after_a_fresh_sign_in(client: FlaskClient, session: Session, community, fair, desk: str) -> None:
    event, three, one = fair
    make_order(session, event, three, "ada@example.org", way="card")
    evil = make_order(session, event, one, "eve@example.org", state="due", way="invoice")
    evil.name, evil.bill_to = "=cmd|' /C calc'!A0", {"organisation": "Åkeriet", "address": "Storgatan 1\n553 16"}
    session.commit()
    answer = client.get(f"{desk}.csv?sort=name")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert rows[0][:5] == ["Reference", "Placed (UTC)", "Buyer", "E-mail address", "State"]
    ada = dict(zip(rows[0], rows[-1] if rows[-1][2] == "Ada Example" else rows[1], strict=True))
    assert (ada["Tickets"], ada["Without VAT"], ada["VAT"], ada["Total"], ada["Received"], ada["Still to pay"]) == (
        "1 × All three days", "6500.00", "1625.00", "8125.00", "8125.00", "0.00",
    )  # fmt: skip
    eve = next(row for row in rows if "calc" in row[2])
    assert eve[2] == "'=cmd|' /C calc'!A0"
    assert "Åkeriet, Storgatan 1, 553 16" in eve
    assert len(list(csv.reader(io.StringIO(client.get(f"{desk}.csv?state=paid").data.decode())))) == 2
    session.expire_all()
    line = session.scalars(select(LogEntry).where(LogEntry.action == "orders-exported").order_by(LogEntry.id)).first()
    assert line is not None
    assert line.details["rows"] == 2
    stale = make_role(session, community, "owner", "stale@example.org")
    sign_in(client, session, stale, confirmed_at=utc_now() - timedelta(hours=2))
    session.commit()
    assert "/sign-in/again" in client.get(f"{desk}.csv").location


def test_five_hundred_orders_are_fast_and_few_queries(
    client: FlaskClient, session: Session, community, fair, desk: str, engine
) -> None:
    event, three, one = fair

    def queries(path: str) -> int:
        with counted(engine) as statements:
            assert client.get(path).status_code == 200
        return len(statements)

    base = f"/organise/events/{event.slug}"
    paths = [
        desk, f"{desk}?state=unpaid&words=a&way=invoice&sort=-owed&page=2", f"{desk}?state=all&page=11",
        f"{base}/takings", f"/organise/communities/{community.slug}/takings", f"{base}/everybody-back",
    ]  # fmt: skip
    fill_orders(session, event, [three, one], 60, now=NOW, prefix="few")
    session.commit()
    few = [queries(path) for path in paths]
    fill_orders(session, event, [three, one], 500, now=NOW)
    session.commit()
    assert [queries(path) for path in paths] == few
    assert max(few) <= 10, few
    began = time.monotonic()
    page = client.get(desk).text
    assert time.monotonic() - began < 1
    assert len(names(page)) == 50
    assert len(names(client.get(f"{desk}?state=all&page=12").text)) == 10
    last = client.get(f"{desk}?page=999").text  # there is no such page: the last one
    assert "Onwards" not in last
    assert 0 < len(names(last)) <= 50
    big = client.get(f"{desk}.csv?state=all").data.decode()
    assert len(list(csv.reader(io.StringIO(big)))) == 561
