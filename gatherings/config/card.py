"""Settings for paying by card at Stripe: none, or key and webhook secret that fit each other."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from gatherings.config.refusal import BadSetting, others_reach

CHECKOUT = "https://checkout.stripe.com"
_HERE = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Stripe:
    """How we speak with Stripe. `api_base` is empty but for a local double, which then has the hosted pages too.

    `timeout` is how many seconds one request may take.
    """

    key: str = field(repr=False)
    webhook_secret: str = field(default="", repr=False)
    api_base: str = ""
    timeout: int = 8

    @property
    def live(self) -> bool:
        """Tell whether real cards are charged."""
        return "_live_" in self.key

    @property
    def pays_at(self) -> str:
        """Give the origin of the pages that people pay at: where forms of ours may lead."""
        return self.api_base or CHECKOUT


def read_stripe(env: Mapping[str, str], base_url: str) -> Stripe | None:
    """Read STRIPE_…; None where there is no key: then nothing of Stripe appears anywhere. Raises BadSetting."""
    key, secret = (env.get(name, "").strip() for name in ("STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"))
    api_base = env.get("STRIPE_API_BASE", "").strip()
    timeout = _timeout(env.get("STRIPE_TIMEOUT"))
    if not key:
        if secret or api_base:
            name = "STRIPE_WEBHOOK_SECRET" if secret else "STRIPE_API_BASE"
            raise BadSetting(f"{name} should be empty while STRIPE_SECRET_KEY is: nothing is paid by card then.")
        return None
    if key.startswith(("pk_", "whsec_")):
        kind = "publishable key" if key.startswith("pk_") else "webhook secret"
        raise BadSetting(f"STRIPE_SECRET_KEY should be a secret key (sk_… or rk_…); this is a {kind}.")
    if not re.fullmatch(r"(sk|rk)_(test|live)_[A-Za-z0-9_]{8,250}", key):
        raise BadSetting("STRIPE_SECRET_KEY should look like sk_test_… or sk_live_… (or rk_…, a restricted key).")
    if secret and not re.fullmatch(r"whsec_[A-Za-z0-9+/=_-]{8,250}", secret):
        raise BadSetting("STRIPE_WEBHOOK_SECRET should look like whsec_…: Stripe shows it at the webhook endpoint.")
    live = "_live_" in key
    if live and not secret:
        raise BadSetting(
            "STRIPE_WEBHOOK_SECRET should be set: with a live key we must know which notices are Stripe's."
        )
    if live and not base_url.startswith("https://"):
        raise BadSetting("BASE_URL should begin with https:// where STRIPE_SECRET_KEY is a live key.")
    found = Stripe(key, secret, _api_base(api_base, live), timeout)
    if found.api_base and others_reach(base_url):
        # A double says of every order that it is paid.
        raise BadSetting("STRIPE_API_BASE should be empty where BASE_URL is an address that other people can reach.")
    return found


def _api_base(text: str, live: bool) -> str:
    if not text:
        return ""
    example = "http://127.0.0.1:4242"
    if live:
        raise BadSetting("STRIPE_API_BASE should be empty with a live key: real money is asked of Stripe alone.")
    try:
        parts = urlsplit(text)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        raise BadSetting(f"STRIPE_API_BASE should look like {example}.") from None
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not re.fullmatch(r"[a-z0-9.:-]+", host):
        raise BadSetting(f"STRIPE_API_BASE should look like {example}, not “{text}”.")
    if parts.path not in ("", "/") or any(mark in text for mark in "?#@"):
        raise BadSetting(f"STRIPE_API_BASE should end after the port, like {example}.")
    if parts.scheme == "http" and host not in _HERE:
        raise BadSetting("STRIPE_API_BASE should begin with https:// unless it is on this machine (127.0.0.1).")
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}"


def _timeout(text: str | None) -> int:
    if not text:
        return 8
    if not re.fullmatch(r"[0-9]{1,2}", text) or not 1 <= int(text) <= 60:
        raise BadSetting(f"STRIPE_TIMEOUT should be a whole number of seconds from 1 to 60, not “{text}”.")
    return int(text)
