"""The slide of a submission, for those who read submissions."""

from flask import Response

from gatherings.calls.queries.slides import slide_of_event
from gatherings.core.errors import NotFound
from gatherings.core.tokens import PUBLIC_ID
from gatherings.db import current_session
from gatherings.events.models import Event
from gatherings.organise.access import may
from gatherings.organise.routes.blueprint import bp
from gatherings.web.pictures import picture_answer


@bp.get("/events/<event>/submissions/<submission>/slide.webp")
@may("review")
def slide_of_submission(event: Event, submission: str) -> Response:
    """Give the slide of a submission to this event's call."""
    if PUBLIC_ID.fullmatch(submission) is None:
        raise NotFound()
    return picture_answer(*slide_of_event(current_session(), event.id, submission))
