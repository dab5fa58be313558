"""Everything held about me: asked for by address, opened by a fresh link; see, export, erase."""

from flask import Response, jsonify, make_response, request, url_for
from sqlalchemy.orm import Session

from gatherings.accounts.actions import person_of_fresh_link, renew_feed
from gatherings.accounts.forms import AddressForm
from gatherings.accounts.links import wrong_links_counted
from gatherings.accounts.models import Person
from gatherings.communities.queries.team import communities_left_alone
from gatherings.communities.rules import ROLE_WORDS
from gatherings.core.clock import utc_now
from gatherings.db import current_session, transact
from gatherings.own_data.actions import PURPOSE, ask_for_my_data, erase_person
from gatherings.own_data.blueprint import bp
from gatherings.own_data.buying import read_buying
from gatherings.own_data.queries import export_of, read_own_data
from gatherings.web.answers import answer, go, wants_fragment
from gatherings.web.i18n import list_words, locale_now, words
from gatherings.web.requests import absolute, asking_network, settings
from gatherings.web.rights import by_link, public, signer

__all__ = ["bp"]


@bp.route("/my-data", methods=["GET", "POST"])
@public
def ask() -> Response:
    """Ask for an address; a fresh link is mailed there if anything is held about it."""
    form = AddressForm()
    if request.method != "POST":
        return _asking(form, sent=request.args.get("sent") == "1")
    if not form.validate():
        return _asking(form, status=422)
    transact(ask_for_my_data, form.address, now=utc_now(), network=asking_network())
    if wants_fragment():
        return _asking(form, sent=True)
    return go(url_for("own_data.ask", sent=1))


def _asking(form: AddressForm, *, status: int = 200, sent: bool = False) -> Response:
    return answer("own_data/ask.html", "own_data/_ask.html", status=status, form=form, sent=sent)


@bp.get("/my-data/erased")
@public
def erased() -> Response:
    """Say that everything is erased; nothing personal stands here."""
    return answer("own_data/erased.html")


def _mine(session: Session, token: str) -> Person:
    return person_of_fresh_link(session, token, PURPOSE, now=utc_now())


@bp.get("/my-data/<token>")
@by_link("my-data")
def show(token: str) -> Response:
    """Show all that is held about a person."""
    session = current_session()
    with wrong_links_counted():
        person = _mine(session, token)
    data = read_own_data(session, person, locale=locale_now())
    feed = absolute(f"/calendar/{signer().sign('feed', person.public_id, person.feed_version)}.ics")
    renewed = request.args.get("done") == "feed"
    return answer(
        "own_data/show.html",
        data=data,
        person=person,
        feed=feed,
        token=token,
        renewed=renewed,
        role_names={role: words(told[0]) for role, told in ROLE_WORDS.items()},
        now=utc_now(),
    )


@bp.get("/my-data/<token>/export.json")
@by_link("my-data")
def export(token: str) -> Response:
    """Give all that is held about a person as one JSON file."""
    session = current_session()
    with wrong_links_counted():
        person = _mine(session, token)
    response = make_response(jsonify(export_of(read_own_data(session, person), now=utc_now())))
    response.headers["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return response


@bp.route("/my-data/<token>/feed", methods=["GET", "POST"])
@by_link("my-data")
def new_feed(token: str) -> Response:
    """Give the personal feed a new address; the old one is nothing from then on."""
    if request.method != "POST":
        return show(token)

    def act(session: Session) -> None:
        renew_feed(session, _mine(session, token).id)

    with wrong_links_counted():
        transact(act)
    return go(f"/my-data/{token}?done=feed")


@bp.route("/my-data/<token>/erase", methods=["GET", "POST"])
@by_link("my-data")
def erase(token: str) -> Response:
    """Erase everything; GET asks, a press with the box ticked acts."""
    with wrong_links_counted():
        person = _mine(current_session(), token)
    if request.method != "POST" or request.form.get("sure") != "yes":
        missing = request.method == "POST"
        status = 422 if missing else 200
        alone = communities_left_alone(current_session(), person.id)
        return answer(
            "own_data/erase.html",
            status=status,
            person=person,
            token=token,
            missing=missing,
            alone=list_words(alone) if alone else "",
            bought=bool(read_buying(current_session(), person.id).orders),
        )

    def act(session: Session) -> None:
        erase_person(session, _mine(session, token), settings().site, now=utc_now())

    with wrong_links_counted():
        transact(act)
    return go("/my-data/erased")
