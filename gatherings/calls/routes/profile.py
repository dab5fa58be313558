""" "You have presented before?": the form filled in through a mailed link, and what is kept for the next time."""

from flask import Response, request
from sqlalchemy.orm import Session

from gatherings.accounts.forms import AddressForm
from gatherings.accounts.links import wrong_links_counted
from gatherings.calls.actions import profile as actions
from gatherings.calls.models import Submission
from gatherings.calls.queries.call import find_call
from gatherings.calls.queries.submissions import get_by_link
from gatherings.calls.routes.blueprint import bp
from gatherings.calls.routes.submission import only_shown
from gatherings.core.clock import utc_now
from gatherings.core.errors import Conflict, NotFound
from gatherings.core.words import say
from gatherings.db import current_session, transact
from gatherings.events.models import Event
from gatherings.events.queries import Moved, get_event_for_form
from gatherings.web.answers import answer, go, wants_fragment
from gatherings.web.i18n import language_now
from gatherings.web.requests import asking_network
from gatherings.web.rights import by_link, claim_of, public
from gatherings.web.visitor import checked_slug, visitor_zone


@bp.route("/events/<slug>/present/again", methods=["GET", "POST"])
@public
def present_again(slug: str) -> Response:
    """Ask for an address; a link that fills the form in is mailed there if a profile is kept for it."""
    event, form = _event(slug), AddressForm()
    if request.method != "POST":
        return _page(event, form, asked=request.args.get("sent") == "1")
    if not form.validate():
        return _page(event, form, status=422)
    transact(
        actions.ask_for_profile,
        event.slug,
        form.address,
        language=language_now(),
        zone=visitor_zone() or event.zone,
        now=utc_now(),
        network=asking_network(),
    )
    if wants_fragment():
        return _page(event, form, asked=True)
    return go(f"/events/{slug}/present/again?sent=1")


@bp.route("/submissions/<token>/profile", methods=["GET", "POST"])
@by_link("submission")
def keep_profile(token: str) -> Response:
    """Keep what stands in a submission for the next slot, or forget it again; a press acts."""
    with wrong_links_counted():
        _purpose, claim = claim_of(token, "submission")
        mine = get_by_link(current_session(), claim)
    if request.method != "POST":
        return only_shown(token)

    def act(session: Session) -> None:
        submission: Submission = get_by_link(session, claim)
        if submission.state == "draft" or submission.person_id is None:
            raise Conflict(say("This cannot be done here."))
        if request.form.get("do") == "forget":
            actions.drop_profile(session, submission.person_id)
        else:
            actions.keep_profile(session, submission.id, now=utc_now())

    transact(act)
    if wants_fragment():
        mine = get_by_link(current_session(), claim)
        return answer(
            "calls/_keep_profile.html", "calls/_keep_profile.html", submission=mine, path=f"/submissions/{token}"
        )
    return go(f"/submissions/{token}#profile")


@bp.app_template_global("profile_is_kept")
def profile_is_kept(submission: Submission) -> bool:
    """Tell whether what a submission says of its presenter is kept for the next time."""
    return actions.is_kept(current_session(), submission)


def _event(slug: str) -> Event:
    session = current_session()
    found = get_event_for_form(session, checked_slug(slug))
    if isinstance(found, Moved):
        found = get_event_for_form(session, found.slug)
    call = find_call(session, found.id) if isinstance(found, Event) else None
    if isinstance(found, Moved) or call is None or call.state != "published":
        raise NotFound()
    return found


def _page(event: Event, form: AddressForm, *, status: int = 200, asked: bool = False) -> Response:
    return answer(
        "calls/present_again.html",
        "calls/_been_here.html",
        status=status,
        event=event,
        community=event.community,
        been=form,
        been_asked=asked,
    )
