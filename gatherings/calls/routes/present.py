"""The call and its form on one screen: offering a slot without an account."""

from typing import Any

from flask import Response, g, redirect, request, url_for

from gatherings.accounts.links import wrong_links_counted
from gatherings.calls.actions.drafts import keep_draft
from gatherings.calls.actions.profile import profile_of
from gatherings.calls.forms import offer_form, opened
from gatherings.calls.links import own_path
from gatherings.calls.models import Call
from gatherings.calls.queries.call import find_call
from gatherings.calls.routes.blueprint import bp
from gatherings.calls.routes.offering import limits, take_draft, told_saved, told_too_long, typed_now, who
from gatherings.calls.rules.call import CallState, state_of
from gatherings.core.clock import utc_now
from gatherings.core.errors import InvalidInput, NotFound
from gatherings.core.tokens import Claim, new_public_id
from gatherings.db import current_session, transact
from gatherings.events.models import Event
from gatherings.events.queries import Moved, get_event_for_form
from gatherings.web.answers import answer
from gatherings.web.i18n import language_now
from gatherings.web.markdown import render
from gatherings.web.rights import public, signer
from gatherings.web.visitor import checked_slug, visitor_zone


@bp.route("/events/<slug>/present", methods=["GET", "POST"])
@public
def present(slug: str) -> Response:
    """Show the call of an event with its form, or take the form."""
    call, event = _call(slug)
    if request.method != "POST":
        if event.slug != slug:
            return _to(url_for("calls.present", slug=event.slug), 301)
        return _page(_new_form(call, event), call, event)
    form = offer_form(call, event)
    if state_of(call, event, utc_now()) in (CallState.NOT_YET, CallState.CANCELLED):
        return _page(form, call, event, status=409)

    def show(form: Any, *, status: int = 200, elsewhere: bool = False) -> Response:
        form.call, form.event = _call(slug)
        return _page(form, form.call, form.event, status=status, elsewhere=elsewhere)

    return take_draft(form, call, event, _key_of(form), show)


@bp.route("/events/<slug>/present/draft", methods=["GET", "POST"])
@public
def keep_new_typing(slug: str) -> Response:
    """Keep what stands in the form as one types; nothing is sent."""
    call, event = _call(slug)
    if request.method != "POST":
        return _to(url_for("calls.present", slug=event.slug), 302)
    form = offer_form(call, event)
    key = _key_of(form)
    try:
        typed = typed_now()
    except InvalidInput as refusal:
        return told_too_long(refusal)
    saved = transact(keep_draft, call.id, key, typed, now=utc_now(), language=language_now(), **who(form), **limits())
    call, event = _call(slug)
    return told_saved(saved, call, event, visitor_zone() or event.zone, path=own_path(Claim(key, 1)), moved=True)


@bp.get("/events/<slug>/present/clocks")
@public
def clocks(slug: str) -> Response:
    """Give the times of a call and its event on the reader's clock, for the page that does not know it."""
    call, event = _call(slug)
    return answer("calls/_clocks.html", call=call, event=event, zone=visitor_zone(), now=utc_now())


@bp.get("/events/<slug>/present/sent")
@public
def sent(slug: str) -> Response:
    """Thank, and say what comes next: the same for everybody, nothing personal in it."""
    call, event = _call(slug)
    return answer("calls/sent.html", call=call, event=event, community=event.community)


def _to(path: str, status: int) -> Response:
    made = redirect(path, code=status)
    return Response(made.get_data(), made.status_code, made.headers)


def _call(slug: str) -> tuple[Call, Event]:
    """Read an event's published call by the event's slug, or one that it once had; raises NotFound."""
    session = current_session()
    found = get_event_for_form(session, checked_slug(slug))
    if isinstance(found, Moved):
        found = get_event_for_form(session, found.slug)
    call = find_call(session, found.id) if isinstance(found, Event) else None
    if call is None or call.state != "published" or isinstance(found, Moved):
        raise NotFound()
    return call, found


def _new_form(call: Call, event: Event) -> Any:
    values = {"zone": visitor_zone() or event.zone, "seconds": str(call.slot_seconds)}
    if secret := request.args.get("profile"):
        g.private = True  # what somebody keeps of themselves, by a link that was mailed to them
        with wrong_links_counted():
            values |= profile_of(current_session(), secret[:100], now=utc_now())
    form = opened(offer_form(call, event, values=values), 0)
    form.draft.data = signer().sign("submission", new_public_id(), 1)
    return form


def _key_of(form: Any) -> str:
    """Give the form's key: the id of the submission that comes of it. One that is not ours is a new one."""
    typed = str(form.draft.data or "")
    claim = signer().verify("submission", typed) if typed.isascii() else None
    if claim is None or claim.version != 1:
        claim = Claim(new_public_id(), 1)
        form.draft.data = signer().sign("submission", claim.public_id, claim.version)
    return claim.public_id


def _page(form: Any, call: Call, event: Event, *, status: int = 200, elsewhere: bool = False) -> Response:
    now = utc_now()
    path = url_for("calls.present", slug=event.slug)
    return answer(
        "calls/present.html", "calls/_offer.html", status=status, form=form, call=call, event=event,
        community=event.community, zone=visitor_zone(), now=now, state=state_of(call, event, now).value,
        intro=render(call.intro) if call.intro else None, action=path, saving=f"{path}/draft", submission=None,
        elsewhere=elsewhere, note=None, path="",
    )  # fmt: skip
