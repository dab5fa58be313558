"""A series: its dates, what it says, and whether it is held."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Response, request

from gatherings.communities.models import Community
from gatherings.core import zones
from gatherings.core.clock import utc_now
from gatherings.core.errors import InvalidInput
from gatherings.core.tokens import PUBLIC_ID, new_public_id
from gatherings.db import current_session, transact
from gatherings.events.models import Series
from gatherings.organise.access import may, may_here, organiser
from gatherings.organise.conflicts import Row, labelled
from gatherings.organise.forms.series import EMPTY, ExtraDateForm, SeriesForm, series_form
from gatherings.organise.routes.blueprint import bp
from gatherings.organise.routes.recurrence import rule_words_of
from gatherings.planning.actions import series_holding as actions
from gatherings.planning.actions.dates import has_more
from gatherings.planning.actions.events import AskFirst
from gatherings.planning.queries.dates import get_series
from gatherings.planning.queries.editions import dates_of_series, model_for, next_to_prepare
from gatherings.planning.queries.people import people_of_series
from gatherings.planning.queries.slugs import slug_is_taken
from gatherings.planning.rules.conflicts import Overtaken, pack, unpack
from gatherings.planning.rules.slugs import slug_of
from gatherings.web.answers import answer, go
from gatherings.web.i18n import gettext as _
from gatherings.web.requests import settings
from gatherings.web.times import time_words
from gatherings.web.visitor import visitor_zone


@bp.route("/communities/<community>/series/new", methods=["GET", "POST"])
@may("edit")
def new_series(community: Community) -> Response:
    """Show the form of a new series, or make a draft of it; then its rule is chosen."""
    form = series_form(EMPTY)
    if request.method != "POST":
        form.key.data = new_public_id()
        return _form_page(form, community, None)
    form.key.data = form.key.data if PUBLIC_ID.fullmatch(form.key.data or "") else new_public_id()
    if not form.validate():
        return _form_page(form, community, None, status=422)
    values, key, community_id = form.values, form.key.data, community.id
    values["slug"] = values["slug"] or _free_slug(values["title"])
    try:
        made = transact(actions.create_series, community_id, values, key=key, by=organiser().id, now=utc_now())
    except InvalidInput as refusal:
        form.take_problems(refusal)
        community = current_session().get_one(Community, community_id)
        return _form_page(form, community, None, status=422)
    return go(f"/organise/series/{made.slug}" + ("/rule" if request.form.get("comes") != "editions" else ""))


@bp.get("/series/<series>")
@may("look")
def series(series: Series) -> Response:
    """Show a series' dates: to come and past, with who speaks, who comes and who waits."""
    return overview(series)


def overview(series: Series, *, extra: ExtraDateForm | None = None, status: int = 200) -> Response:
    """Show a series' dates; `extra` is the form of a date besides the rule, with its problems."""
    session, now = current_session(), utc_now()
    dates = dates_of_series(session, series.id, now, all_past=request.args.get("past") == "all")
    rule = series.rules[-1] if series.rules else None
    made = [one.original_local for one in dates.coming if rule and one.series_rule_id == rule.id and one.original_local]
    following = next_to_prepare(dates.coming)
    zone = rule.zone if rule is not None else series.community.zone
    if extra is None and may_here("edit"):
        minutes = str(rule.minutes) if rule is not None else "60"
        extra = ExtraDateForm(formdata=None, data={"hour": "18:00", "minutes": minutes, "zone": zone})
    return answer(
        "organise/series.html",
        status=status,
        series=series,
        community=series.community,
        dates=dates,
        editions=any(event.edition_year is not None for event in (*dates.coming, *dates.past)),
        rule_words=rule_words_of(series),
        rule_time=time_words(rule.starts_local) if rule is not None else "",
        following=following,
        model=model_for(following, dates) if following is not None else None,
        people=people_of_series(session, series.id, now),
        more=series.status == "published" and has_more(series, max(made, default=None)),
        extra=extra,
        zone=visitor_zone() or zone,
        host_zone=zone,
        done=request.args.get("done"),
        now=now,
    )


@bp.route("/series/<series>/edit", methods=["GET", "POST"])
@may("edit")
def edit_series(series: Series) -> Response:
    """Show what a series says, or save it: what that means for those registered is said before it happens."""
    present = actions.values_of(series)
    form = series_form(present)
    if request.method != "POST":
        form.base.data = pack(present)
        return _form_page(form, series.community, series)
    if not form.validate():
        return _form_page(form, series.community, series, status=422)
    series_id, base = series.id, unpack(form.base.data)
    values = form.values
    values["slug"] = values["slug"] or series.slug
    try:
        saved = transact(
            actions.edit_series,
            series_id,
            values,
            settings().site,
            base=base,
            confirmed=(form.confirmed.data or "").split(",") if request.form.get("do") == "tell" else (),
            actor=organiser().public_id,
            now=utc_now(),
        )
    except InvalidInput as refusal:
        form.take_problems(refusal)
        return _form_page(form, None, _again(series_id), status=422)
    except AskFirst as question:
        form.confirmed.data = ",".join(question.kinds)
        return _form_page(form, None, _again(series_id), asked=question.kinds)
    except Overtaken as news:
        rows = labelled(_labels(), news.rows, base)
        form.fill({row.name: row.now for row in news.rows if not row.both})
        form.base.data = pack(news.present)
        return _form_page(form, None, _again(series_id), rows=rows, status=409)
    above = f"&above={saved.above}" if saved.above else ""
    return go(f"/organise/series/{saved.slug}?done=saved{above}")


@bp.get("/series/<series>/cancel")
@may("edit")
def ask_cancel_series(series: Series) -> Response:
    """Say what cancelling a series means before it happens."""
    session, now = current_session(), utc_now()
    coming = dates_of_series(session, series.id, now).coming
    dates = [date for date in coming if date.series_rule_id is not None or date.edition_year is None]
    return answer(
        "organise/series_cancel.html",
        series=series,
        community=series.community,
        dates=[date for date in dates if date.status == "published"],
        editions=any(date.edition_year is not None for date in coming),
        people=people_of_series(session, series.id, now),
        now=now,
    )


@bp.post("/series/<series>/cancel")
@may("edit")
def cancel_series(series: Series) -> Response:
    """Call a series off with its coming dates."""
    return _press(series, actions.cancel_series, "cancelled")


@bp.post("/series/<series>/publish")
@may("edit")
def publish_series(series: Series) -> Response:
    """Let a draft be seen; its dates are made."""
    return _press(series, actions.publish_series, "published")


@bp.post("/series/<series>/unpublish")
@may("edit")
def unpublish_series(series: Series) -> Response:
    """Make a series a draft again, where nobody is registered."""
    return _press(series, actions.unpublish_series, "unpublished")


@bp.post("/series/<series>/restore")
@may("edit")
def restore_series(series: Series) -> Response:
    """Hold a cancelled series after all."""
    return _press(series, actions.restore_series, "restored")


def _press(series: Series, action: Callable[..., None], done: str) -> Response:
    slug = series.slug
    transact(action, series.id, settings().site, actor=organiser().public_id, now=utc_now())
    return go(f"/organise/series/{slug}?done={done}")


def _again(series_id: int) -> Series:
    return get_series(current_session(), series_id)


def _free_slug(title: str) -> str:
    session, today = current_session(), zones.to_local(utc_now(), "UTC").date()
    wish = slug_of(title, today)
    names = (wish, *(f"{wish}-{number}" for number in range(2, 100)))
    return next((name for name in names if not slug_is_taken(session, "series", name)), wish)


def _labels() -> dict[str, str]:
    return {
        "title": _("Title"),
        "summary": _("In one sentence"),
        "about": _("About"),
        "language": _("Language"),
        "mode": _("How one takes part"),
        "place_name": _("Place"),
        "place_address": _("Address"),
        "place_map": _("Map"),
        "join_url": _("Meeting link"),
        "capacity_room": _("Places in the room"),
        "capacity_online": _("Places online"),
        "ahead": _("Dates that stand ahead"),
        "listing": _("Who finds it"),
        "slug": _("Address of the page"),
    }


def _form_page(
    form: SeriesForm,
    community: Community | None,
    series: Series | None,
    *,
    status: int = 200,
    rows: Sequence[Row] = (),
    asked: Sequence[str] = (),
) -> Response:
    more: Mapping[str, Any] = {}
    if series is not None:
        community = series.community
        more = {"people": people_of_series(current_session(), series.id, utc_now())} if asked else {}
    return answer(
        "organise/series_edit.html",
        status=status,
        form=form,
        community=community,
        series=series,
        labels=_labels(),
        rows=rows,
        asked=asked,
        **more,
    )
