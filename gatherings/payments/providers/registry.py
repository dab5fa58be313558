"""Which provider takes cards here: one for each application, none where no key is set."""

from flask import Flask, current_app

from gatherings.config import Settings
from gatherings.payments.providers import Provider

_KEPT = "gatherings.card"


def provider_of(owner: Flask | Settings) -> Provider | None:
    """Give the provider of an application, made once; or a new one for its settings. None when no key is set."""
    if isinstance(owner, Settings):
        return _make(owner)
    if _KEPT not in owner.extensions:
        owner.extensions[_KEPT] = _make(owner.config["GATHERINGS"])
    found: Provider | None = owner.extensions[_KEPT]
    return found


def current_provider() -> Provider | None:
    """Give the provider of the application that serves this request or runs this command."""
    return provider_of(current_app)


def _make(settings: Settings) -> Provider | None:
    if settings.stripe is None:
        return None
    from gatherings.payments.providers.stripe import StripeProvider

    return StripeProvider(settings.stripe, settings.base_url, at_once=max(2, settings.threads // 2))
