"""Our money beside the provider's books: pure comparison, and the screen with the double's books behind it."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from gatherings.communities.models import Community
from gatherings.core.money import plain
from gatherings.events.models import Event
from gatherings.payments.actions import settling
from gatherings.payments.models import Payment, Refund
from gatherings.payments.providers import Away, Booked
from gatherings.payments.rules.giving import Line, Paid, Way, problems_of, way_of
from gatherings.payments.rules.reconciling import WORDS, Ours, compare
from tests.factories import make_community
from tests.signing import make_role, sign_in

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY: Any = {"since": AT - timedelta(days=1), "until": AT + timedelta(days=1)}


def booked(kind="payment", reference="pi_1", amount=100, order="o1", payment=None, currency="SEK", at=AT, fee=3):
    return Booked(kind, reference, payment or reference, amount, currency, fee, order, at)


def ours(kind="payment", reference="pi_1", amount=100, order="o1", currency="SEK", at=AT, state="done"):
    return Ours(kind, reference, amount, currency, order, order.upper(), at, state)


NAMES = {"o1": "O1", "o2": "O2"}
REFUND = booked("refund", "re_1", 40, order="", payment="pi_1")


@pytest.mark.parametrize(
    ("mine", "theirs", "found"),
    [
        ([ours()], [booked()], []),
        ([ours(), ours("refund", "re_1", 40)], [booked(), REFUND], []),
        ([], [booked()], ["payment_not_here"]),
        ([ours()], [], ["payment_not_there"]),
        ([ours(amount=90)], [booked()], ["payment_amount"]),
        ([ours(currency="EUR")], [booked()], ["payment_amount"]),
        ([ours(order="o2")], [booked()], ["order"]),
        ([ours()], [booked(), booked()], ["twice"]),
        ([ours()], [booked(), REFUND], ["refund_not_here"]),
        ([ours(), ours("refund", "re_1", 40)], [booked()], ["refund_not_there"]),
        ([ours(), ours("refund", "re_1", 30)], [booked(), REFUND], ["refund_amount"]),
        ([ours(), ours("refund", "re_1", 40, state="failed")], [booked(), REFUND], ["refund_failed"]),
        ([ours(), ours("refund", "?x", 40, state="due")], [booked()], []),
        ([ours(), ours("refund", "re_1", 40, state="sent")], [booked()], []),
        ([ours()], [booked(), booked("dispute", "dp_1", 100, order="", payment="pi_1")], ["dispute"]),
        # At the edges: what has its partner outside the days is no difference, what lies outside is not named.
        ([ours(at=AT - timedelta(days=2))], [booked()], []),
        ([ours(at=AT - timedelta(days=2))], [], []),
        ([ours()], [booked(at=AT + timedelta(days=2))], []),
        # Another community's.
        ([], [booked(order="theirs")], []),
    ],
)
def test_each_difference_has_its_name(mine, theirs, found) -> None:
    result = compare(mine, theirs, names=NAMES, **DAY)
    assert [one.kind for one in result.differences] == found
    assert set(found) <= set(WORDS)


def test_sums_strangers_and_known_disputes() -> None:
    theirs = [booked(), REFUND, booked(reference="pi_9", order=""), booked("dispute", "dp_1", payment="pi_1", order="")]
    mine = [ours(), ours("refund", "re_1", 40)]
    result = compare(mine, theirs, names=NAMES, **DAY, disputed=["dp_1"])
    assert result.differences == []
    assert result.agree == 3
    assert result.sums == {"SEK": (100, 40, 9)}
    assert [one.reference for one in result.strangers] == ["pi_9"]


@pytest.mark.parametrize(
    ("amount", "owed", "payments", "way"),
    [
        (100, 0, [Paid("stripe", 300)], Way(by_card=100)),
        (100, 100, [], Way(lowers=100)),
        (150, 100, [Paid("stripe", 50)], Way(by_card=50, lowers=100)),
        (300, 0, [Paid("stripe", 200), Paid("bank", 150)], Way(by_card=150, by_hand=150)),
        (100, -150, [Paid("stripe", 200), Paid("bank", 150)], Way(by_card=100)),  # the bank's part goes back already
        (0, 0, [Paid("stripe", 200)], Way()),
    ],
)
def test_which_way_money_goes_back(amount, owed, payments, way) -> None:
    assert way_of(amount, owed, payments) == way


def test_what_cannot_be_given_back() -> None:
    lines = [Line("a", 1000), Line("b", 0)]
    assert problems_of(lines, {"a": 1000, "b": 0}, "SEK") == []
    wrong = problems_of(lines, {"a": 1001, "b": 1, "c": 1}, "SEK")
    assert [one.field for one in wrong] == ["a", "b", "c"]
    assert [one.field for one in problems_of(lines, {"a": 15}, "KWD")] == ["a"]
    assert problems_of(lines, {"a": 20}, "KWD") == []


# --- the screen ------------------------------------------------------------------------------------------------------


@pytest.fixture
def desk(shop):
    """Two paid orders, and a client signed in as an organiser; gives (shop, client, path, [order ids])."""
    orders = [shop.place(f"{name}@example.org") for name in ("ada", "bo")]
    for order in orders:
        shop.do(settling.settle, order, shop.seen(shop.pay(order)))
    client = shop.app.test_client()
    with shop.writing() as session:
        event = session.get_one(Event, shop.event_id)
        sign_in(client, session, make_role(session, session.get_one(Community, event.community_id), "organiser"))
        path = f"/organise/events/{event.slug}/reconcile"
    day = shop.now.date()
    return shop, client, f"{path}?since={day - timedelta(days=2)}&until={day + timedelta(days=1)}", orders


def said(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page.replace("\xa0", " ").replace("&#39;", "'")))


def test_everything_agrees_then_a_refund_over_there_is_named(desk) -> None:
    shop, client, path, orders = desk
    page = said(client.get(path).text)
    assert "Everything agrees. 2 movements were compared." in page
    payment = shop.rows(Payment, orders[0])[0]
    shop.provider.refund(key="by-hand", payment=payment.reference, amount=100_000, currency="SEK", ours="")
    page = said(client.get(path).text)
    assert "One thing does not agree." in page
    assert "Given back at the provider, and not noted here." in page
    assert f"Provider: {float(plain(100_000, 'SEK')):,.2f} SEK" in page
    assert shop.order(orders[0]).reference in page
    # A payment that we never heard of, and one that was noted though it is not there.
    third = shop.place("cleo@example.org")
    shop.pay(third)
    with shop.writing() as session:
        session.scalars(select(Payment).where(Payment.order_id == orders[1])).one().reference = "pi_never"
    page = said(client.get(path).text)
    for words in ("Paid at the provider, and not noted here.", "Noted here as paid, and not in the provider's books."):
        assert words in page


def test_a_refund_of_ours_agrees(desk) -> None:
    shop, client, path, orders = desk
    payment = shop.rows(Payment, orders[0])[0]
    with shop.writing() as session:
        order = shop.order(orders[0])
        session.add(
            Refund(public_id="r" * 22, order_id=order.id, payment_id=payment.id, amount=100_000, currency="SEK",
                   reason="asked", tickets={}, state="due", due_at=shop.now, created_at=shop.now)
        )  # fmt: skip
    assert "Everything agrees." in said(client.get(path).text)  # not sent yet
    shop.work()
    assert [one.state for one in shop.rows(Refund)] == ["done"]
    assert "Everything agrees. 3 movements were compared." in said(client.get(path).text)


def test_what_is_asked_is_checked_and_a_provider_that_is_away_is_said(desk, monkeypatch) -> None:
    shop, client, path, _orders = desk
    bare = path.partition("?")[0]
    assert client.get(bare).status_code == 200
    for query in ("since=x", "since=2026-02-30", "since=9999-12-31&until=9999-12-31", "since=0001-01-01",
                  "since=2020-01-01&until=2026-01-01", "until=%00&since="):  # fmt: skip
        assert client.get(f"{bare}?{query}").status_code in (200, 422), query

    def away(*_args):
        raise Away("no")

    monkeypatch.setattr(type(shop.provider), "books", away)
    answer = client.get(path)
    assert answer.status_code == 503
    assert "does not answer just now" in answer.text


def test_another_communitys_money_is_not_seen(desk) -> None:
    shop, client, path, orders = desk
    other = shop.app.test_client()
    with shop.writing() as session:
        community = make_community(session)
        sign_in(other, session, make_role(session, community, "owner", "other@example.org"))
        slug = community.slug
    assert other.get(path).status_code == 404
    query = path.partition("?")[2]
    page = other.get(f"/organise/communities/{slug}/reconcile?{query}")
    assert page.status_code == 200
    assert "Everything agrees. 0 movements were compared." in said(page.text)
    for order in orders:
        assert shop.rows(Payment, order)[0].reference not in page.text
        assert shop.order(order).reference not in page.text
    mine = said(client.get(f"/organise/communities/{shop_slug(shop)}/reconcile?{query}").text)
    assert "2 movements were compared." in mine
    assert client.get(f"/organise/communities/{shop_slug(shop)}/orders/{shop.order(orders[0]).public_id}").location


def shop_slug(shop) -> str:
    with shop.reading() as session:
        return str(session.get_one(Community, session.get_one(Event, shop.event_id).community_id).slug)
