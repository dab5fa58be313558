"""A lost link, sent again: the same answer whoever asks."""

from flask import Response, request, url_for

from gatherings.accounts.forms import AddressForm
from gatherings.core.clock import utc_now
from gatherings.db import transact
from gatherings.registration.actions.finding import ask_for_links
from gatherings.registration.routes.blueprint import bp
from gatherings.web.answers import answer, go, wants_fragment
from gatherings.web.requests import asking_network
from gatherings.web.rights import public


@bp.route("/find-my-registration", methods=["GET", "POST"])
@public
def find() -> Response:
    """Ask for an address; its links are mailed there if there are any."""
    form = AddressForm()
    if request.method != "POST":
        return _page(form, sent=request.args.get("sent") == "1")
    if not form.validate():
        return _page(form, status=422)
    transact(ask_for_links, form.address, now=utc_now(), network=asking_network())
    if wants_fragment():
        return _page(form, sent=True)
    return go(url_for("registration.find", sent=1))


def _page(form: AddressForm, *, status: int = 200, sent: bool = False) -> Response:
    return answer("registration/find.html", "registration/_find.html", status=status, form=form, sent=sent)
