"""What the double remembers: sessions, payments, refunds, disputes and the account's books; and what happens to them.

All in memory, behind one lock. Each method does what happens at Stripe when a person or the clock does something,
and notes the events of it.
"""

import copy
import threading
from collections.abc import Callable
from typing import Any

from gatherings.double.objects import blank, new_id, seconds
from gatherings.double.params import BadParams

_LEAST = {"sek": 300, "nok": 300, "dkk": 250, "eur": 50, "usd": 50, "gbp": 30, "jpy": 50, "isk": 6900}
_HUNDREDS = {"isk", "ugx"}
_TENS = {"bhd", "jod", "kwd", "omr", "tnd"}


class NotThere(Exception):
    """An id that the double does not know."""


class Books:
    """The double's memory. `tell` is called with the type of an event and the object that it is about."""

    def __init__(self, tell: Callable[[str, dict[str, Any]], None], origin: Callable[[], str]) -> None:
        self.lock = threading.RLock()
        self.rows: dict[str, dict[str, dict[str, Any]]] = {}
        self._tell, self._origin = tell, origin
        self.account = blank(
            "account", id="acct_double", charges_enabled=True, payouts_enabled=True, country="SE",
            default_currency="sek", details_submitted=True, type="standard",
            capabilities={"card_payments": "active", "transfers": "active"},
            requirements={"currently_due": [], "past_due": [], "disabled_reason": None},
        )  # fmt: skip
        self.refunds_become = "succeeded"  # pending, failed; or an error's message with "!" before it

    def table(self, kind: str) -> dict[str, dict[str, Any]]:
        """Give all objects of a kind by their ids, oldest first."""
        return self.rows.setdefault(kind, {})

    def find(self, kind: str, found_id: str) -> dict[str, Any]:
        """Find one object."""
        row = self.table(kind).get(found_id)
        if row is None:
            raise NotThere(f"No such {kind.rpartition('.')[2]}: '{found_id}'")
        return row

    def add(self, kind: str, prefix: str, **values: Any) -> dict[str, Any]:
        """Make an object of a kind and remember it."""
        row = blank(kind, **{"id": new_id(prefix), **values})
        self.table(kind)[row["id"]] = row
        return row

    # --- sessions ---

    def create_session(self, params: dict[str, Any]) -> dict[str, Any]:
        """Make a Checkout Session, with the rules of Stripe's own that types do not say."""
        currency, total = _sum(params)
        expires_at = params.get("expires_at", seconds() + 86400)
        if not seconds() + 1800 - 5 <= expires_at <= seconds() + 86400 + 5:
            raise BadParams(
                "The `expires_at` timestamp must be between 30 minutes and 24 hours from now.", "expires_at"
            )
        for name in ("success_url", "cancel_url"):
            if not str(params.get(name, "")).startswith(("http://", "https://")):
                raise BadParams(f"Not a valid URL: {name}", name, "url_invalid")
        address = params.get("customer_email")
        if address is not None and not (address.isascii() and "@" in address and "." in address.rpartition("@")[2]):
            raise BadParams(f"Invalid email address: {address}", "customer_email", "email_invalid")
        with self.lock:
            session = self.add(
                "checkout.session", "cs_test", mode="payment", ui_mode="hosted_page", status="open",
                payment_status="unpaid" if total else "no_payment_required", amount_total=total, amount_subtotal=total,
                currency=currency, expires_at=expires_at, success_url=params["success_url"],
                cancel_url=params["cancel_url"], client_reference_id=params.get("client_reference_id"),
                customer_email=address, locale=params.get("locale", "auto"), metadata=params.get("metadata", {}),
                payment_method_types=["card"], submit_type=params.get("submit_type"), custom_fields=[],
                adaptive_pricing=params.get("adaptive_pricing", {"enabled": True}), shipping_options=[],
                total_details={"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
            )  # fmt: skip
            session["url"] = f"{self._origin()}/c/pay/{session['id']}"
            self.table("asked")[session["id"]] = params
            return session

    def expire_session(self, session_id: str) -> dict[str, Any]:
        """End an open session."""
        with self.lock:
            session = self.find("checkout.session", session_id)
            if session["status"] != "open":
                raise BadParams('Only Checkout Sessions with a status in ["open"] can be expired.', "", "")
            session.update(status="expired", url=None)
            self._tell("checkout.session.expired", session)
            return session

    def expire_old(self) -> None:
        """End the sessions whose time is over, as Stripe's clock does."""
        with self.lock:
            for session in list(self.table("checkout.session").values()):
                if session["status"] == "open" and session["expires_at"] <= seconds():
                    self.expire_session(session["id"])

    # --- paying ---

    def pay(self, session_id: str, *, amount: int | None = None, currency: str | None = None) -> dict[str, Any]:
        """Pay on the hosted page, at once; `amount` and `currency` (Stripe's notation) can be made wrong."""
        with self.lock:
            session = self._open(session_id)
            if amount is not None or currency is not None:
                session["amount_total"] = session["amount_total"] if amount is None else amount
                session["currency"] = currency or session["currency"]
            self._intent(session, "processing")
            session.update(status="complete", url=None)
            self._arrive(session)
            self._tell("checkout.session.completed", session)
            return session

    def delay(self, session_id: str) -> dict[str, Any]:
        """Pay by a method whose money comes later: the session is complete and unpaid."""
        with self.lock:
            session = self._open(session_id)
            self._intent(session, "processing")
            session.update(status="complete", url=None)
            self._tell("checkout.session.completed", session)
            return session

    def settle(self, session_id: str, *, paid: bool = True) -> dict[str, Any]:
        """Let the money of a delayed payment arrive, or fail."""
        with self.lock:
            session = self.find("checkout.session", session_id)
            assert session["status"] == "complete", session["status"]
            assert session["payment_status"] == "unpaid", session["payment_status"]
            if paid:
                self._arrive(session)
            else:
                self.find("payment_intent", session["payment_intent"]).update(status="requires_payment_method")
            self._tell(f"checkout.session.async_payment_{'succeeded' if paid else 'failed'}", session)
            return session

    def decline(self, session_id: str) -> dict[str, Any]:
        """Let the card be declined: the session stays open."""
        with self.lock:
            session = self._open(session_id)
            intent = self._intent(session, "requires_payment_method")
            intent["last_payment_error"] = {"type": "card_error", "code": "card_declined"}
            self._tell("payment_intent.payment_failed", intent)
            return session

    def _open(self, session_id: str) -> dict[str, Any]:
        self.expire_old()
        session = self.find("checkout.session", session_id)
        if session["status"] != "open":
            raise BadParams(f"This session is {session['status']}.", "", "")
        return session

    def _intent(self, session: dict[str, Any], status: str) -> dict[str, Any]:
        data = self.table("asked")[session["id"]].get("payment_intent_data", {})
        values: dict[str, Any] = {"amount": session["amount_total"], "currency": session["currency"], "status": status}
        if session["payment_intent"]:
            intent = self.find("payment_intent", session["payment_intent"])
            intent.update(values)
            return intent
        intent = self.add(
            "payment_intent", "pi", **values, amount_received=0, amount_capturable=0, metadata=data.get("metadata", {}),
            description=data.get("description"), payment_method_types=["card"], capture_method="automatic_async",
        )  # fmt: skip
        session["payment_intent"] = intent["id"]
        return intent

    def _arrive(self, session: dict[str, Any]) -> None:
        intent = self.find("payment_intent", session["payment_intent"])
        charge = self.add(
            "charge", "ch", amount=intent["amount"], amount_captured=intent["amount"], amount_refunded=0, captured=True,
            currency=intent["currency"], description=intent["description"], disputed=False, paid=True, refunded=False,
            metadata=dict(intent["metadata"]), payment_intent=intent["id"], status="succeeded",
        )  # fmt: skip
        charge["balance_transaction"] = self.book(charge, "charge", charge["amount"], charge["amount"] * 15 // 1000)
        intent.update(status="succeeded", amount_received=intent["amount"], latest_charge=charge["id"])
        session.update(payment_status="paid")

    def book(self, source: dict[str, Any], kind: str, amount: int, fee: int = 0, at: int | None = None) -> str:
        """Write a movement of money into the account's books, as of now or of another moment."""
        row = self.add(
            "balance_transaction", "txn", amount=amount, fee=fee, net=amount - fee, currency=source["currency"],
            fee_details=[], type=kind, reporting_category=kind, source=source["id"], status="available",
            available_on=seconds(), balance_type="payments", created=seconds() if at is None else at,
        )  # fmt: skip
        return str(row["id"])

    def shown(self, row: dict[str, Any]) -> dict[str, Any]:
        """Give a copy of an object, as it stands at this moment."""
        with self.lock:
            return copy.deepcopy(row)


def _sum(params: dict[str, Any]) -> tuple[str, int]:
    """Add up the lines of a session; raises BadParams for what Stripe would not take."""
    if params.get("mode") != "payment":
        raise BadParams("Missing required param: mode.", "mode", "parameter_missing")
    lines = params.get("line_items") or []
    if not 1 <= len(lines) <= 100:
        raise BadParams("line_items must have 1 to 100 lines.", "line_items")
    currencies = {line.get("price_data", {}).get("currency", "") for line in lines}
    currency = currencies.pop()
    if currencies or currency != currency.lower() or len(currency) != 3:
        raise BadParams("All prices must be in one currency.", "line_items", "currency_mismatch")
    total = 0
    for at, line in enumerate(lines):
        price, count = line["price_data"], line.get("quantity", 1)
        amount, name = price.get("unit_amount", -1), price.get("product_data", {}).get("name", "")
        where = f"line_items[{at}]"
        if amount < 0 or count < 1 or not name.strip():
            raise BadParams(f"{where} needs a name, a quantity and an amount that is not negative.", where)
        if (currency in _HUNDREDS and amount % 100) or (currency in _TENS and amount % 10):
            raise BadParams(f"Invalid amount in {currency}: {amount}", f"{where}[price_data][unit_amount]")
        total += amount * count
    if total > 99_999_999:
        raise BadParams("Amount must be no more than 999,999.99", "line_items", "amount_too_large")
    if 0 < total < _LEAST.get(currency, 1):
        raise BadParams("The Checkout Session's total amount is too small.", "line_items", "amount_too_small")
    return currency, total
