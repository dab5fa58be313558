"""Prices, codes and VAT add up to the last minor unit, in currencies with no, two and three digits."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatherings.core.money import step_of
from gatherings.tickets.rules.comes_back import percent_back
from gatherings.tickets.rules.pricing import (
    cannot_be_together,
    covered,
    line_of,
    part_back,
    price_of,
    split_vat,
    vat_back,
)

CURRENCIES = ("SEK", "GBP", "JPY", "KWD", "ISK")
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
amounts = st.integers(0, 10**8)
rates = st.sampled_from([0, 250, 600, 700, 1000, 1200, 1500, 2000, 2500, 2550, 2700])
currencies = st.sampled_from(CURRENCIES)


@dataclass
class Kind:
    public_id: str = "days"
    price: str = "fixed"
    amount: int = 650_000
    early_amount: int | None = None
    early_until_at: datetime | None = None
    least: int = 0
    suggested: int = 0
    most: int | None = None
    vat_rate: int = 2500
    hidden: bool = False


@dataclass
class OneCode:
    code: str = "PRESENTER"
    effect: str = "percent"
    value: int = 1500
    kinds: list[str] = field(default_factory=list)
    most_each: int | None = None
    stacks: bool = True
    early: bool = True


codes = st.lists(
    st.one_of(
        st.builds(OneCode, code=st.sampled_from("AB"), effect=st.just("percent"), value=st.integers(0, 10_000)),
        st.builds(OneCode, code=st.sampled_from("CD"), effect=st.just("fixed"), value=st.integers(0, 10**6)),
        st.builds(OneCode, code=st.just("E"), effect=st.just("free"), value=st.just(0)),
        st.builds(OneCode, code=st.just("F"), effect=st.just("unlock"), value=st.just(0)),
    ),
    max_size=4,
)


def test_the_festival_costs_what_its_treasurer_says():
    """6,500 SEK without VAT; 25 % VAT; 15 % off for presenters, before VAT."""
    said: dict[str, Any] = {"vat_rate": 2500, "vat_included": False, "currency": "SEK"}
    whole = line_of(650_000, [], **said)
    assert (whole.net, whole.vat, whole.gross) == (650_000, 162_500, 812_500)
    presenter = line_of(650_000, [OneCode()], **said)
    assert (presenter.discount, presenter.net, presenter.vat, presenter.gross) == (97_500, 552_500, 138_125, 690_625)
    assert [cut.as_json() for cut in presenter.cuts] == [
        {"code": "PRESENTER", "effect": "percent", "value": 1500, "amount": 97_500}
    ]
    one_day = line_of(250_000, [], **said)
    assert one_day.gross == 312_500


@given(price=amounts, codes=codes, rate=rates, included=st.booleans(), currency=currencies)
def test_a_line_adds_up(price, codes, rate, included, currency):
    line = line_of(price, codes, vat_rate=rate, vat_included=included, currency=currency)
    assert line.gross == line.net + line.vat
    assert line.discount == sum(cut.amount for cut in line.cuts)
    assert 0 <= line.discount <= price
    assert min(line.net, line.vat) >= 0
    assert line.gross % step_of(currency) == 0
    # The VAT is the rate of the net, within half a minor unit of rounding on either side (a step for fils).
    assert abs(line.vat * 10_000 - line.net * rate) <= (10_000 + rate) * max(1, step_of(currency) // 2)
    left = price - line.discount
    assert abs((line.gross if included else line.net) - left) <= (0 if step_of(currency) == 1 else step_of(currency))


@given(
    price=amounts, rate=rates, included=st.booleans(), currency=currencies,
    shares=st.lists(st.integers(0, 100), max_size=5),
)  # fmt: skip
def test_what_goes_back_in_steps_takes_exactly_its_vat_with_it(price, rate, included, currency, shares):
    net, vat = split_vat(price, rate, vat_included=included, currency=currency)
    gross, before, vat_before = net + vat, 0, 0
    for share in [*shares, 100]:
        back = min(part_back(gross, share, currency), gross - before)
        assert back % step_of(currency) == 0
        vat_before += vat_back(gross, vat, before, back)
        before += back
        assert 0 <= vat_before <= vat
        assert 0 <= (before - vat_before) <= net
    assert (before, vat_before) == (gross, vat)


@given(prices=st.lists(st.integers(0, 10**6), min_size=1, max_size=6), most=st.integers(1, 6))
def test_a_code_for_so_many_covers_the_dearest(prices, most):
    code = OneCode(most_each=most)
    found = covered([code], [Kind() for _ in prices], prices)
    with_it = sorted((price for price, got in zip(prices, found, strict=True) if got), reverse=True)
    assert with_it == sorted(prices, reverse=True)[:most]


def test_a_code_is_about_the_kinds_it_names_and_never_shows_what_it_does_not_name():
    plain, hidden = Kind("plain"), Kind("secret", hidden=True)
    assert [len(got) for got in covered([OneCode()], [plain, hidden], [1, 1])] == [1, 0]
    assert [len(got) for got in covered([OneCode(kinds=["secret"])], [plain, hidden], [1, 1])] == [0, 1]


def test_percentages_come_first_then_fixed_amounts_and_nothing_falls_below_nothing():
    told: dict[str, Any] = {"vat_rate": 0, "vat_included": True, "currency": "GBP"}
    both = [OneCode("FIVE", "fixed", 500), OneCode("TENTH", "percent", 1000)]
    assert [cut.amount for cut in line_of(1000, both, **told).cuts] == [100, 500]
    assert line_of(300, [OneCode("FIVE", "fixed", 500)], **told).gross == 0
    assert line_of(1000, [OneCode("GIFT", "free", 0)], **told).discount == 1000


def test_an_early_price_is_lowered_only_by_codes_that_say_so():
    told: dict[str, Any] = {"vat_rate": 0, "vat_included": True, "currency": "GBP"}
    assert line_of(1000, [OneCode(early=False)], early=True, **told).gross == 1000
    assert line_of(1000, [OneCode(early=True)], early=True, **told).gross == 850


def test_stacking_is_as_the_organiser_set_it():
    one, other, opens = OneCode("A"), OneCode("B", stacks=False), OneCode("C", "unlock", 0, stacks=False)
    assert cannot_be_together([one, OneCode("D")], "one")
    assert not cannot_be_together([one, OneCode("D")], "all")
    assert cannot_be_together([one, other], "all")
    assert not cannot_be_together([one, opens], "one")


def test_the_early_price_ends_at_its_second():
    kind = Kind(early_amount=500_000, early_until_at=NOW)
    assert price_of(kind, NOW - timedelta(microseconds=1)) == 500_000
    assert price_of(kind, NOW) == 650_000


@pytest.mark.parametrize("chosen", [99, 5001, -1])
def test_what_one_can_is_within_what_the_organiser_set(chosen):
    kind = Kind(price="choose", least=100, suggested=1000, most=5000)
    assert price_of(kind, NOW) == 1000
    assert price_of(kind, NOW, 100) == 100
    with pytest.raises(ValueError):
        price_of(kind, NOW, chosen)


def test_what_comes_back_goes_by_days_before_the_first():
    steps = [{"days": 30, "percent": 100}, {"days": 7, "percent": 50}]
    first = date(2027, 3, 2)
    said = {days: percent_back(steps, today=first - timedelta(days=days), first_day=first) for days in (31, 30, 29, 7)}
    assert said == {31: 100, 30: 100, 29: 50, 7: 50}
    assert percent_back(steps, today=first - timedelta(days=6), first_day=first) == 0
    assert percent_back([], today=first - timedelta(days=99), first_day=first) == 0
