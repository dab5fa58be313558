"""Money that goes back at the double: refunds and disputes."""

from typing import Any

from gatherings.double.books import Books
from gatherings.double.objects import seconds
from gatherings.double.params import BadParams


class Returns(Books):
    """The double's memory with refunds and disputes."""

    def create_refund(self, params: dict[str, Any]) -> dict[str, Any]:
        """Give money back, whole or in part."""
        with self.lock:
            intent = self.find("payment_intent", params.get("payment_intent", ""))
            if not intent["latest_charge"]:
                raise BadParams("This PaymentIntent does not have a successful charge to refund.", "payment_intent")
            if self.refunds_become.startswith("!"):
                raise BadParams(self.refunds_become[1:], "", "balance_insufficient")
            charge = self.find("charge", intent["latest_charge"])
            left = charge["amount"] - charge["amount_refunded"]
            amount = params.get("amount", left)
            if left <= 0:
                raise BadParams(f"Charge {charge['id']} has already been refunded.", "", "charge_already_refunded")
            if not 0 < amount <= left:
                words = f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
                raise BadParams(words, "amount")
            refund = self.add(
                "refund", "re", amount=amount, currency=charge["currency"], charge=charge["id"],
                payment_intent=intent["id"], reason=params.get("reason"), metadata=params.get("metadata", {}),
                status="succeeded" if self.refunds_become == "succeeded" else "pending",
            )  # fmt: skip
            charge.update(amount_refunded=charge["amount_refunded"] + amount)
            charge["refunded"] = charge["amount_refunded"] >= charge["amount"]
            refund["balance_transaction"] = self.book(refund, "refund", -amount)
            self._tell("refund.created", refund)
            self._tell("charge.refunded", charge)
            if self.refunds_become == "failed":
                self.settle_refund(refund["id"], done=False)
            return refund

    def settle_refund(self, refund_id: str, *, done: bool = True, why: str = "expired_or_canceled_card") -> None:
        """Let a refund that is on its way arrive, or fail."""
        with self.lock:
            refund = self.find("refund", refund_id)
            if done:
                refund.update(status="succeeded")
            elif refund["status"] != "failed":
                refund.update(status="failed", failure_reason=why)
                charge = self.find("charge", refund["charge"])
                charge.update(amount_refunded=charge["amount_refunded"] - refund["amount"], refunded=False)
                refund["failure_balance_transaction"] = self.book(refund, "refund_failure", refund["amount"])
                self._tell("refund.failed", refund)
            self._tell("refund.updated", refund)

    def dispute(self, payment: str, *, amount: int | None = None, reason: str = "fraudulent") -> dict[str, Any]:
        """Let the payer ask their bank for the money back."""
        with self.lock:
            charge = self.find("charge", self.find("payment_intent", payment)["latest_charge"])
            dispute = self.add(
                "dispute", "du", amount=charge["amount"] if amount is None else amount, currency=charge["currency"],
                charge=charge["id"], payment_intent=payment, reason=reason, status="needs_response",
                is_charge_refundable=False, balance_transactions=[],
                evidence_details={"due_by": seconds() + 7 * 86400, "has_evidence": False, "past_due": False,
                                  "submission_count": 0},
            )  # fmt: skip
            charge["disputed"] = True
            self.book(dispute, "adjustment", -dispute["amount"], 1500)
            self._tell("charge.dispute.created", dispute)
            return dispute

    def close_dispute(self, dispute_id: str, *, won: bool) -> dict[str, Any]:
        """Let the bank decide."""
        with self.lock:
            dispute = self.find("dispute", dispute_id)
            dispute["status"] = "won" if won else "lost"
            if won:
                self.book(dispute, "adjustment", dispute["amount"])
            self._tell("charge.dispute.closed", dispute)
            return dispute
