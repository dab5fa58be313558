"""Papers as PDF: everything that is printed, in any script and currency, and nothing that people typed as markup."""

import struct
from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from gatherings.core.errors import Busy
from gatherings.events.models import Event
from gatherings.payments.actions import documents
from gatherings.payments.models import Seller
from gatherings.payments.printing import typesetting
from gatherings.payments.printing.days import days_words, weekdays_words
from gatherings.payments.printing.papers import pdf_of, words_of
from gatherings.payments.printing.tickets import ticket_pdf
from gatherings.registration.models import Registration
from gatherings.tickets.actions.orders import recount
from gatherings.tickets.models import Ticket
from gatherings.web.i18n import speaking
from tests.factories import NOW, make_community, make_event
from tests.ticket_orders import make_order
from tests.ticketing import festival, make_code, make_kind, make_sale

pytestmark = pytest.mark.one_database("of what is printed")

# Long, of many scripts, and what would be a command in the language that papers are set in.
NAMES = [
    "Zoë & Sons <3", "محمد بن راشد آل مكتوم", "李雷 欧阳修", "Дмитрий Ильич", "Ελένη", "נועה כהן", "नमिता शर्मा",
    "ผู้เข้าร่วม", '#read("/etc/passwd") $x^2$ *b* _i_ `c` @a <l> \\ //', "Donaudampfschifffahrts" * 12,
    "🎪 e\u0301", "한지민",
]  # fmt: skip


def issue_invoice(session, order, *, now=NOW):
    return documents.issue_invoice(session, order, now=now)


@pytest.fixture
def fair(session):
    event, kind = festival(session, place_name="Qulturum", place_address="Jönköping")
    session.add(
        Seller(
            community_id=event.community_id, name="Föreningen Microsystem", country="SE",
            address="Barnarpsgatan 39\n551 11 Jönköping", zone="Europe/Stockholm",
            vat_number="SE802456123401", org_number="802456-1234", bank="Bankgiro 5050-1055",
            contact="ekonomi@example.org", note="Godkänd för F-skatt.",
        )
    )  # fmt: skip
    session.flush()
    return event, kind


@pytest.fixture
def printed(app):
    """The words of a document, and that it can be set."""

    def words(document):
        with app.test_request_context():
            assert pdf_of(document).startswith(b"%PDF-1.7")
            with speaking("en"):
                return words_of(document.content)

    return words


def invoiced(session, event, kind, *people, codes=(), way="invoice", state="due"):
    order = make_order(session, event, kind, *(people or ("ada@example.org",)), state=state, way=way, codes=codes)
    order.due_on = date(2026, 12, 20)
    return order


def sold_in(session, currency, *, included, amount, rate):
    event = make_event(session, make_community(session), mode="in person")
    make_sale(session, event, currency=currency, vat_included=included)
    return event, make_kind(session, event, amount=amount, vat_rate=rate)


def test_the_festivals_invoice_in_words(session, fair, printed):
    order = invoiced(session, *fair, codes=(make_code(session, fair[0]),))
    order.bill_to = {"name": "Ada", "organisation": "Region Jönköpings län", "address": "Box 1\n551 11 X",
                     "country": "SE", "vat_number": "SE1", "mark": "Kst 4711"}  # fmt: skip
    words = printed(issue_invoice(session, order, now=NOW))
    assert words["title"] == "Invoice 1"
    assert ["To be paid by", "20 December 2026"] in words["facts"]
    assert ["Your reference", "Kst 4711"] in words["facts"]
    assert words["parties"] == [
        {"label": "From", "name": "Föreningen Microsystem",
         "lines": ["Barnarpsgatan 39", "551 11 Jönköping", "Sweden", "Organisation number: 802456-1234",
                   "VAT number: SE802456123401"]},
        {"label": "To", "name": "Region Jönköpings län",
         "lines": ["Ada", "Box 1", "551 11 X", "Sweden", "VAT number: SE1"]},
    ]  # fmt: skip
    assert words["event"] == {"title": "Microsystem Festival", "said": "2–4 March 2027 · Qulturum, Jönköping"}
    [line] = words["lines"]
    assert (line["what"], line["who"], line["rate"], line["price"]) == (
        "All three days",
        "Ada Example",
        "25%",
        "6,500.00",
    )
    assert line["notes"] == [["Code PRESENTER: 15% off", "−975.00"], ["", "5,525.00"]]
    assert words["sums"] == [
        ["Without VAT", "5,525.00", ""], ["VAT 25%", "1,381.25", ""], ["Total", "6,906.25\u00a0SEK", "total"]
    ]  # fmt: skip
    assert ["Account", ["Bankgiro 5050-1055"]] in words["box"]["rows"]
    assert ["Reference", [order.reference]] in words["box"]["rows"]


@pytest.mark.parametrize(
    ("currency", "included", "amount", "rate", "total", "vat"),
    [
        ("JPY", True, 12_000, 1000, "12,000\u00a0JPY", "1,091"),
        ("ISK", False, 9_999, 2400, "12,399\u00a0ISK", "2,400"),
        ("KWD", True, 12_340, 500, "12.340\u00a0KWD", "0.588"),
        ("GBP", True, 4_999, 2000, "49.99\u00a0GBP", "8.33"),
    ],
)
def test_amounts_have_the_digits_of_their_currency(session, printed, currency, included, amount, rate, total, vat):
    order = invoiced(session, *sold_in(session, currency, included=included, amount=amount, rate=rate))
    words = printed(issue_invoice(session, order, now=NOW))
    assert ["Total", total, "total"] in words["sums"]
    assert vat in [row[1] for row in words["sums"]]
    assert words["columns"][2].endswith(currency)


def test_who_charges_no_vat_says_nothing_of_it(session, printed):
    order = invoiced(session, *sold_in(session, "GBP", included=True, amount=5_000, rate=0))
    words = printed(issue_invoice(session, order, now=NOW))
    assert words["columns"][:2] == ["What", ""]
    assert words["lines"][0]["rate"] == ""
    assert [row[0] for row in words["sums"]] == ["Total"]


def test_several_rates_have_a_table(session, fair, printed):
    event, _kind = fair
    order = invoiced(session, *fair, "ada@example.org")
    dinner = make_kind(session, event, name="Dinner", amount=50_000, vat_rate=1200)
    other = invoiced(session, event, dinner, "bo@example.org")
    session.scalars(select(Ticket).where(Ticket.order_id == other.id)).one().order_id = order.id
    recount(session, order, now=NOW)
    words = printed(issue_invoice(session, order, now=NOW))
    assert words["rates"] == [["25%", "6,500.00", "1,625.00", "8,125.00"], ["12%", "500.00", "60.00", "560.00"]]


def test_a_credit_note_and_a_receipt_say_what_they_are_for(session, fair, printed):
    order = invoiced(session, *fair, "a@example.org", "b@example.org")
    issue_invoice(session, order, now=NOW)
    first, second = session.scalars(select(Ticket).order_by(Ticket.id))
    first.state, first.comes_back, second.comes_back = "cancelled", first.gross, 12_500
    recount(session, order, now=NOW)
    [credit] = documents.follow(session, order, now=NOW)
    words = printed(credit)
    assert words["title"] == "Credit note 1"
    assert words["said"] == ["This lowers invoice 1 by what is no longer to be paid."]
    assert [line["notes"] for line in words["lines"]] == [[["Cancelled", ""]], [["Taken off the price", ""]]]
    assert ["Corrects invoice", "1 of 20 November 2026"] in words["facts"]
    order.bill_to = {"organisation": "Somebody"}
    again, new = documents.follow(session, order, now=NOW)
    assert "made out" in printed(again)["said"][0]
    [line] = printed(new)["lines"]
    assert line["notes"] == [["Less what is not to be paid", "−100.00"], ["", "6,400.00"]]


def test_names_of_any_script_and_length_are_set_as_they_are(app, session, fair):
    order = invoiced(session, *fair, *[f"p{at}@example.org" for at in range(len(NAMES))])
    for ticket, name in zip(session.scalars(select(Ticket).order_by(Ticket.id)), NAMES, strict=True):
        ticket.name = name
    order.name = NAMES[1]
    invoice = issue_invoice(session, order, now=NOW)
    with app.test_request_context():
        assert pdf_of(invoice).startswith(b"%PDF")
        words = words_of(invoice.content)
    assert [line["who"] for line in words["lines"]] == NAMES
    mirrored = words | {"lang": "ar", "dir": "rtl"}
    assert typesetting.typeset("paper", mirrored, made_on=NOW.date()).startswith(b"%PDF")


def one_ticket(session, fair, **values):
    order = invoiced(session, *fair, "ada@example.org")
    ticket = session.scalars(select(Ticket).where(Ticket.order_id == order.id).options(joinedload(Ticket.kind))).one()
    event = session.scalars(select(Event).where(Event.id == order.event_id).options(joinedload(Event.community))).one()
    registration = session.scalars(select(Registration)).one()
    given = {"side": "room", "zone": "Pacific/Auckland", "language": "en", "now": NOW}
    return lambda holder, **more: ticket_pdf(event, holder, [ticket], registration, **(given | values | more))


def test_a_ticket_is_one_page_whoever_it_is_for(app, session, fair):
    made = one_ticket(session, fair, reference="KM4-7XT-R9Q", unpaid=True)
    with app.test_request_context():
        for name in NAMES:
            png = made(name, format="png")  # more than one page would be no picture
            wide, high = struct.unpack(">II", png[16:24])
            assert (wide, high) == (641, 909)
        assert made("Ada", side="online").startswith(b"%PDF")
        assert made("Ada") == made("Ada") != made("Bo")


def test_a_paper_that_takes_too_long_or_is_too_long_is_refused(app, session, fair, monkeypatch):
    invoice = issue_invoice(session, invoiced(session, *fair), now=NOW)
    with app.test_request_context():
        monkeypatch.setattr(typesetting, "SECONDS", 0)
        with pytest.raises(Busy):
            pdf_of(invoice)
        monkeypatch.setattr(typesetting, "MOST", 100)
        with pytest.raises(typesetting.Unprintable):
            pdf_of(invoice)


def test_our_own_faces_are_enough_for_our_own_words_and_scripts_beyond_are_known():
    assert all(typesetting.is_ours(name) for name in (NAMES[0], NAMES[3], NAMES[4], "Łukasz Żółć – ‘x’ … €"))
    assert not any(typesetting.is_ours(name) for name in (NAMES[1], NAMES[2], NAMES[5], NAMES[6]))


def test_days_have_their_year(app):
    with app.test_request_context():
        assert days_words(date(2027, 3, 2), date(2027, 3, 2)) == "2 March 2027"
        assert days_words(date(2027, 3, 2), date(2027, 3, 4)) == "2–4 March 2027"
        assert days_words(date(2026, 12, 31), date(2027, 1, 1)) == "31 December 2026 – 1 January 2027"
        assert weekdays_words(["2027-03-02", "2027-03-04"]) == "Tuesday 2 March and Thursday 4 March 2027"
