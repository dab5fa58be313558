"""What one's own page shows: a draft's form, what was sent and how it stands, or what one presents with others."""

from collections.abc import Mapping
from typing import Any

from flask import Response, current_app

from gatherings.calls.forms import OwnForm, offer_form, opened, typed_form, values_of
from gatherings.calls.links import path_of
from gatherings.calls.models import CoPresenter, Submission
from gatherings.calls.queries.submissions import get_by_id
from gatherings.calls.rules.call import CallState, asks_of, state_of
from gatherings.calls.rules.submitting import STATE_WORDS, shown_state
from gatherings.core.clock import utc_now
from gatherings.core.words import Sentence, say
from gatherings.db import current_session
from gatherings.events.models import Event
from gatherings.web.answers import answer
from gatherings.web.markdown import render
from gatherings.web.visitor import visitor_zone

NOTES: Mapping[str, Sentence] = {
    "later": say("Saved. Nothing is sent yet. The address of this page is your way back to it: keep it."),
    "kept": say("Your changes are saved."),
    "withdrawn": say("Done. Your slot is withdrawn, and the hosts know."),
    "back": say("Done. Your slot is with the hosts again."),
    "sent": say("A mail with your link is on its way to you."),
    "late": say("The hosts see it now, marked as late. Whether it is let in is for them to say."),
    "as-sent": say("Done. The form shows again what you sent."),
}

STANDING: Mapping[str, Sentence] = {
    "submitted": say("Your slot is with the hosts. They write to you when they have chosen."),
    "accepted": say("Your slot is accepted. It is good to have you."),
    "reserve": say("You are on the reserve list: if a place becomes free, the hosts write to you."),
    "declined": say("There was no room for your slot this time. Thank you for offering it."),
    "withdrawn": say("This slot is withdrawn."),
}


def zone_of(mine: Submission | CoPresenter, event: Event) -> str:
    """Give the zone that one's own page is in: as told with the form; while that is unsent, the browser's."""
    if isinstance(mine, Submission) and mine.state == "draft":
        return visitor_zone() or event.zone
    return mine.zone or event.zone


def page(
    mine: Submission | CoPresenter,
    *,
    form: Any = None,
    status: int = 200,
    note: Sentence | None = None,
    elsewhere: bool = False,
) -> Response:
    """Show one's own page; `form` is one with problems, `elsewhere` says that somebody else wrote meanwhile."""
    minute, submission = _with_minute(mine)
    call, event, now = submission.call, submission.call.event, utc_now()
    state = state_of(call, event, now)
    values: dict[str, Any] = {
        "mine": mine, "submission": submission, "call": call, "event": event, "community": event.community,
        "zone": zone_of(mine, event), "now": now, "minute": minute, "state": state.value, "note": note,
        "elsewhere": elsewhere, "path": path_of(mine), "asks": asks_of(call), "status": status,
    }  # fmt: skip
    if isinstance(mine, CoPresenter):
        return _with_others(mine, submission, values, form)
    values |= {"action": values["path"], "saving": f"{values['path']}/typed"}
    values["form"] = form or _form(submission, event)
    if submission.state == "draft":
        intro = render(call.intro) if call.intro else None
        return answer("calls/present.html", "calls/_offer.html", intro=intro, **values)
    return answer(
        "calls/submission.html",
        "calls/_offer.html",
        editable=_editable(submission, state),
        **values,
        **_told(submission),
    )


def _with_minute(mine: Submission | CoPresenter) -> tuple[Any, Submission]:
    """Give the minute at which they speak, None before it is told, and their submission, read anew after that."""
    submission = mine if isinstance(mine, Submission) else mine.submission
    if (submission.state, submission.told) != ("accepted", "accepted"):
        return None, submission
    # Slots come after calls in the house: they leave this here for us (slots/routes/blueprint.py).
    find_minute = current_app.extensions["gatherings.own_minute"]
    session, number = current_session(), submission.id
    minute = find_minute(session, submission.call.event, submission, person_id=mine.person_id)
    return minute, get_by_id(session, number)  # reading the order forgot what else was read of it


def _form(submission: Submission, event: Event) -> Any:
    """Make the form as it was left while typing, else with what was sent."""
    call = submission.call
    if submission.typed:
        made = typed_form(call, event, submission.typed, submission)
    else:
        values = values_of(submission, event) if submission.state != "draft" else {"zone": event.zone}
        made = offer_form(call, event, values=values, submission=submission)
    return opened(made, submission.edits)


def _editable(submission: Submission, state: CallState) -> bool:
    return state is CallState.OPEN and submission.state != "withdrawn"


def _told(submission: Submission) -> dict[str, Any]:
    """Give how a submission stands, as its presenter may know it."""
    shown = shown_state(submission)
    return {
        "shown": shown,
        "state_words": STATE_WORDS[shown],
        "standing": STANDING[shown],
        "unsent": _unsent(submission),
    }


def _unsent(submission: Submission) -> dict[str, str]:
    """Give the texts that were typed and not saved, where they differ from what was sent."""
    names = ("title", "about", "ask", "script", "pronunciation", "needs", "name")
    typed = {name: str(submission.typed.get(name, "")).replace("\r\n", "\n").strip() for name in names}
    return {
        name: text for name, text in typed.items() if name in submission.typed and text != getattr(submission, name)
    }


def _with_others(mine: CoPresenter, submission: Submission, values: dict[str, Any], form: Any) -> Response:
    held = {"name": mine.name, "zone": mine.zone or submission.call.event.zone}
    own = form or OwnForm(formdata=None, data=held)
    return answer("calls/co_presenter.html", own=own, **values, **_told(submission))
