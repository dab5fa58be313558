"""What the form's two homes share, the call's page and one's own: reading it, keeping it, sending it, answering."""

from collections.abc import Callable
from typing import Any

from flask import Response, request, url_for

from gatherings.calls.actions.drafts import keep_draft
from gatherings.calls.actions.submitting import submit
from gatherings.calls.links import own_path
from gatherings.calls.models import Call
from gatherings.calls.queries.submissions import find_by_key
from gatherings.calls.rules.call import CallState, state_of
from gatherings.calls.rules.submitting import Saved, keep_typed
from gatherings.core import zones
from gatherings.core.clock import utc_now
from gatherings.core.errors import InvalidInput
from gatherings.core.tokens import Claim
from gatherings.db import current_session, transact
from gatherings.events.models import Event
from gatherings.web.answers import answer, go
from gatherings.web.i18n import language_now, words
from gatherings.web.requests import asking_network, settings
from gatherings.web.times import time_words

# show(form, status=…, elsewhere=…): the page that the form stands on, read anew: a transaction forgets what was read.
Show = Callable[..., Response]


def pressed() -> tuple[str, int]:
    """Give what was pressed: "send", "later", "add", or "drop" and the row's number."""
    what, _colon, number = request.form.get("do", "send").partition(":")
    if what not in ("later", "add", "drop"):
        return "send", -1
    return what, int(number) if number.isascii() and number.isdecimal() and len(number) < 3 else -1


def rows_changed(form: Any) -> bool:
    """Do what a button among the co-presenters' rows asks; tell whether there was one."""
    what, number = pressed()
    if what not in ("add", "drop") or "others" not in form:
        return False
    form.others.act(what, number)
    return True


def typed_now() -> dict[str, str]:
    """Give the known fields of the form as they were sent; raises InvalidInput for what is too long to be kept."""
    return keep_typed(request.form.items(multi=True))


def who(form: Any) -> dict[str, Any]:
    """Give which opened page writes, and which state it knows."""
    return {"writer": form.writer_id, "seen": form.seen}


def limits() -> dict[str, Any]:
    """Give where the form came from, and how much may come from there."""
    return {"network": asking_network(), "network_limit": settings().network_limit}


def sent_path(event: Event) -> str:
    """Give the path of the page that thanks: the same for everybody."""
    return url_for("calls.sent", slug=event.slug)


def take_draft(form: Any, call: Call, event: Event, key: str, show: Show) -> Response:
    """Take a form that was not sent before: change its rows, keep it for later, or send it."""
    thanks = sent_path(event)
    if rows_changed(form):
        return show(form)
    if form.caught:
        return go(thanks)
    try:
        typed = typed_now()
        saved = _keep_or_send(form, call, event, key, typed)
    except InvalidInput as refusal:
        form.take_problems(refusal)
        return show(form, status=422)
    if saved is None:
        return show(form, status=422)
    if saved is Saved.ELSEWHERE:
        return show(renewed(form, key), status=409, elsewhere=True)
    sending = pressed()[0] == "send"
    if saved is Saved.BEFORE or (saved is Saved.DONE and sending):
        return go(thanks)
    return go(own_path(Claim(key, 1)) + ("" if saved is Saved.LATE else "?done=later"))


def _keep_or_send(form: Any, call: Call, event: Event, key: str, typed: dict[str, str]) -> Saved | None:
    """Give what came of it; None where the form has problems."""
    now = utc_now()
    later = pressed()[0] == "later"
    if later or state_of(call, event, now) is not CallState.OPEN:
        return transact(
            keep_draft,
            call.id,
            key,
            typed,
            now=now,
            pressed=not later,
            language=language_now(),
            **who(form),
            **limits(),
        )
    if not form.check():
        return None
    site, offer = settings().site, form.offer(language_now())
    return transact(submit, call.id, key, offer, typed, site, now=utc_now(), **who(form), **limits())


def renewed(form: Any, key: str) -> Any:
    """Let a form that met a newer state know it: pressed again, it writes over that."""
    newest = find_by_key(current_session(), key)
    form.edits.data = str(newest.edits if newest is not None else 0)
    return form


def told_saved(saved: Saved, call: Call, event: Event, zone: str, *, path: str, moved: bool = False) -> Response:
    """Answer a saving as one types: a line for the form's live region; `moved`: `path` becomes the page's address."""
    now = utc_now()
    at = time_words(zones.to_local(now, zone))
    response = answer(
        "calls/_saved.html", saved=saved.value, at=at, path=path, call=call, event=event, zone=zone, now=now
    )
    if moved and saved in (Saved.DONE, Saved.LATE):
        response.headers["HX-Replace-Url"] = path
    return response


def told_too_long(refusal: InvalidInput) -> Response:
    """Say that something is too long to be kept."""
    return answer("calls/_saved.html", saved="too long", sentence=words(refusal.sentence))
