"""Whether people can pay by card here, in words: what the provider says of account, key and webhook."""

from flask import Response, current_app

from gatherings.communities.models import Community
from gatherings.organise.access import may
from gatherings.organise.routes.blueprint import bp
from gatherings.payments.providers.registry import card_problems
from gatherings.payments.providers.stripe_check import HOOK
from gatherings.web.answers import answer, wants_fragment
from gatherings.web.requests import settings

_FRESH, _LATELY = 5, 300  # seconds


@bp.get("/communities/<community>/card-payments")
@may("money")
def card_payments(community: Community) -> Response:
    """Say what is wrong with paying by card, or that nobody has set it up. As a fragment it may be minutes old."""
    stripe = settings().stripe
    fragment = wants_fragment()
    problems = card_problems(current_app, within=_LATELY if fragment else _FRESH)
    return answer(
        "organise/money/card.html",
        "organise/money/_stripe_problems.html",
        community=community,
        problems=problems,
        card=stripe is not None,
        live=stripe is not None and stripe.live,
        double=stripe is not None and bool(stripe.api_base),
        hook=settings().base_url + HOOK,
    )
