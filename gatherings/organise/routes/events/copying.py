"""An event copied to another date, and next year's edition: both drafts to look at."""

from datetime import date, datetime, time
from typing import Any

from flask import Response, request

from gatherings.core.clock import utc_now
from gatherings.core.errors import InvalidInput, NotFound
from gatherings.core.tokens import new_public_id
from gatherings.core.words import say
from gatherings.db import current_session, transact
from gatherings.events.models import Event
from gatherings.organise.access import may, organiser
from gatherings.organise.forms.copying import CopyForm, EditionForm
from gatherings.organise.forms.event import sent_key
from gatherings.organise.routes.blueprint import bp
from gatherings.planning.actions.copying import copy_event, count_below, next_edition
from gatherings.planning.queries.events import editable
from gatherings.planning.rules.editions import next_month, nth_of, same_nth_weekday, same_weekday
from gatherings.web.answers import answer, go
from gatherings.web.i18n import gettext as _
from gatherings.web.i18n import words
from gatherings.web.requests import settings
from gatherings.web.times import day_words, weekday_words


@bp.route("/events/<event>/copy", methods=["GET", "POST"])
@may("edit")
def copy(event: Event) -> Response:
    """Ask for the date of a copy, or make it."""
    event_id, by = event.id, organiser().id
    starts = event.starts_local
    form = CopyForm(data={"day": next_month(starts.date()).isoformat(), "hour": f"{starts:%H:%M}"})
    form.key.data = sent_key(form) or new_public_id()
    if request.method != "POST":
        return _page("organise/event_copy.html", form, event_id)
    if not form.validate():
        return _page("organise/event_copy.html", form, event_id, 422)
    day, hour = form.day.clean, time(0) if event.all_day else form.hour.clean
    if day is None or hour is None:
        _complain(form, "day" if day is None else "hour")
        return _page("organise/event_copy.html", form, event_id, 422)
    try:
        wished = datetime.combine(day, hour)
        saved = transact(copy_event, event_id, wished, key=form.key.data, by=by, site=settings().site, now=utc_now())
    except InvalidInput as refusal:
        form.take_problems(refusal)
        return _page("organise/event_copy.html", form, event_id, 422)
    return go(f"/organise/events/{saved.slug}/edit")


@bp.route("/events/<event>/next-year", methods=["GET", "POST"])
@may("edit")
def next_year(event: Event) -> Response:
    """Ask how next year's edition is moved, or make it."""
    if event.series_rule_id is not None:
        raise NotFound(say("A date of a series is no edition. Its series makes the next ones by itself."))
    event_id, by, first = event.id, organiser().id, event.starts_local.date()
    form = EditionForm(data={"day": same_nth_weekday(first).isoformat(), "below": True})
    form.day.choices = _choices(first)
    form.key.data = sent_key(form) or new_public_id()
    if request.method != "POST":
        return _page("organise/event_next_year.html", form, event_id)
    if not form.validate():
        return _page("organise/event_next_year.html", form, event_id, 422)
    wished: dict[str, Any] = {"below": bool(form.below.data), "speakers": bool(form.speakers.data)}
    try:
        day = date.fromisoformat(form.day.data)
        saved = transact(
            next_edition, event_id, day, **wished, key=form.key.data, by=by, site=settings().site, now=utc_now()
        )
    except InvalidInput as refusal:
        form.take_problems(refusal)
        return _page("organise/event_next_year.html", form, event_id, 422)
    return go(f"/organise/events/{saved.slug}/edit")


def _choices(first: date) -> list[tuple[str, str]]:
    nth, weekday = nth_of(first), weekday_words(first.weekday())
    ordinals = [_("first"), _("second"), _("third"), _("fourth"), _("last")]
    by_month, by_weeks = same_nth_weekday(first), same_weekday(first)
    rule = _("the %(nth)s %(weekday)s of the month again", nth=ordinals[nth - 1], weekday=weekday)
    found = {by_month: f"{day_words(by_month, year=None)}: {rule}"}
    found.setdefault(by_weeks, f"{day_words(by_weeks, year=None)}: {_('364 days later, to the week')}")
    return [(day.isoformat(), label) for day, label in sorted(found.items())]


def _complain(form: Any, name: str) -> None:
    form[name].errors = [*form[name].errors, words(say("This is still empty. Please fill it in."))]


def _page(template: str, form: Any, event_id: int, status: int = 200) -> Response:
    session = current_session()
    event = editable(session, event_id)
    return answer(
        template,
        form=form,
        event=event,
        community=event.community,
        below=count_below(session, event_id, organiser().id),
        problems=form.problems,
        status=status,
    )
