"""The festival's tickets: bought with a code, left once, paid, handed on, one given back; by invoice; the treasurer."""

import re
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import delete, select

from gatherings.accounts.models import Person
from gatherings.cli.checking import wrong_counts
from gatherings.cli.checking_money import wrong_money
from gatherings.core.clock import utc_now
from gatherings.double import Double, running_double
from gatherings.events.models import Event
from gatherings.mail.models import OutboxMail
from gatherings.payments.actions.choosing import choose_way
from gatherings.payments.actions.settling import settle
from gatherings.payments.models import Document, Payment, Refund
from gatherings.payments.providers import Seen
from gatherings.registration.models import Registration
from gatherings.tickets.models import Order, Ticket
from gatherings.tickets.queries.kinds import kinds_of
from tests.browser.kit import Visitor, faults
from tests.databases import SqliteTemplate
from tests.drills.houses import House, open_house
from tests.factories import make_community, make_event
from tests.journeys.letters import letters_to
from tests.ordering import make_order
from tests.parts import need
from tests.signing import COOKIE, make_role, make_sign_in
from tests.ticketing import make_code, make_kind, make_sale, make_seller

pytestmark = pytest.mark.needs("browser")

MANY = 500
PATH = "/organise/events/festival"


@pytest.fixture(scope="module")
def stripe() -> Iterator[Double]:
    """A stand-in for Stripe that sends its notices by itself."""
    with running_double() as made:
        made.notices.push()
        yield made


@pytest.fixture(scope="module")
def house(sqlite_template: SqliteTemplate, tmp_path_factory: pytest.TempPathFactory, stripe: Double) -> Iterator[House]:
    """An installation that takes cards."""
    need("browser")
    folder = tmp_path_factory.mktemp("festival")
    how: dict[str, Any] = {"workers": 1, **stripe.settings}
    with sqlite_template.fresh(folder) as url, open_house(folder, url, **how) as opened:
        stripe.serves(opened.server.url)
        yield opened


@pytest.fixture(scope="module")
def festival(house: House) -> Event:
    """Three days in Jönköping, on sale; Nicki keeps its money."""
    now = utc_now()
    starts = (now + timedelta(days=90)).replace(tzinfo=None, hour=9, minute=0, second=0, microsecond=0)
    with house.writing() as session:
        community = make_community(
            session, slug="microsystem-festival", name="Microsystem Festival", zone="Europe/Stockholm"
        )
        make_role(session, community, "owner", "nicki@example.org", "Nicki")
        event = make_event(
            session, community, title="Microsystem Festival", slug="festival", mode="in person", now=now,
            zone="Europe/Stockholm", starts_local=starts, ends_local=starts + timedelta(days=2, hours=7),
        )  # fmt: skip
        make_seller(session, community)
        make_sale(session, event)
        make_kind(session, event, 600)
        make_kind(session, event, None, name="One day", amount=250_000, days=[starts.date().isoformat()])
        make_code(session, event, "PRESENTER", most_each=1)
        return event


@pytest.fixture
def nicki(house: House, festival: Event, visit: Callable[..., Visitor]) -> Visitor:
    """The treasurer, signed in a moment ago."""
    somebody = visit(house, viewport={"width": 1100, "height": 900}, timezone_id="Europe/Stockholm")
    with house.writing() as session:
        person = session.scalars(select(Person).where(Person.address == "nicki@example.org")).one()
        secret = make_sign_in(house.app, session, person)
    somebody.context.add_cookies([{"name": COOKIE, "value": secret, "url": house.server.url}])
    return somebody


def _order(house: House, address: str) -> Order:
    with house.session() as session:
        return session.scalars(
            select(Order).join(Person, Person.id == Order.person_id).where(Person.address == address)
        ).one()


def test_a_festival(
    house: House, festival: Event, stripe: Double, nicki: Visitor, visit: Callable[..., Visitor]
) -> None:
    ada = visit(house, timezone_id="Pacific/Auckland", viewport={"width": 400, "height": 800})
    buy_with_a_code(ada)
    pay_after_leaving_once(house, ada)
    ada.wrong[:] = [one for one in ada.wrong if stripe.settings["STRIPE_API_BASE"] not in one]  # they were sent there
    hand_one_on(house, ada)
    buy_by_invoice(house, visit)
    fill_the_books(house, festival)
    keep_the_books(house, nicki)
    give_one_day_back(house, nicki)
    everything_agrees(house)


def buy_with_a_code(ada: Visitor) -> None:
    """All three days for Ada, 15 % off; a day for a colleague."""
    ada.open("/events/festival")
    page = ada.page
    selects = page.locator(".event-form select")
    for number in (0, 1):
        selects.nth(number).select_option("1")
        ada.settle()
    ada.fill(codes="presenter")
    ada.press("Apply")
    sums = page.locator(".event-form")
    expect(sums).to_contain_text("Code PRESENTER: 15% off")
    # 6,500 less 15 % is 5,525; with a day of 2,500: 8,025 and a quarter of it as VAT.
    expect(sums).to_contain_text("10,031.25 SEK")
    ada.fill(name="Ada Example", email="ada@example.org")
    page.locator("input[name^=pn_]").first.fill("Bo Colleague")
    page.locator("input[name^=pe_]").first.fill("bo@example.org")
    assert faults(page) == []
    ada.press("Order")
    page.wait_for_url("**/orders/**")
    ada.settle()
    expect(page.locator("main")).to_contain_text("10,031.25 SEK to pay")
    expect(page.locator("main")).to_contain_text("Held for you until")
    assert faults(page) == []


def pay_after_leaving_once(house: House, ada: Visitor) -> None:
    page = ada.page
    page.locator("#pay-card").click()
    page.get_by_role("link", name="Back without paying").click()
    expect(page.locator("main")).to_contain_text("You came back without paying")
    page.locator("#pay-card").click()
    page.get_by_role("button", name="Try a card that is declined").click()
    expect(page.get_by_role("alert")).to_contain_text("declined")
    page.get_by_role("button", name="Pay", exact=True).click()
    expect(page.locator("main")).to_contain_text("Paid. Your places are booked.", timeout=15_000)
    ada.settle()
    assert faults(page) == []
    house.wait_for_mail()
    order = _order(house, "ada@example.org")
    assert (order.state, order.total, order.vat, order.received) == ("paid", 1_003_125, 200_625, 1_003_125)
    assert house.ask(select(Payment.amount, Payment.counts)) == [(1_003_125, True)]
    kinds = house.ask(select(Document.kind, Document.number, Document.total, Document.vat).order_by(Document.id))
    assert sorted(kinds) == [("invoice", 1, 1_003_125, 200_625), ("receipt", 1, 1_003_125, 200_625)]
    invite, receipt = sorted(letters_to(house.receiver, "ada@example.org", 2), key=lambda one: "PDF" in one.words)
    assert invite.said[0] == "REQUEST"
    assert "10,031.25 SEK" in receipt.words
    assert letters_to(house.receiver, "bo@example.org", 1)[0].said[0] == "REQUEST"


def hand_one_on(house: House, ada: Visitor) -> None:
    """Bo cannot come; Chidi takes the day."""
    page = ada.page
    page.locator("li.ticket", has_text="Bo Colleague").get_by_role("link", name=re.compile("Change the name")).click()
    ada.fill(name="Chidi", email="chidi@example.org")
    ada.press("Keep this")
    expect(page.locator("main")).to_contain_text("Chidi")
    house.wait_for_mail()
    states = dict(house.ask(select(Person.address, Registration.state).join(Registration)))
    assert states["bo@example.org"] == "cancelled"
    assert states["chidi@example.org"] == "confirmed"
    assert letters_to(house.receiver, "bo@example.org", 2)[1].said[0] == "CANCEL"
    assert letters_to(house.receiver, "chidi@example.org", 1)[0].said[0] == "REQUEST"


def buy_by_invoice(house: House, visit: Callable[..., Visitor]) -> None:
    """A ward pays by invoice, without scripts."""
    ward = visit(house, scripts=False, timezone_id="Europe/Stockholm", viewport={"width": 768, "height": 900})
    page = ward.open("/events/festival")
    page.locator(".event-form select").first.select_option("2")
    ward.fill(name="Karin", email="karin@example.org")
    ward.press("Order")
    page.locator("input[name^=pn_]").last.fill("Dag")
    page.locator("input[name^=pe_]").last.fill("dag@example.org")
    ward.press("Order")
    page.get_by_role("link", name="Pay by invoice").click()
    ward.fill(organisation="Region Jönköping", address="Husargatan 4\n551 11 Jönköping", mark="Ward 4")
    ward.press("Book and send the invoice")
    expect(page.locator("main")).to_contain_text("Your places are booked")
    order = _order(house, "karin@example.org")
    assert (order.state, order.way, order.total) == ("due", "invoice", 1_625_000)
    expect(page.locator("main")).to_contain_text(order.reference)
    link = page.get_by_role("link", name="Invoice 2").get_attribute("href")
    paper = page.context.request.get(f"{house.server.url}{link}")
    assert paper.body().startswith(b"%PDF")


def fill_the_books(house: House, festival: Event) -> None:
    """Five hundred orders, as a festival has: two in three by card, the others by invoice."""
    now = utc_now()
    with house.writing() as session:
        kind = kinds_of(session, festival.id)[0]
        for number in range(MANY):
            order = make_order(
                session, festival, kind, now=now, address=f"many{number}@example.org", name=f"Many {number}"
            )
            if number % 3 == 0:
                choose_way(session, order.id, "invoice", {"name": f"Many {number}"}, house.site, now=now)
                continue
            seen = Seen(
                session_id=f"cs_many_{number}", state="complete", paid=True, failed=False, amount=order.owed,
                currency="SEK", order=order.public_id, payment=f"pi_many_{number}", paid_at=now,
            )  # fmt: skip
            settle(session, order.id, seen, house.site, now=now)
        # Nobody waits here for their thousand mails.
        session.execute(delete(OutboxMail).where(OutboxMail.recipient.like("many%")))


def keep_the_books(house: House, nicki: Visitor) -> None:
    """The lists hold five hundred and two; the ward's invoice is marked as paid."""
    page = nicki.open(f"{PATH}/orders")
    expect(page.locator("#found")).to_contain_text(f"{MANY + 2} orders")
    assert faults(page) == []
    order = _order(house, "karin@example.org")
    nicki.fill(words=order.reference)
    page.get_by_role("link", name="Karin", exact=True).click()
    nicki.settle()
    assert faults(page) == []
    page.get_by_role("link", name="Note that it was paid").click()
    assert faults(page) == []
    page.locator("form.money-form button[type=submit]").click()
    nicki.settle()
    expect(page.locator("main")).to_contain_text("Paid")
    order = _order(house, "karin@example.org")
    assert (order.state, order.received) == ("paid", 1_625_000)
    for screen in ("takings", "orders?state=unpaid"):
        nicki.open(f"{PATH}/{screen}")
        assert faults(page) == [], screen
        assert nicki.sideways == 0, screen


def give_one_day_back(house: House, nicki: Visitor) -> None:
    """Two presses, and the place is free again."""
    order = _order(house, "ada@example.org")
    page = nicki.open(f"{PATH}/orders/{order.public_id}")
    page.get_by_role("link", name="Give money back").click()
    row = page.locator(".give-row", has_text="One day")
    for box in page.locator("input[name=ticket]:checked").all():
        box.uncheck()
    row.locator("input[name=ticket]").check()
    nicki.press("See what that means")
    expect(page.locator("h1")).to_contain_text("Give back 3,125 SEK?")
    assert faults(page) == []
    nicki.press("Yes, give it back")
    house.wait_for_mail()
    order = _order(house, "ada@example.org")
    assert (order.total, order.received, order.given_back) == (690_625, 1_003_125, 312_500)
    assert letters_to(house.receiver, "chidi@example.org", 2)[1].said[0] == "CANCEL"


def everything_agrees(house: House) -> None:
    """Money, places and papers say the same; the one refund is done, once."""
    with house.session() as session:
        assert [*wrong_counts(session), *wrong_money(session)] == []
    for _ in range(40):  # the worker asks Stripe, whose notice says that it is done
        if house.ask(select(Refund.state)) == [("done",)]:
            break
        time.sleep(0.25)
    assert house.ask(select(Refund.amount, Refund.state)) == [(312_500, "done")]
    assert house.ask(select(Ticket.id).where(Ticket.state == "held")) == []
    credit = house.ask(select(Document.number, Document.total, Document.vat).where(Document.kind == "credit"))
    assert credit == [(1, 312_500, 62_500)]
