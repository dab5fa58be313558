"""Stripe: hosted Checkout Sessions through the SDK's StripeClient (design: payments.md). Nothing else imports it.

The SDK pins the version of the API. What Stripe calls things stays in this folder: amounts leave it in our minor
units, times as moments, and errors as Away or Refused.
"""

import logging
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from gatherings.config import Stripe
from gatherings.core.clock import machine_now, utc_now
from gatherings.core.words import Sentence
from gatherings.payments.providers import (
    Asked,
    Away,
    BadSignature,
    Booked,
    Disputed,
    Missing,
    Refused,
    Returned,
    Seen,
    Told,
)  # fmt: skip
from gatherings.payments.providers.stripe_books import booked
from gatherings.payments.providers.stripe_check import find_problems
from gatherings.payments.providers.stripe_money import from_stripe, to_stripe
from gatherings.payments.providers.stripe_page import page_params

if TYPE_CHECKING:
    from stripe import StripeClient

# What we want to be told of; `gatherings check` names what a webhook endpoint leaves out.
EVENTS = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
)
TOLERANCE = 300  # seconds that a notice may be old
_RETRIES = 2  # of one request, with the same idempotency key
_SEEN = {"expand": ["payment_intent.latest_charge"]}
_REFUND_STATES = {"succeeded": "done", "failed": "failed", "canceled": "failed"}


class StripeProvider:
    """Stripe as a Provider; one for each process, safe for threads.

    No more than `at_once` requests run at a time: while Stripe hangs, the other threads still serve pages.
    """

    name = "stripe"

    def __init__(self, settings: Stripe, base_url: str, *, at_once: int = 4) -> None:
        self._settings = settings
        self._base_url = base_url
        self._free = threading.BoundedSemaphore(at_once)

    @cached_property
    def _client(self) -> "StripeClient":
        import stripe

        # What the SDK logs of its requests may have people's addresses in it.
        logging.getLogger("stripe").setLevel(logging.ERROR)
        stripe.enable_telemetry = False  # how long requests take is nobody's business
        settings = self._settings
        http = stripe.RequestsClient(timeout=(min(4, settings.timeout), settings.timeout))
        where: Any = {"base_addresses": {"api": settings.api_base}} if settings.api_base else {}
        return stripe.StripeClient(settings.key, http_client=http, max_network_retries=_RETRIES, **where)

    @contextmanager
    def _asking(self, *, wait: float = 2) -> Iterator["StripeClient"]:
        """Give the client, and turn what it raises into our own words."""
        import stripe

        if not self._free.acquire(timeout=wait):
            raise Away("Too many are asking Stripe at this moment.", after=5)
        try:
            yield self._client
        except stripe.RateLimitError as error:
            raise Away(_words(error), after=_retry_after(error)) from error
        except (stripe.AuthenticationError, stripe.PermissionError) as error:
            # Wrong settings: nothing was done, and nothing is lost once they are put right.
            raise Away(_words(error), after=300) from error
        except stripe.InvalidRequestError as error:
            raise (Missing if error.http_status == 404 else Refused)(_words(error)) from error
        except (stripe.IdempotencyError, stripe.CardError) as error:
            raise Refused(_words(error)) from error
        except (stripe.APIConnectionError, stripe.APIError) as error:
            raise Away(_words(error)) from error
        except stripe.StripeError as error:
            raise Refused(_words(error)) from error
        finally:
            self._free.release()

    def start(self, asked: Asked) -> Seen:
        params = page_params(asked)
        try:
            return self._create(params, asked.key)
        except _AddressRefused:
            # An address that Stripe cannot read must not keep anybody from paying: they type one there.
            params.pop("customer_email")
            return self._create(params, f"{asked.key}-a")

    def _create(self, params: dict[str, Any], key: str) -> Seen:
        import stripe

        with self._asking() as client:
            try:
                session = client.v1.checkout.sessions.create(params, {"idempotency_key": key})  # type: ignore[arg-type]
            except stripe.InvalidRequestError as error:
                if error.param == "customer_email" and "customer_email" in params:
                    raise _AddressRefused from error
                raise
            return _seen(session)

    def look(self, session_id: str) -> Seen:
        with self._asking() as client:
            return _seen(client.v1.checkout.sessions.retrieve(session_id, {**_SEEN}))  # type: ignore[arg-type]

    def expire(self, session_id: str) -> Seen:
        try:
            with self._asking() as client:
                return _seen(client.v1.checkout.sessions.expire(session_id, {**_SEEN}))  # type: ignore[arg-type]
        except Missing:
            raise
        except Refused:
            return self.look(session_id)  # it is not open any more: complete, or expired already

    def read_notice(self, headers: Mapping[str, str], body: bytes) -> Told | None:
        import stripe

        secret = self._settings.webhook_secret
        header = next((value for name, value in headers.items() if name.lower() == "stripe-signature"), None)
        # The SDK goes by this machine's clock, we by the one that all our machines share.
        tolerance = TOLERANCE + round((machine_now() - utc_now()).total_seconds()) or 1
        try:
            event = self._client.construct_event(body, header, secret, tolerance)
            kind, mode, account = str(event.type), bool(event.livemode), event.to_dict().get("account")
            told = None  # what other types are about may have no id
            if kind in EVENTS:
                told = Told(_told_id(event.id), kind, _told_id(event.data.object["id"]), _seconds(event.created))
        except stripe.SignatureVerificationError as error:
            raise BadSignature(error.user_message or "wrong signature") from error
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise BadSignature("not a notice that can be read") from error
        if account:
            raise BadSignature("of another account")
        if mode != self._settings.live:
            raise BadSignature(f"of Stripe's {'live' if mode else 'test'} mode; our key is of the other")
        return told

    def refund(self, *, key: str, payment: str, amount: int, currency: str, ours: str) -> Returned:
        # Stripe forgets keys after a day; what is ours is known by its name, however long ago it was asked.
        with self._asking() as client:
            for refund in client.v1.refunds.list({"payment_intent": payment, "limit": 100}).auto_paging_iter():
                if refund.metadata and refund.metadata.to_dict().get("refund") == ours:
                    return _returned(refund)
            made = client.v1.refunds.create(
                {
                    "payment_intent": payment,
                    "amount": to_stripe(amount, currency),
                    "reason": "requested_by_customer",
                    "metadata": {"refund": ours},
                },
                {"idempotency_key": key},
            )
            return _returned(made)

    def look_refund(self, reference: str) -> Returned:
        with self._asking() as client:
            return _returned(client.v1.refunds.retrieve(reference))

    def look_dispute(self, reference: str) -> Disputed:
        with self._asking() as client:
            found = client.v1.disputes.retrieve(reference)
            currency, until = found.currency.upper(), found.evidence_details.due_by
            return Disputed(
                reference=found.id,
                payment=_id(found.payment_intent),
                amount=from_stripe(found.amount, currency),
                currency=currency,
                reason=found.reason,
                state=found.status,
                opened_at=_moment(found.created),
                answer_by=_moment(until) if until else None,
                closed=found.status in ("won", "lost", "warning_closed", "prevented"),
            )

    def books(self, since: datetime, until: datetime) -> Iterator[Booked]:
        with self._asking() as client:
            created = {"gte": int(since.timestamp()), "lt": int(until.timestamp())}
            query: Any = {"created": created, "limit": 100, "expand": ["data.source"]}
            rows = client.v1.balance_transactions.list(query)
            found = [entry for row in rows.auto_paging_iter() if (entry := booked(row.to_dict())) is not None]
        yield from found

    def check(self) -> list[Sentence]:
        import stripe

        return find_problems(self._settings, self._base_url, EVENTS, stripe.api_version, self._ask_settings)

    def _ask_settings(self, what: Callable[["StripeClient"], Any]) -> tuple[Any, str]:
        """Ask one thing for `check`: the answer, or in which way there was none ("key", "right", "away")."""
        import stripe

        try:
            with self._asking() as client:
                return what(client), ""
        except (Away, Refused) as error:
            reasons = {stripe.AuthenticationError: "key", stripe.PermissionError: "right"}
            return None, next((word for kind, word in reasons.items() if isinstance(error.__cause__, kind)), "away")


class _AddressRefused(Exception):
    """Stripe does not take the buyer's address."""


def _seen(session: Any) -> Seen:
    """Read a session; `payment_intent` is an object where it was asked for, else its id, else nothing yet."""
    currency = str(session.currency or "").upper()
    intent = session.payment_intent if not isinstance(session.payment_intent, str) else None
    charge = intent.latest_charge if intent is not None and not isinstance(intent.latest_charge, str) else None
    paid = session.status == "complete" and session.payment_status in ("paid", "no_payment_required")
    # What really came counts, where Stripe says it.
    amount = intent.amount_received if paid and intent is not None else session.amount_total
    return Seen(
        session_id=session.id,
        state=session.status,
        paid=paid,
        failed=not paid
        and session.status == "complete"
        and intent is not None
        and intent.status in ("requires_payment_method", "canceled"),
        amount=from_stripe(amount or 0, currency),
        currency=currency,
        order=session.client_reference_id or "",
        url=session.url,
        payment=_id(session.payment_intent) or None,
        paid_at=_moment((charge or intent).created) if paid and intent is not None else None,
    )


def _returned(refund: Any) -> Returned:
    currency = refund.currency.upper()
    metadata = refund.metadata.to_dict() if refund.metadata else {}
    return Returned(
        reference=refund.id,
        state=_REFUND_STATES.get(refund.status, "sent"),
        amount=from_stripe(refund.amount, currency),
        currency=currency,
        payment=_id(refund.payment_intent),
        error=str(refund.to_dict().get("failure_reason") or ("canceled" if refund.status == "canceled" else "")),
        ours=str(metadata.get("refund", "")),
    )


def _id(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else value.id


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _told_id(value: Any) -> str:
    """Give an id of a notice; raises ValueError for what no id of Stripe's looks like, and no database takes."""
    if not isinstance(value, str) or re.fullmatch(r"[A-Za-z0-9_]{1,255}", value) is None:
        raise ValueError("no id")
    return value


def _seconds(value: Any) -> int:
    """Give when a notice was made, in seconds since 1970; raises ValueError for what is no time."""
    if not isinstance(value, int) or not 0 <= value < 2**40:
        raise ValueError("no time")
    return value


def _words(error: Any) -> str:
    return str(error.user_message or type(error).__name__)[:300]


def _retry_after(error: Any) -> int:
    text = str(error.headers.get("retry-after", ""))
    return min(int(text), 3600) if text.isascii() and text.isdigit() else 30
