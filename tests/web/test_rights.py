"""Every view declares who may use it: one that does not stops the start."""

import pytest
from flask import Blueprint, Flask

from gatherings import wiring
from gatherings.app import create_app
from gatherings.core.errors import NotFound
from gatherings.core.tokens import Claim, Signer
from gatherings.web.rights import by_link, check_rights, claim_of, machine, public, right_of, signer
from tests.databases import SECRET

pytestmark = pytest.mark.one_database("of what views declare")

ID = "Abcdefghij_lmnop-rstuv"


def test_an_app_with_an_undeclared_view_does_not_start(make_another, monkeypatch, app):
    bp = Blueprint("forgotten", __name__)
    bp.add_url_rule("/forgotten", "secrets", lambda: "everything")
    monkeypatch.setattr(wiring, "BLUEPRINTS", (*wiring.BLUEPRINTS, bp))
    with pytest.raises(RuntimeError, match=r"^these views do not declare who may use them: forgotten\.secrets$"):
        create_app(app.config["GATHERINGS"])


def test_all_undeclared_views_are_named_at_once():
    app = Flask(__name__, static_folder=None)
    app.add_url_rule("/b", "b", lambda: "")
    app.add_url_rule("/a", "a", lambda: "")
    app.add_url_rule("/c", "c", public(lambda: ""))
    with pytest.raises(RuntimeError, match=r"who may use them: a, b$"):
        check_rights(app)


def test_flasks_own_static_view_would_be_undeclared_too():
    app = Flask(__name__)
    with pytest.raises(RuntimeError, match="static"):
        check_rights(app)


def test_declarations_are_kept_on_the_view():
    app = Flask(__name__, static_folder=None)
    for name, declare in (("p", public), ("m", machine), ("l", by_link("manage", "join"))):
        app.add_url_rule(f"/{name}", name, declare(lambda: ""))
    assert [right_of(app, name) for name in ("p", "m", "l", "unknown", None)] == [
        "public", "machine", "link:manage,join", "", "",
    ]  # fmt: skip
    check_rights(app)


def test_every_view_of_ours_is_declared_and_every_token_is_by_link(app):
    for rule in app.url_map.iter_rules():
        right = right_of(app, rule.endpoint)
        assert right in ("public", "machine", "signed-in") or right.startswith(("link:", "may:"))
        if "token" in rule.arguments:
            assert right.startswith("link:") or right == "machine"


def test_few_doors_are_for_machines(app):
    machines = {rule.rule for rule in app.url_map.iter_rules() if right_of(app, rule.endpoint) == "machine"}
    # Mail programmes' (RFC 8058), and the provider of payments', who signs.
    assert machines == {
        "/healthz", "/readyz", "/unsubscribe/<token>", "/doors/<token>/stop", "/payments/stripe/webhook",
    }  # fmt: skip


def test_a_claim_is_given_with_the_purpose_that_fits(app):
    with app.app_context():
        for purpose in ("manage", "manage-series"):
            token = signer().sign(purpose, ID, 3)
            assert claim_of(token, "manage", "manage-series") == (purpose, Claim(ID, 3))
            for wrong in (("join",), ("feed", "join"), ()):
                with pytest.raises(NotFound):
                    claim_of(token, *wrong)


def test_old_keys_still_open_links(make_another):
    old = "an older key that was used before this one"
    rotated = make_another(SECRET_KEY_FALLBACKS=old)
    with rotated.app_context():
        assert claim_of(Signer((old,)).sign("manage", ID, 1), "manage") == ("manage", Claim(ID, 1))
        assert signer().sign("manage", ID, 1) == Signer((SECRET,)).sign("manage", ID, 1)
