"""Signing in by a mailed link or its code, and signing out. What a page says is the same for every address (C23)."""

from flask import Blueprint, Response, make_response, redirect, request, url_for
from sqlalchemy.orm import Session

from gatherings.accounts.actions.limits import limit_attempts
from gatherings.accounts.actions.signing_in import Asking, Proof, ask_to_sign_in, end_session, use_code, use_link
from gatherings.accounts.actions.signing_in import open_session as open_for
from gatherings.accounts.cookies import (
    browser_words,
    drop_session,
    keep_asking,
    keep_session,
    present_asking,
    present_session,
)
from gatherings.accounts.forms import AddressForm
from gatherings.accounts.guard import back_path, check_token, keep_private, organiser, signed_in, stored_of
from gatherings.accounts.links import WRONG_PER, WRONG_TOKENS, wrong_links_counted
from gatherings.accounts.queries import find_sign_in_link
from gatherings.accounts.rules import Address, shorten
from gatherings.core.clock import utc_now
from gatherings.core.errors import NotFound
from gatherings.core.tokens import new_secret
from gatherings.db import current_session, transact
from gatherings.web.answers import answer, go
from gatherings.web.i18n import language_now, words
from gatherings.web.requests import asking_network, settings
from gatherings.web.rights import by_link, public

bp = Blueprint("accounts", __name__)


@bp.route("/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> Response:
    """Ask for an address; if it is an organiser's, a link is mailed there."""
    keep_private()
    back = back_path(request.args.get("next"))
    form = AddressForm()
    if request.method != "POST":
        if signed_in() is not None:
            return make_response(redirect(back))
        return answer("accounts/sign_in.html", form=form, back=back)
    if not form.validate():
        return answer("accounts/sign_in.html", status=422, form=form, back=back)
    return _ask(form.address, back)


def _ask(address: Address, back: str) -> Response:
    response = go(url_for("accounts.sent"))
    asking = Asking(keep_asking(response), browser_words(), back, language_now())
    transact(ask_to_sign_in, address, asking, now=utc_now(), network=asking_network())
    return response


@bp.route("/sign-in/again", methods=["GET", "POST"])
@public
def again() -> Response:
    """Ask for a fresh proof that the address is still one's own, before something delicate."""
    keep_private()
    back = back_path(request.args.get("next"))
    if signed_in() is None:
        return make_response(redirect(url_for("accounts.sign_in", next=back)))
    person = organiser()
    if request.method != "POST":
        return answer("accounts/again.html", address=shorten(person.address), back=back)
    check_token()
    return _ask(Address(person.address, person.key), back)


@bp.get("/sign-in/sent")
@public
def sent() -> Response:
    """Say that a mail is on its way, if there is anybody to write to, and take the code that stands in it."""
    keep_private()
    return _sent()


def _sent(*, wrong: bool = False) -> Response:
    return answer("accounts/sent.html", status=422 if wrong else 200, wrong=wrong, demo=settings().demo)


@bp.route("/sign-in/code", methods=["GET", "POST"])
@public
def code() -> Response:
    """Sign in by the code, in the browser that asked."""
    keep_private()
    browser = present_asking()
    if request.method != "POST":
        return make_response(redirect(url_for("accounts.sent")))
    typed, now, secret = request.form.get("code", ""), utc_now(), new_secret()

    def act(session: Session) -> Proof | None:
        proof = use_code(session, browser, typed, now=now) if browser else None
        if proof is not None:
            _open(session, proof.person_id, secret)
        return proof

    proof = transact(act)
    if proof is None:
        transact(limit_attempts, "wrong-code", asking_network(), most=WRONG_TOKENS, window=WRONG_PER, now=now)
        return _sent(wrong=True)
    return _in(proof, secret)


@bp.route("/sign-in/<token>", methods=["GET", "POST"])
@by_link("sign-in")
def link(token: str) -> Response:
    """Say whom the link signs in; a press acts, opening does not (mail scanners open links)."""
    secret = new_secret()

    def act(session: Session) -> Proof:
        proof = use_link(session, token, now=utc_now())
        _open(session, proof.person_id, secret)
        return proof

    try:
        with wrong_links_counted():
            if request.method == "POST":
                return _in(transact(act), secret)
            found, person = find_sign_in_link(current_session(), token, now=utc_now())
    except NotFound as refusal:
        return answer("accounts/over.html", status=404, sentence=words(refusal.sentence))
    elsewhere = bool(found.browser) and found.browser != present_asking()
    return answer(
        "accounts/link.html", address=shorten(person.address), name=person.name, token=token, elsewhere=elsewhere
    )


def _open(session: Session, person_id: int, secret: str) -> None:
    open_for(
        session,
        person_id,
        stored=stored_of(secret),
        present=present_session(),
        browser=browser_words(),
        now=utc_now(),
    )


def _in(proof: Proof, secret: str) -> Response:
    response = go(back_path(proof.back))
    keep_session(response, secret)
    return response


@bp.post("/sign-out")
@public
def sign_out() -> Response:
    """End the session of this browser."""
    keep_private()
    response = go("/sign-in?out=1")
    if signed_in() is None:
        return response
    check_token()
    transact(end_session, present_session())
    drop_session(response)
    return response
