"""What stands on papers adds up to the last minor unit, whatever happens to an order and in whatever order."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gatherings.payments.rules import papers
from gatherings.payments.rules.papers import Sum
from gatherings.tickets.rules.pricing import split_vat

CURRENCIES = ("SEK", "GBP", "JPY", "KWD", "ISK")


@st.composite
def bought(draw):
    """Tickets of one order, as {id: (gross, vat)}."""
    currency, included = draw(st.sampled_from(CURRENCIES)), draw(st.booleans())
    tickets = {}
    for at in range(draw(st.integers(1, 6))):
        rate = draw(st.sampled_from((0, 250, 600, 770, 1200, 2500)))
        net, vat = split_vat(draw(st.integers(0, 900_000)), rate, vat_included=included, currency=currency)
        tickets[f"ticket-{at}"] = (net + vat, vat, rate)
    return tickets


@st.composite
def stories(draw):
    """An order, and what happens to it: tickets go back in parts, the invoice is made out to somebody else."""
    tickets = draw(bought())
    steps = draw(
        st.lists(
            st.one_of(
                st.just("anew"),
                st.tuples(st.sampled_from(sorted(tickets)), st.integers(1, 100)),
                st.lists(st.tuples(st.sampled_from(sorted(tickets)), st.integers(1, 100)), max_size=3),
            ),
            max_size=8,
        )
    )
    return tickets, steps


def _line(ticket, one, rate):
    return {"ticket": ticket, "rate": rate, "gross": one.gross, "vat": one.vat, "net": one.gross - one.vat}


@given(stories())
def test_invoices_less_credit_notes_are_what_is_to_be_paid_ticket_by_ticket(story):
    tickets, steps = story
    back = dict.fromkeys(tickets, 0)
    invoices: dict[int, Any] = {}
    credits: list[Any] = []
    number = 0

    def write(anew):
        nonlocal number
        wanted = {id: papers.to_pay(gross, vat, back[id]) for id, (gross, vat, _rate) in tickets.items()}
        left = papers.standing(invoices, credits)
        missing = papers.missing(left, wanted, anew=anew)
        for id, sums in missing.credits:
            for ticket, one in sums.items():  # never more than the invoice has left, in gross and in VAT
                assert 0 < one.gross <= left[id][ticket].gross
                assert 0 <= one.vat <= left[id][ticket].vat
            credits.append((id, {"lines": [_line(t, one, tickets[t][2]) for t, one in sums.items()]}))
        if missing.invoice:
            number += 1
            assert all(one.gross > 0 and 0 <= one.vat <= one.gross for _ticket, one in missing.invoice)
            invoices[number] = {"lines": [_line(t, one, tickets[t][2]) for t, one in missing.invoice]}
        return wanted, bool(missing.credits or missing.invoice)

    for step in [None, *steps]:
        for ticket, percent in [step] if isinstance(step, tuple) else step if isinstance(step, list) else []:
            gross = tickets[ticket][0]
            back[ticket] = max(back[ticket], gross * percent // 100)
        wanted, _wrote = write(anew=step == "anew")
        there = {id: Sum() for id in tickets}
        for sums in papers.standing(invoices, credits).values():
            for ticket, one in sums.items():
                there[ticket] += one
        assert there == wanted
        assert write(anew=False)[1] is False  # asked again, nothing is missing
    for content in [*invoices.values(), *(one for _id, one in credits)]:
        rows, lines = papers.vat_table(content["lines"]), content["lines"]
        for name in ("net", "vat", "gross"):
            assert sum(row[name] for row in rows) == sum(line[name] for line in lines)


@given(bought(), st.lists(st.integers(1, 100), max_size=5))
def test_receipts_of_all_payments_add_up_to_the_vat_of_the_whole(tickets, parts):
    lines = [_line(id, Sum(gross, vat), rate) for id, (gross, vat, rate) in tickets.items()]
    rows = papers.vat_table(lines)
    whole, paid = sum(line["gross"] for line in lines), 0
    found = {row["rate"]: [0, 0, 0] for row in rows}
    amounts = [whole * part // (sum(parts) + 1) for part in parts]
    for amount in [*amounts, whole - sum(amounts)]:
        for row in papers.share_of(rows, paid, amount):
            assert row["net"] + row["vat"] == row["gross"]
            for at, name in enumerate(("net", "vat", "gross")):
                found[row["rate"]][at] += row[name]
        paid += amount
    assert found == {row["rate"]: [row["net"], row["vat"], row["gross"]] for row in rows}
    assert papers.share_of(rows, whole, 100) == []  # more than the whole has no VAT of its own


def test_an_invoice_is_made_out_to_whom_one_says_else_to_who_ordered():
    assert papers.buyer_of({}, "Ada Example")["name"] == "Ada Example"
    named = papers.buyer_of({"organisation": "Region Jönköpings län", "mark": "4711"}, "Ada Example")
    assert (named["name"], named["organisation"], named["mark"]) == ("", "Region Jönköpings län", "4711")


def test_files_have_plain_names():
    assert [papers.file_name(kind, 12) for kind in papers.KINDS] == [
        "invoice-12.pdf",
        "receipt-12.pdf",
        "credit-note-12.pdf",
    ]
