"""One submission: all of it, what reviewers say, and what can be decided."""

from typing import Any

from flask import Response, request

from gatherings.calls.models import Submission
from gatherings.calls.queries.choosing import get_call, get_submission, list_remarks, zone_of
from gatherings.calls.rules.choosing import DECISIONS, SCORES, needs_letter
from gatherings.core import zones
from gatherings.core.clock import utc_now
from gatherings.core.hours import doing
from gatherings.core.tokens import new_public_id
from gatherings.db import current_session
from gatherings.events.models import Event
from gatherings.organise.access import may, may_here, organiser
from gatherings.organise.forms.submissions import RemarkForm
from gatherings.organise.routes.blueprint import bp
from gatherings.organise.routes.registrations.wording import DOING
from gatherings.organise.routes.submissions import wording
from gatherings.organise.routes.submissions.listing import (
    Look,
    may_ask_again,
    neighbours,
    path_of,
    room_values,
    spoken_of,
)
from gatherings.web.answers import answer

BASE = "/events/<event>/submissions/<submission>"


@bp.get(BASE)
@may("review")
def submission(event: Event, submission: str) -> Response:
    """Show everything about one submission."""
    return show_one(event, submission, note=wording.NOTES.get(request.args.get("done", "")))


def own_path(event: Event, public_id: str, look: Look, **args: str) -> str:
    """Give the address of one submission, which leads back to the list that one came from."""
    return path_of(event, look.args(**args), last=f"/{public_id}")


def show_one(event: Event, public_id: str, *, status: int = 200, page: str = "one", **more: Any) -> Response:
    """Show one submission; `more` is what a press had to say: `note`, `problems`, `remark_form`."""
    session, now = current_session(), utc_now()
    look = Look.read(request.values)
    along = neighbours(event, look, public_id)  # first: the list reads less of a submission than the page shows
    mine = get_submission(session, event.id, public_id)
    call = get_call(session, event.id)
    local = zones.to_local(event.starts_at, zone_of(mine, event))
    values: dict[str, Any] = {
        "event": event,
        "community": event.community,
        "now": now,
        "call": call,
        "look": look,
        "mine": mine,
        "path": path_of(event, last=f"/{mine.public_id}"),
        "list_path": path_of(event, look.args()),
        "args": look.args(),
        "zone": zone_of(mine, event),
        "doing": doing(local),
        "doing_words": DOING,
        "state": wording.STATES[mine.state],
        "tag": wording.TAGS.get(mine.state, ""),
        "standing": wording.standing_words(mine, now),
        "tone": wording.standing_tone(mine, now),
        "decisions": _decisions(mine),
        "letter_waits": needs_letter(mine),
        "may_remind": may_ask_again(mine, now),
        "spoken": spoken_of(mine.script, mine.seconds, call),
        "remarks": list_remarks(session, mine.id),
        "remark_form": RemarkForm(formdata=None, data={"key": new_public_id()}),
        "scores": SCORES,
        "me": organiser().id,
        "needs": mine.needs if may_here("run") else "",
        "addresses": may_here("people"),
        "note": None,
        "problems": [],
        **along,
        **room_values(call, event, []),
        **more,
    }
    return answer(
        f"organise/submissions/{page}.html", "organise/submissions/_one.html" if page == "one" else None,
        status=status, **values,
    )  # fmt: skip


def _decisions(submission: Submission) -> list[tuple[str, Any]]:
    """Give (decision, words) of each button that one would press."""
    if submission.state == "withdrawn":
        return []
    return [(one, wording.ACTS[one]) for one in DECISIONS if one != submission.state]
