"""Single dates of a series: the next one to prepare, one more ahead, one besides the rule."""

import re
from datetime import datetime

from flask import Response, request

from gatherings.core.clock import utc_now
from gatherings.core.errors import Conflict, InvalidInput, Problem
from gatherings.core.words import say
from gatherings.db import current_session, transact
from gatherings.events.models import Event, Series
from gatherings.organise.access import may, organiser
from gatherings.organise.forms.series import ExtraDateForm
from gatherings.organise.routes.blueprint import bp
from gatherings.organise.routes.series import overview
from gatherings.planning.actions.dates import add_date, one_more_date
from gatherings.planning.queries.dates import get_series
from gatherings.planning.queries.editions import Dates, dates_of_series, model_for, next_to_prepare
from gatherings.web.answers import answer, go
from gatherings.web.requests import settings


@bp.get("/series/<series>/next")
@may("edit")
def next_date(series: Series) -> Response:
    """Lead to the next date that somebody prepares, its form filled from the last one."""
    dates = dates_of_series(current_session(), series.id, utc_now())
    following = next_to_prepare(dates.coming)
    if following is None:  # none is made: a press makes it
        return answer("organise/series_next.html", series=series, community=series.community)
    return go(_form_of(following, dates))


@bp.post("/series/<series>/next")
@may("edit")
def open_next_date(series: Series) -> Response:
    """Make the next date if there is none, and lead to its form."""
    series_id, now = series.id, utc_now()
    dates = dates_of_series(current_session(), series_id, now)
    if next_to_prepare(dates.coming) is None:
        if series.status != "published":
            raise Conflict(say("This series is not published, so it has no dates. Publish it first."))
        _one_more(series, series.ahead + 1)
        dates = dates_of_series(current_session(), series_id, now)
    following = next_to_prepare(dates.coming)
    if following is None:
        raise Conflict(say("The rule of this series has no further date. Change the rule to go on."))
    return go(_form_of(following, dates))


@bp.post("/series/<series>/more")
@may("edit")
def more_dates(series: Series) -> Response:
    """Make one more date ahead; the form says how many it wants, so that a press repeated makes no other."""
    slug, wanted = series.slug, request.form.get("ahead", "")
    if re.fullmatch("[0-9]{1,3}", wanted) is None:
        raise InvalidInput([Problem("ahead", say("This did not arrive whole. Please press again."))])
    made = _one_more(series, int(wanted))
    return go(f"/organise/series/{slug}?done={'more' if made else 'there'}#dates")


def _one_more(series: Series, ahead: int) -> str | None:
    made: str | None = transact(
        one_more_date, series.id, settings().site, ahead=ahead, actor=organiser().public_id, now=utc_now()
    )
    return made


@bp.post("/series/<series>/dates")
@may("edit")
def extra_date(series: Series) -> Response:
    """Add a date besides the rule, and lead to its form."""
    form = ExtraDateForm()
    series_id = series.id
    good = form.validate()
    missing = [name for name in ("day", "hour") if not form[name].errors and form[name].clean is None]
    if missing:
        form.take_problems(
            InvalidInput(Problem(name, say("This is still empty. Please fill it in.")) for name in missing)
        )
    if not good or missing:
        return overview(series, extra=form, status=422)
    starts = datetime.combine(form.day.clean, form.hour.clean)
    try:
        slug = transact(
            add_date,
            series_id,
            starts,
            minutes=form.minutes.clean,
            zone=form.zone.clean,
            site=settings().site,
            actor=organiser().public_id,
            now=utc_now(),
        )
    except InvalidInput as refusal:
        found = [
            Problem("hour" if one.field in ("starts", "ends") else one.field, one.sentence) for one in refusal.problems
        ]
        form.take_problems(InvalidInput(found))
        return overview(get_series(current_session(), series_id), extra=form, status=422)
    return go(f"/organise/events/{slug}/edit")


def _form_of(event: Event, dates: Dates) -> str:
    model = model_for(event, dates)
    # What is prepared already must not be overwritten by what was said a month ago.
    fill = f"?fill={model.slug}" if model is not None and not event.speakers else ""
    return f"/organise/events/{event.slug}/edit{fill}"
