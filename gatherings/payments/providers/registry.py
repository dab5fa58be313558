"""Which provider takes cards here: one for each application, none where no key is set."""

import time
from collections.abc import Sequence

from flask import Flask, current_app

from gatherings.config import Settings
from gatherings.core.words import Sentence
from gatherings.payments.providers import Provider
from gatherings.payments.providers.stripe import StripeProvider

_KEPT = "gatherings.card"
_LOOKED = "gatherings.card_problems"


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


def card_problems(app: Flask, *, within: float) -> Sequence[Sentence]:
    """Give what is wrong with paying by card, as the provider said it within so many seconds, else asked anew.

    Asks over the network: never inside a transaction.
    """
    provider = provider_of(app)
    if provider is None:
        return ()
    looked: tuple[float, Sequence[Sentence]] | None = app.extensions.get(_LOOKED)
    if looked is None or time.monotonic() - looked[0] > within:
        looked = app.extensions[_LOOKED] = (time.monotonic(), tuple(provider.check()))
    return looked[1]


def _make(settings: Settings) -> Provider | None:
    if settings.stripe is None:
        return None
    return StripeProvider(settings.stripe, settings.base_url, at_once=max(2, settings.threads // 2))
