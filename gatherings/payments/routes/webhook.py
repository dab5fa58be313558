"""Where the provider of payments tells us what happened: verified, stored, answered; the worker does the rest."""

import logging

from flask import Response, make_response, request

from gatherings.core.clock import utc_now
from gatherings.db.session import transact
from gatherings.payments.actions import noticing
from gatherings.payments.providers import BadSignature
from gatherings.payments.providers.registry import current_provider
from gatherings.payments.routes.blueprint import bp
from gatherings.web.rights import machine

log = logging.getLogger(__name__)


@bp.post("/payments/stripe/webhook")
@machine
def stripe_webhook() -> Response:
    """Take a notice; 400 for one that is not the provider's, or where there is no provider: then nothing changes."""
    provider = current_provider()
    if provider is None:
        return _said("Nothing is paid by card here.", 404)
    try:
        told = provider.read_notice(dict(request.headers), request.get_data(cache=False))
    except BadSignature as error:
        log.warning("a notice that is not %s's was refused: %s", provider.name, error)
        return _said("This notice cannot be taken.", 400)
    if told is not None:
        transact(noticing.store, told, provider.name, now=utc_now())
    return _said("Thank you.", 200)


def _said(words: str, status: int) -> Response:
    headers = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}
    return make_response(f"{words}\n", status, headers)
