"""The double's side of Stripe's API: requests of the SDK, checked, carried out once for each key, and answered."""

import copy
import hashlib
import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from werkzeug.wrappers import Request, Response

from gatherings.double.books import NotThere
from gatherings.double.faults import Faults
from gatherings.double.notices import Notices
from gatherings.double.objects import new_id
from gatherings.double.params import BadParams, checked, nested
from gatherings.double.returns import Returns

Answer = tuple[int, dict[str, Any]]


class Cut(Exception):
    """The line is cut: no answer comes."""


class Api:
    """The paths of the API that we use; whatever else is asked is answered with 404."""

    def __init__(self, books: Returns, notices: Notices, faults: Faults, key: str) -> None:
        self.books, self.notices, self.faults = books, notices, faults
        self.key = key
        self.forbidden: set[str] = set()  # beginnings of paths that the key has no right to
        self.requests: list[tuple[str, str, dict[str, Any]]] = []
        self.ahead = 0  # seconds that the clock in our answers' Date is ahead
        self._kept: dict[str, tuple[str, Answer | None]] = {}
        self._lock = threading.Lock()
        self._paths = self._make_paths()

    def _make_paths(self) -> list[tuple[str, str, type | None, Callable[..., Any]]]:
        from stripe import params as p
        from stripe.params import checkout as c

        books = self.books
        return [
            ("POST", "/v1/checkout/sessions", c.SessionCreateParams, books.create_session),
            ("GET", "/v1/checkout/sessions", c.SessionListParams, self._lister("checkout.session")),
            ("GET", "/v1/checkout/sessions/(.+)", c.SessionRetrieveParams, self._getter("checkout.session")),
            ("POST", "/v1/checkout/sessions/(.+)/expire", c.SessionExpireParams, self._expire),
            ("POST", "/v1/refunds", p.RefundCreateParams, books.create_refund),
            ("GET", "/v1/refunds", p.RefundListParams, self._lister("refund", "payment_intent", "charge")),
            ("GET", "/v1/refunds/(.+)", p.RefundRetrieveParams, self._getter("refund")),
            ("GET", "/v1/disputes/(.+)", p.DisputeRetrieveParams, self._getter("dispute")),
            ("GET", "/v1/payment_intents/(.+)", p.PaymentIntentRetrieveParams, self._getter("payment_intent")),
            ("GET", "/v1/charges/(.+)", p.ChargeRetrieveParams, self._getter("charge")),
            ("GET", "/v1/balance_transactions", p.BalanceTransactionListParams, self._lister("balance_transaction")),
            ("GET", "/v1/account", None, lambda params: books.account),
            ("GET", "/v1/webhook_endpoints", p.WebhookEndpointListParams, self._list_endpoints),
            ("GET", "/v1/events", p.EventListParams, self._list_events),
        ]

    # --- one request ---

    def answer(self, request: Request) -> Response:
        """Answer a request of the SDK; raises Cut."""
        what = f"{request.method} {request.path}"
        fault = self.faults.meet(what)
        kind = fault.kind if fault else ""
        if kind == "cut":
            raise Cut
        if kind == "429":
            wait = {"Retry-After": str(int(fault.seconds if fault else 1))}
            return self._response((429, _error("Too many requests.", "rate_limit")), wait)
        if kind == "500":
            return self._response((500, _error("Something went wrong on our end.", kind="api_error")))
        if kind == "hang":
            time.sleep(fault.seconds if fault else 0)
        answer, headers = self._once(request)
        if kind == "lost":
            raise Cut
        if kind == "after":
            return self._response((500, _error("Something went wrong on our end.", kind="api_error")))
        return self._response(answer, headers)

    def _once(self, request: Request) -> tuple[Answer, dict[str, str]]:
        """Carry out a request; one that was carried out with the same key before is answered as it was then."""
        if refusal := self._refusal(request):
            return refusal, {}
        pairs = list((request.form if request.method == "POST" else request.args).items(multi=True))
        key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
        if not key:
            return self._carry_out(request, pairs), {}
        print_ = hashlib.sha256(json.dumps([request.path, sorted(pairs)]).encode()).hexdigest()
        with self._lock:
            before = self._kept.get(key)
            if before is None:
                self._kept[key] = (print_, None)
        if before is not None:
            if before[0] != print_:
                words = (
                    "Keys for idempotent requests can only be used with the same parameters they were first used with."
                )
                return (400, _error(words, kind="idempotency_error")), {}
            if before[1] is None:
                return (
                    409,
                    _error("There is another request in progress with this key.", "idempotency_key_in_use"),
                ), {}
            return before[1], {"Idempotent-Replayed": "true"}
        answer = self._carry_out(request, pairs)
        with self._lock:
            # What was not taken for its parameters is not kept, as at Stripe.
            if 400 <= answer[0] < 500:
                del self._kept[key]
            else:
                self._kept[key] = (print_, copy.deepcopy(answer))
        return answer, {}

    def forget_keys(self) -> None:
        """Forget all idempotency keys, as Stripe does after a day."""
        with self._lock:
            self._kept.clear()

    def _refusal(self, request: Request) -> Answer | None:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if given != self.key:
            return 401, _error(f"Invalid API Key provided: {given[:8]}****", "api_key_invalid")
        if any(request.path.startswith(path) for path in self.forbidden):
            return 403, _error("The provided key does not have the required permissions for this endpoint.")
        if not request.headers.get("Stripe-Version"):
            return 400, _error("No version of the API was named.")
        return None

    def _carry_out(self, request: Request, pairs: list[tuple[str, str]]) -> Answer:
        for method, path, wanted, do in self._paths:
            match = re.fullmatch(path.replace("(.+)", "([A-Za-z0-9_]+)"), request.path)
            if not match or method != request.method:
                continue
            try:
                values = checked(nested(pairs), wanted) if wanted else {}
                self.requests.append((method, request.path, values))
                expand = values.pop("expand", [])
                with self.books.lock:
                    self.books.expire_old()
                    return 200, self._expanded(self.books.shown(do(*match.groups(), values)), expand)
            except BadParams as error:
                return 400, _error(str(error), error.code, error.param)
            except NotThere as error:
                return 404, _error(str(error), "resource_missing")
        return 404, _error(f"Unrecognized request URL ({request.method}: {request.path}).")

    def _response(self, answer: Answer, headers: Mapping[str, str] | None = None) -> Response:
        response = Response(json.dumps(answer[1], indent=2), answer[0], content_type="application/json")
        response.headers.extend({"Request-Id": new_id("req"), **(headers or {})})
        if answer[0] == 500:
            response.headers["Stripe-Should-Retry"] = "false"
        return response

    # --- what is asked ---

    def _getter(self, kind: str) -> Callable[..., dict[str, Any]]:
        return lambda found_id, params: self.books.find(kind, found_id)

    def _lister(self, kind: str, *filters: str) -> Callable[..., dict[str, Any]]:
        def give(params: dict[str, Any]) -> dict[str, Any]:
            rows = list(self.books.table(kind).values())
            for name in filters:
                rows = [row for row in rows if name not in params or row[name] == params[name]]
            return _page(kind, rows, params)

        return give

    def _expire(self, session_id: str, params: dict[str, Any]) -> dict[str, Any]:
        return self.books.expire_session(session_id)

    def _list_endpoints(self, params: dict[str, Any]) -> dict[str, Any]:
        return _page("webhook_endpoint", list(self.notices.endpoints.values()), params)

    def _list_events(self, params: dict[str, Any]) -> dict[str, Any]:
        rows = [row for row in self.notices.events.values() if row["type"] in params.get("types", [row["type"]])]
        if "delivery_success" in params:
            rows = [row for row in rows if (row["pending_webhooks"] == 0) == params["delivery_success"]]
        return _page("event", rows, params)

    def _expanded(self, row: dict[str, Any], paths: list[str]) -> dict[str, Any]:
        for path in paths:
            self._expand(row, path.split("."))
        return row

    def _expand(self, row: Any, path: list[str]) -> None:
        if not path or row is None:
            return
        for place in row if isinstance(row, list) else [row]:
            found = place.get(path[0]) if isinstance(place, dict) else None
            if isinstance(found, str):
                place[path[0]] = found = self.books.shown(self._any(found))
            self._expand(found, path[1:])

    def _any(self, found_id: str) -> dict[str, Any]:
        for kind, rows in self.books.rows.items():
            if found_id in rows and kind != "asked":
                return rows[found_id]
        raise NotThere(f"No such object: '{found_id}'")


def _page(kind: str, rows: list[dict[str, Any]], params: dict[str, Any]) -> dict[str, Any]:
    """Give a page of a list, newest first, as Stripe pages."""
    rows = rows[::-1]
    created = params.get("created")
    if isinstance(created, dict):
        rows = [row for row in rows if created.get("gte", 0) <= row["created"] < created.get("lt", 10**12)]
    if after := params.get("starting_after"):
        at = [row["id"] for row in rows].index(after) + 1
        rows = rows[at:]
    limit = params.get("limit", 10)
    url = {"checkout.session": "checkout/sessions"}.get(kind, f"{kind}s")
    return {"object": "list", "url": f"/v1/{url}", "has_more": len(rows) > limit, "data": rows[:limit]}


def _error(message: str, code: str = "", param: str = "", kind: str = "invalid_request_error") -> dict[str, Any]:
    more = {name: value for name, value in (("code", code), ("param", param)) if value}
    return {"error": {"message": message, "type": kind, **more}}
