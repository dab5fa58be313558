"""Each wrong setting of Stripe is said in words of its own: `gatherings check`, and the organisers' screen."""

from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from gatherings.cli.checking_stripe import wrong_stripe
from gatherings.config import Settings, Stripe
from gatherings.core.clock import utc_now
from gatherings.double import Double, running_double
from gatherings.payments.models import Attempt, Notice, Payment
from gatherings.payments.providers.registry import current_provider, provider_of
from gatherings.payments.providers.stripe import EVENTS, StripeProvider
from gatherings.payments.providers.stripe_check import HOOK as PATH
from gatherings.payments.providers.stripe_check import find_problems
from tests.databases import BASE_URL
from tests.factories import make_community, make_event
from tests.paying import open_shop, place
from tests.signing import make_role, sign_in
from tests.stripe_double import card_app, double  # noqa: F401 (fixtures)
from tests.ticketing import make_sale

HTTPS = "https://gatherings.test"
HOOK = f"{HTTPS}{PATH}"
TEST_KEY = "STRIPE_SECRET_KEY is a test key: cards are not charged, and nobody's real card is taken."


@pytest.fixture
def theirs() -> Iterator[Double]:
    """The double of an installation in good order."""
    with running_double() as made:
        made.serves(HTTPS)
        yield made


def found(theirs: Double, base_url: str = HTTPS, **values: Any) -> list[str]:
    given = {"key": theirs.api.key, "webhook_secret": theirs.secret, "api_base": theirs.url, "timeout": 1, **values}
    said = [str(problem) for problem in StripeProvider(Stripe(**given), base_url).check()]
    return [words for words in said if words != TEST_KEY]


def endpoint(theirs: Double) -> dict[str, Any]:
    [row] = theirs.notices.endpoints.values()
    return row


def test_in_good_order_nothing_is_said_but_that_the_key_is_for_tests(theirs):
    assert found(theirs) == []
    endpoint(theirs)["enabled_events"] = ["*"]
    assert found(theirs) == []
    provider = StripeProvider(Stripe(theirs.api.key, theirs.secret, theirs.url), HTTPS)
    assert [str(problem) for problem in provider.check()] == [TEST_KEY]


def test_keys(theirs):
    assert found(theirs, key="sk_test_somebody_elses") == [
        "Stripe does not know the key in STRIPE_SECRET_KEY. Its dashboard has the right one, at API keys."
    ]
    assert found(theirs, webhook_secret="") == [
        "STRIPE_WEBHOOK_SECRET is not set, so no notice of Stripe's is believed. "
        "Payments are found by asking, which can take some minutes."
    ]
    theirs.api.forbidden = {"/v1/webhook_endpoints", "/v1/account"}
    assert found(theirs) == [
        f"The restricted key in STRIPE_SECRET_KEY may not read “{what}”, so that was not looked at."
        for what in ("Accounts", "Webhook Endpoints")
    ]


def test_the_account(theirs):
    theirs.books.account.update(
        charges_enabled=False, requirements={"disabled_reason": "requirements.past_due", "currently_due": ["iban"]}
    )
    assert found(theirs) == [
        "The account at Stripe cannot take payments yet (requirements.past_due). "
        "Stripe's dashboard says what is missing."
    ]
    theirs.books.account.update(charges_enabled=True, capabilities={"card_payments": "inactive"})
    assert found(theirs) == ["The account at Stripe may not take cards. Stripe's dashboard says what is missing."]


def test_the_webhook(theirs):
    row = endpoint(theirs)
    row["url"] = f"{HOOK}/"
    assert found(theirs) == [f"Stripe has no webhook endpoint for {HOOK}, only for {HOOK}/."]
    row["url"] = "https://another.example.org/hook"
    assert found(theirs) == [f"Stripe has no webhook endpoint for {HOOK}: add one in its dashboard, at Webhooks."]
    row.update(url=HOOK, status="disabled")
    assert found(theirs) == [f"The webhook endpoint {HOOK} is disabled at Stripe: no notices come."]
    row.update(status="enabled", enabled_events=[kind for kind in EVENTS if not kind.startswith("refund.")])
    assert found(theirs) == [
        f"The webhook endpoint {HOOK} lacks events: refund.created, refund.updated, refund.failed."
    ]
    row.update(enabled_events=list(EVENTS), api_version="2020-08-27")
    ours = stripe.api_version
    assert found(theirs) == [
        f"The webhook endpoint {HOOK} has version 2020-08-27 of Stripe's API, and Gatherings speaks {ours}."
    ]
    row.update(api_version=None)
    assert "has version “default” of" in found(theirs)[0]
    row.update(api_version=stripe.api_version)
    theirs.serves(HTTPS)
    assert found(theirs) == [f"There are 2 webhook endpoints for {HOOK}, each with a secret of its own. One is enough."]


def test_a_secret_that_is_not_the_endpoints_shows_in_notices_that_could_not_be_delivered(theirs):
    for _ in range(3):
        theirs.notices.tell("refund.updated", {"id": "re_1", "object": "refund"})
    assert found(theirs) == []  # on their way
    for event in theirs.notices.events.values():
        event["created"] -= 3600
    assert found(theirs) == [
        f"Stripe could not deliver 3 notices of the last three days. Is STRIPE_WEBHOOK_SECRET the one of {HOOK}?"
    ]


def test_clock_network_and_this_machine(theirs):
    theirs.api.ahead = -660
    assert found(theirs) == [
        "This machine's clock and Stripe's are 11 minutes apart: Stripe's notices are refused. Set the clock."
    ]
    theirs.api.ahead = 0
    provider = StripeProvider(Stripe(theirs.api.key, theirs.secret, theirs.url), HTTPS)
    asked = provider._ask_settings

    here = find_problems(Stripe(theirs.api.key, theirs.secret), "http://127.0.0.1:8000", EVENTS, "v", asked)
    assert [str(words) for words in here] == [
        f"Stripe cannot send notices to http://127.0.0.1:8000{PATH}: it is on this machine alone."
    ]
    theirs.stop()
    assert found(theirs) == ["Stripe cannot be reached at this moment, so its settings were not looked at."]


# --- `gatherings check` ---


def test_check_says_what_stripe_says_and_what_the_database_does(card_app, session, double):  # noqa: F811
    settings: Settings = card_app.config["GATHERINGS"]
    event, kind = open_shop(session, utc_now())
    order = place(session, event, kind, "ada@example.org", now=utc_now())
    session.flush()
    assert list(wrong_stripe(settings, session)) == []
    attempt = Attempt(
        order_id=order.id, number=1, provider="stripe", key="k", session_id="cs_live_1", amount=1, currency="SEK",
        state="complete", created_at=utc_now(), expires_at=utc_now(),
    )  # fmt: skip
    session.add(attempt)
    session.flush()
    session.add(Payment(public_id="p" * 22, order_id=order.id, attempt_id=attempt.id, provider="stripe",
                        reference="pi_1", amount=1, currency="SEK", counts=True, received_at=utc_now(),
                        created_at=utc_now()))  # fmt: skip
    session.add(Notice(provider="stripe", reference="evt_1", kind="refund.updated", about="re_1", made_at=1,
                       state="failed", due_at=utc_now(), received_at=utc_now()))  # fmt: skip
    session.commit()
    double.notices.endpoints.clear()
    assert list(wrong_stripe(settings, session)) == [
        f"Stripe has no webhook endpoint for {BASE_URL}{PATH}: add one in its dashboard, at Webhooks.",
        "STRIPE_SECRET_KEY is a test key, but 1 payments were made in Stripe's live mode: "
        "they cannot be looked at or given back with it.",
        "1 of Stripe's notices could not be worked; the log says why.",
    ]


def test_without_a_key_nothing_is_asked_and_only_what_needs_cards_is_named(app, session):
    settings: Settings = app.config["GATHERINGS"]
    assert provider_of(app) is None
    assert provider_of(settings) is None
    assert list(wrong_stripe(settings, session)) == []
    event = make_event(session)
    make_sale(session, event, ways="card")
    session.commit()
    assert list(wrong_stripe(settings, session)) == [
        f"Tickets of {event.slug} can only be paid by card, but STRIPE_SECRET_KEY is not set."
    ]


def test_the_provider_is_made_once_for_an_application(card_app):  # noqa: F811
    assert provider_of(card_app) is provider_of(card_app) is not None
    with card_app.app_context():
        assert current_provider() is provider_of(card_app)


# --- the organisers' screen ---


def test_organisers_see_it_in_words_and_only_those_who_may(card_app, session, double):  # noqa: F811
    community = make_community(session)
    path = f"/organise/communities/{community.slug}/card-payments"
    visitor = card_app.test_client()
    session.commit()
    assert visitor.get(path).status_code in (302, 303)
    sign_in(visitor, session, make_role(session, community, "helper"))
    session.commit()
    assert visitor.get(path).status_code == 403
    visitor = card_app.test_client()
    sign_in(visitor, session, make_role(session, make_community(session), "owner"))
    session.commit()
    assert visitor.get(path).status_code == 404
    visitor = card_app.test_client()
    sign_in(visitor, session, make_role(session, community, "owner"))
    session.commit()
    page = visitor.get(path).get_data(as_text=True)
    assert "Stripe says that all is well" in page
    assert "stand-in for Stripe" in page
    double.api.key = "sk_test_another_one_is_right"
    asked = len(double.api.requests)
    fragment = visitor.get(path, headers={"HX-Request": "true"}).get_data(as_text=True)
    assert "all is well" in fragment  # kept for a while, so that screens ask Stripe seldom
    assert "<html" not in fragment
    assert len(double.api.requests) == asked
    looked, _ = card_app.extensions["gatherings.card_problems"]
    card_app.extensions["gatherings.card_problems"] = (looked - 6, ())
    page = visitor.get(path).get_data(as_text=True)
    assert "Stripe does not know the key" in page
    assert "sk_test" not in page


def test_without_a_key_the_screen_says_so_and_nothing_of_stripe(app, client, session):
    community = make_community(session)
    sign_in(client, session, make_role(session, community, "owner"))
    page = client.get(f"/organise/communities/{community.slug}/card-payments").get_data(as_text=True)
    assert "Nobody can pay by card here" in page
    assert "tripe" not in page


def test_forms_may_lead_to_the_page_that_people_pay_at_only_where_there_is_one(app, client, card_app, double):  # noqa: F811
    def target(browser) -> str:
        policy = browser.get("/").headers["Content-Security-Policy"]
        return next(part.strip() for part in policy.split(";") if part.strip().startswith("form-action"))

    assert target(client) == "form-action 'self'"
    assert target(card_app.test_client()) == f"form-action 'self' {double.url}"
    assert Stripe("sk_live_0123456789", "whsec_0123456789").pays_at == "https://checkout.stripe.com"
