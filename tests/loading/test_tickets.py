"""A programme file may say which tickets an event begins with: a draft, written once."""

import pytest
from sqlalchemy import select

from gatherings.events.models import Event
from gatherings.loading.problems import ProgrammeProblem
from gatherings.loading.reading import read_text
from gatherings.tickets.models import Sale
from gatherings.tickets.queries.kinds import kinds_of
from tests.loading.conftest import SMALL

TICKETS = """\
    tickets:
      currency: sek
      vat: added
      kinds:
        - {name: All three days, price: 6500, vat: 25, places: 120, about: With lunch.}
        - {name: One day, price: "2 500.50", vat: 7.7}
        - {name: Carers, price: free}
"""


def with_tickets(text: str = TICKETS) -> str:
    before, after = SMALL.split("    title: Summer tea\n")
    return f"{before}    title: Summer tea\n{text}{after}"


def test_tickets_are_written_once_as_a_draft(load_text, session):
    report = load_text(with_tickets())
    assert any("put on sale on their screen" in note for note in report.notes)
    event = session.scalars(select(Event).where(Event.slug == "summer-tea")).one()
    sale = session.scalars(select(Sale)).one()
    assert (sale.event_id, sale.state, sale.currency, sale.vat_included, event.offers) == (
        event.id, "draft", "SEK", False, "",
    )  # fmt: skip
    kinds = kinds_of(session, event.id)
    assert [(one.name, one.price, one.amount, one.vat_rate, one.places.capacity) for one in kinds] == [
        ("All three days", "fixed", 650_000, 2500, 120),
        ("One day", "fixed", 250_050, 770, None),
        ("Carers", "free", 0, 0, None),
    ]
    kinds[0].amount = 700_000
    session.commit()
    assert load_text(with_tickets(TICKETS.replace("6500", "9999"))).nothing
    session.expire_all()
    assert kinds_of(session, event.id)[0].amount == 700_000


@pytest.mark.parametrize(
    ("written", "instead", "said"),
    [
        ("sek", "XYZ", "do not know this currency"),
        ("vat: added", "vat: maybe", "included"),
        ("price: 6500", "price: -5", "“free”"),
        ("price: 6500", "price: 1e9", "“free”"),
        ("price: 6500", "price: 0", "“free”"),
        ("price: free", "price: gratis", "“free”"),
        ("vat: 25", "vat: 101", "percentage"),
        ("places: 120", "places: -1", "whole number"),
        ("name: Carers, ", "", "is missing"),
        ("price: free", "price: free, side: stage", "One of these is needed"),
        ("price: free", "price: free, colour: red", "There are: name"),
    ],
)
def test_wrong_tickets_are_named_with_their_field(written, instead, said):
    with pytest.raises(ProgrammeProblem) as caught:
        read_text(with_tickets(TICKETS.replace(written, instead)))
    assert any(said in str(problem.sentence) for problem in caught.value.problems), caught.value.problems
    assert "tickets" in caught.value.problems[0].field
