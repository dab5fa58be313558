"""A provider of payments in memory, for tests that need thousands of its answers."""

from dataclasses import replace
from typing import Any

from gatherings.core.money import step_of
from gatherings.payments.providers import Asked, Away, Refused, Returned, Seen


class Bank:
    """A provider in memory: sessions are paid, delayed, fail and end; refunds arrive, or do not."""

    name = "stripe"

    def __init__(self) -> None:
        self.sessions: dict[str, Seen] = {}
        self.keys: dict[str, str] = {}
        self.refunds: dict[str, Returned] = {}
        self.away = self.refuses = False

    def start(self, asked: Asked) -> Seen:
        self._answer()
        assert asked.amount % step_of(asked.currency) == 0
        assert sum(line.amount * line.count for line in asked.lines) == asked.amount > 0
        made = self.keys.setdefault(asked.key, f"session-{len(self.keys)}")
        seen = Seen(made, "open", False, False, asked.amount, asked.currency, asked.order, url=f"https://bank/{made}")
        return self.sessions.setdefault(made, seen)

    def look(self, session_id: str) -> Seen:
        self._answer()
        return self.sessions[session_id]

    def expire(self, session_id: str) -> Seen:
        self._answer()
        if self.sessions[session_id].state == "open":
            self.becomes(session_id, state="expired")
        return self.sessions[session_id]

    def refund(self, *, key: str, payment: str, amount: int, currency: str, ours: str) -> Returned:
        self._answer()
        assert amount % step_of(currency) == 0
        if key not in self.refunds:
            paid = next(one for one in self.sessions.values() if one.payment == payment)
            back = sum(one.amount for one in self.refunds.values() if one.payment == payment and one.state != "failed")
            assert currency == paid.currency
            if self.refuses or back + amount > paid.amount:
                assert back + amount <= paid.amount, "more was to go back than came"
                raise Refused("not today")
            self.refunds[key] = Returned(f"re-{key}", "done", amount, currency, payment, ours=ours)
        return self.refunds[key]

    def becomes(self, session_id: str, **how: Any) -> None:
        self.sessions[session_id] = replace(self.sessions[session_id], **how)

    def _answer(self) -> None:
        if self.away:
            raise Away("away")
