"""What is wrong with account, keys and webhook at Stripe, in words: for `gatherings check` and organisers' screens."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from gatherings.config import Stripe
from gatherings.core.clock import utc_now
from gatherings.core.words import Sentence, say, say_many

HOOK = "/payments/stripe/webhook"
Ask = Callable[[Callable[[Any], Any]], tuple[Any, str]]
_CLOCK = timedelta(minutes=4)  # notices are refused when they are older than five
_SOON = timedelta(minutes=10)  # what was not delivered so long is not just on its way
_RECENT = timedelta(days=3)  # so long Stripe tries
_HERE = ("127.0.0.1", "localhost", "::1")


def find_problems(settings: Stripe, base_url: str, events: Sequence[str], version: str, ask: Ask) -> list[Sentence]:
    """Ask Stripe about itself; [] when all is well.

    `ask` gives an answer of the SDK's client, or in which way there was none: "key", "right", "away".
    """
    account, wrong = ask(lambda client: client.v1.accounts.retrieve_current())
    if wrong == "key":
        return [say("Stripe does not know the key in STRIPE_SECRET_KEY. Its dashboard has the right one, at API keys.")]
    if wrong == "away":
        return [say("Stripe cannot be reached at this moment, so its settings were not looked at.")]
    problems = [*_account_problems(account), *_mode_problems(settings, base_url)]
    if wrong:
        problems.append(_no_right("Accounts"))
    problems += _webhook_problems(settings, base_url, events, version, ask)
    return problems


def _no_right(what: str) -> Sentence:
    return say("The restricted key in STRIPE_SECRET_KEY may not read “%(what)s”, so that was not looked at.", what=what)


def _account_problems(account: Any) -> Iterator[Sentence]:
    if account is None:
        return
    about = account.to_dict()
    if not about.get("charges_enabled"):
        needs = about.get("requirements") or {}
        why = str(needs.get("disabled_reason") or ", ".join((needs.get("currently_due") or [])[:3]) or "?")
        yield say(
            "The account at Stripe cannot take payments yet (%(why)s). Stripe's dashboard says what is missing.",
            why=why,
        )
    elif (about.get("capabilities") or {}).get("card_payments", "active") != "active":
        yield say("The account at Stripe may not take cards. Stripe's dashboard says what is missing.")
    date = _date_of(account)
    if date is not None and abs(date - utc_now()) > _CLOCK:
        minutes = round(abs(date - utc_now()).total_seconds() / 60)
        yield say_many(
            "This machine's clock and Stripe's are %(num)s minute apart: Stripe's notices are refused. Set the clock.",
            "This machine's clock and Stripe's are %(num)s minutes apart: Stripe's notices are refused. Set the clock.",
            minutes,
        )


def _date_of(account: Any) -> datetime | None:
    headers: Mapping[str, str] = getattr(account.last_response, "headers", None) or {}
    with suppress(TypeError, ValueError):
        date = parsedate_to_datetime(headers.get("Date") or "")
        return date if date.tzinfo else date.replace(tzinfo=UTC)
    return None


def _mode_problems(settings: Stripe, base_url: str) -> Iterator[Sentence]:
    if not settings.live and base_url.startswith("https://"):
        yield say("STRIPE_SECRET_KEY is a test key: cards are not charged, and nobody's real card is taken.")
    if not settings.webhook_secret:
        yield say(
            "STRIPE_WEBHOOK_SECRET is not set, so no notice of Stripe's is believed. "
            "Payments are found by asking, which can take some minutes."
        )


def _webhook_problems(
    settings: Stripe, base_url: str, events: Sequence[str], version: str, ask: Ask
) -> Iterator[Sentence]:
    url = base_url + HOOK
    if urlsplit(base_url).hostname in _HERE and not settings.api_base:
        yield say("Stripe cannot send notices to %(url)s: it is on this machine alone.", url=url)
        return
    found, wrong = ask(lambda client: list(client.v1.webhook_endpoints.list({"limit": 100}).auto_paging_iter()))
    if wrong:
        yield _no_right("Webhook Endpoints") if wrong == "right" else say("Stripe did not tell about its webhooks.")
        return
    ours = [row for row in found if row.url == url]
    if not ours:
        yield from _no_endpoint(url, [row.url for row in found])
        return
    enabled = [row for row in ours if row.status == "enabled"]
    if not enabled:
        yield say("The webhook endpoint %(url)s is disabled at Stripe: no notices come.", url=url)
        return
    if len(enabled) > 1:
        yield say(
            "There are %(count)s webhook endpoints for %(url)s, each with a secret of its own. One is enough.",
            count=len(enabled), url=url,
        )  # fmt: skip
    yield from _endpoint_problems(enabled[0], url, events, version)
    yield from _undelivered(url, events, ask)


def _no_endpoint(url: str, others: list[str]) -> Iterator[Sentence]:
    host = urlsplit(url).hostname
    near = next((other for other in others if urlsplit(other).hostname == host), None)
    if near:
        yield say("Stripe has no webhook endpoint for %(url)s, only for %(other)s.", url=url, other=near)
    else:
        yield say("Stripe has no webhook endpoint for %(url)s: add one in its dashboard, at Webhooks.", url=url)


def _endpoint_problems(row: Any, url: str, events: Sequence[str], version: str) -> Iterator[Sentence]:
    missing = [] if "*" in row.enabled_events else [kind for kind in events if kind not in row.enabled_events]
    if missing:
        yield say("The webhook endpoint %(url)s lacks events: %(events)s.", url=url, events=", ".join(missing))
    if row.api_version != version:
        yield say(
            "The webhook endpoint %(url)s has version %(theirs)s of Stripe's API, and Gatherings speaks %(ours)s.",
            url=url, theirs=row.api_version or "“default”", ours=version,
        )  # fmt: skip


def _undelivered(url: str, events: Sequence[str], ask: Ask) -> Iterator[Sentence]:
    now = utc_now()
    query = {
        "delivery_success": False,
        "types": list(events),
        "created": {"gte": int((now - _RECENT).timestamp()), "lt": int((now - _SOON).timestamp())},
        "limit": 100,
    }
    found, wrong = ask(lambda client: client.v1.events.list(query))
    if wrong == "right":
        yield _no_right("Events")
    elif found is not None and found.data:
        yield say_many(
            "Stripe could not deliver %(num)s notice of the last three days. "
            "Is STRIPE_WEBHOOK_SECRET the one of %(url)s?",
            "Stripe could not deliver %(num)s notices of the last three days. "
            "Is STRIPE_WEBHOOK_SECRET the one of %(url)s?",
            len(found.data), url=url,
        )  # fmt: skip
