"""What becomes of money, and until when a session may be paid, without a database."""

from datetime import UTC, datetime, timedelta
from typing import Any

from gatherings.payments.rules.settling import held_again, session_ends, why_not

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def test_what_money_is_for():
    card: dict[str, Any] = {"amount": 100, "of": "SEK", "asked": (100, "SEK")}
    for state in ("open", "waiting", "due"):
        assert why_not(state, 100, "SEK", **card) == ""
    assert why_not("paid", 0, "SEK", **card) == "twice"
    for state in ("expired", "wished"):
        assert why_not(state, 100, "SEK", **card) == "gone"
    assert why_not("cancelled", 0, "SEK", **card) == "gone"
    assert why_not("cancelled", 50, "SEK", **card) == ""  # a part is kept by the rules, the rest goes back
    assert why_not("open", 80, "SEK", **card) == ""  # a ticket less meanwhile: the rest goes back
    assert why_not("open", 120, "SEK", **card) == "amount"
    assert why_not("open", 100, "SEK", amount=99, of="SEK", asked=(100, "SEK")) == "amount"
    assert why_not("open", 100, "SEK", amount=101, of="SEK", asked=(100, "SEK")) == "amount"
    assert why_not("open", 100, "SEK", amount=100, of="EUR", asked=(100, "SEK")) == "currency"
    assert why_not("paid", 0, "SEK", amount=100, of="EUR", asked=None) == "currency"
    assert why_not("due", 100, "SEK", amount=40, of="SEK", asked=None, by_hand=True) == ""
    assert why_not("open", 100, "SEK", amount=40, of="SEK", asked=None, by_hand=True) == "amount"


def test_session_fits_the_provider_with_clocks_ten_minutes_apart():
    for held in (None, NOW, NOW + timedelta(minutes=1), NOW + timedelta(hours=2), NOW + timedelta(days=9)):
        ends = session_ends(NOW, held)
        for skew in (-10, 0, 10):
            theirs = NOW + timedelta(minutes=skew)
            assert timedelta(minutes=30) <= ends - theirs <= timedelta(hours=24)
        if held is not None and held < NOW + timedelta(hours=20):
            assert ends >= held


def test_places_are_held_again_for_a_day_then_an_hour_never_beyond_the_start():
    start, end = NOW + timedelta(days=9), NOW + timedelta(days=10)
    assert [held_again(NOW, tries, start, end) - NOW for tries in (0, 1, 2, 3, 9)] == [
        timedelta(days=1), timedelta(days=1), timedelta(days=1), timedelta(hours=1), timedelta(hours=1),
    ]  # fmt: skip
    assert held_again(NOW, 1, NOW + timedelta(hours=2), end) == NOW + timedelta(hours=2)
    assert held_again(NOW, 1, NOW + timedelta(minutes=1), end) == NOW + timedelta(minutes=30)
