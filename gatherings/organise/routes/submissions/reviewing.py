"""Scores and remarks on a submission: among those who review."""

from flask import Response, request

from gatherings.calls.actions.reviewing import add_remark, give_score, remove_remark
from gatherings.core.clock import utc_now
from gatherings.core.errors import TooMany
from gatherings.db import transact
from gatherings.events.models import Event
from gatherings.organise.access import may, organiser
from gatherings.organise.forms.submissions import RemarkForm
from gatherings.organise.routes.blueprint import bp
from gatherings.organise.routes.submissions.listing import Look, read_again
from gatherings.organise.routes.submissions.one import BASE, own_path, show_one
from gatherings.organise.routes.submissions.wording import NOTES
from gatherings.web.answers import go, wants_fragment


def back(event_id: int, public_id: str, done: str) -> Response:
    """Show the submission again after a press, with what it did."""
    event = read_again(event_id)
    if wants_fragment():
        return show_one(event, public_id, note=NOTES[done])
    return go(own_path(event, public_id, Look.read(request.form), done=done))


@bp.post(f"{BASE}/score")
@may("review")
def score_submission(event: Event, submission: str) -> Response:
    """Score from 1 to 5, or take one's score back."""
    typed = request.form.get("score", "")
    value = int(typed) if typed in ("1", "2", "3", "4", "5") else None
    event_id = event.id
    transact(give_score, event_id, submission, value, person_id=organiser().id, now=utc_now())
    return back(event_id, submission, "scored" if value else "unscored")


@bp.post(f"{BASE}/remarks")
@may("review")
def remark_submission(event: Event, submission: str) -> Response:
    """Note something."""
    form, event_id = RemarkForm(), event.id
    if not form.validate():
        return show_one(event, submission, status=422, remark_form=form)
    try:
        transact(
            add_remark, event_id, submission, form.public_id, form.text.clean, person_id=organiser().id, now=utc_now()
        )
    except TooMany as refusal:
        return show_one(read_again(event_id), submission, status=429, remark_form=form, problems=[refusal.sentence])
    return back(event_id, submission, "noted")


@bp.post(f"{BASE}/remarks/<remark>/remove")
@may("review")
def remove_submission_remark(event: Event, submission: str, remark: str) -> Response:
    """Take one's own remark away."""
    event_id = event.id
    done = transact(remove_remark, event_id, submission, remark, person_id=organiser().id)
    return back(event_id, submission, "removed" if done else "before")
