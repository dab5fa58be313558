"""Reading and writing amounts: integers of minor units, whatever people type."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatherings.core.money import digits_of, is_currency, plain, read_amount, rounded, step_of, to_step


@pytest.mark.parametrize(
    ("typed", "currency", "amount"),
    [
        ("6500", "SEK", 650_000), ("6 500,00", "SEK", 650_000), ("6,500", "SEK", 650_000), ("1.234,50", "SEK", 123_450),
        ("1,234.50", "SEK", 123_450), ("12.5", "GBP", 1250), ("0.05", "GBP", 5), ("SEK 2500", "SEK", 250_000),
        ("2500 sek", "SEK", 250_000), ("6\u202f500", "SEK", 650_000), ("1,200", "JPY", 1200), ("1'200", "JPY", 1200),
        ("1,234", "KWD", 1234), ("12.340", "KWD", 12_340), ("０", "SEK", 0), ("1,234,567", "JPY", 1_234_567),
    ],
)  # fmt: skip
def test_amounts_are_read_as_people_type_them(typed, currency, amount):
    assert read_amount(typed, currency) == amount


@pytest.mark.parametrize(
    "typed",
    ["", "-5", "1e3", "12.345.6", "1,23,456", "0x10", "NaN", "∞", "1.2.3", "99999999999999", "12,5.0", "=1+1", "5 GBP",
     "6.5001", "1\u0000", "½"],
)  # fmt: skip
def test_what_is_no_amount_is_refused(typed):
    with pytest.raises(ValueError):
        read_amount(typed, "SEK")


@given(amount=st.integers(0, 10**9), currency=st.sampled_from(["SEK", "GBP", "JPY", "KWD", "ISK"]))
def test_what_is_written_is_read_as_the_same(amount, currency):
    assert read_amount(plain(amount, currency), currency) == amount


@given(amount=st.integers(0, 10**12), parts=st.integers(0, 10**4), whole=st.integers(1, 10**4))
def test_rounding_is_half_up_and_never_more_than_half_away(amount, parts, whole):
    exact_twice = 2 * amount * parts
    assert -whole < exact_twice - 2 * whole * rounded(amount, parts, whole) + whole <= 2 * whole
    assert rounded(5, 1, 2) == 3


def test_currencies_are_the_standards():
    assert [digits_of(code) for code in ("SEK", "GBP", "JPY", "ISK", "KWD")] == [2, 2, 0, 0, 3]
    assert [is_currency(code) for code in ("SEK", "XOF", "XAU", "XXX", "sek", "ZZZ", "CLF", "SEKK", "")] == [
        True, True, False, False, False, False, False, False, False,
    ]  # fmt: skip
    assert (step_of("KWD"), step_of("SEK"), to_step(12_345, "KWD"), to_step(12_345, "SEK")) == (
        10, 1, 12_350, 12_345,
    )  # fmt: skip
