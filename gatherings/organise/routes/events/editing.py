"""The form in which an event is made and changed: rows, clocks and previews without a script, and nothing lost."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from flask import Response, request

from gatherings.communities.models import Community
from gatherings.core import zones
from gatherings.core.clock import utc_now
from gatherings.core.errors import InvalidInput
from gatherings.core.tokens import new_public_id
from gatherings.db import current_session, transact
from gatherings.events.models import Event
from gatherings.organise.access import may, organiser, signed_in_only
from gatherings.organise.forms.event import MARKDOWN, ROWS, EventForm, make_form, sent_edits, sent_key
from gatherings.organise.forms.event_data import empty_values
from gatherings.organise.forms.reading import countries, starts_asked
from gatherings.organise.routes.blueprint import bp
from gatherings.organise.routes.events.differences import shown_differences
from gatherings.organise.routes.events.when import FIELDS, clocks_of
from gatherings.planning.actions.events import AskFirst, Edit, Overtaken, create_draft
from gatherings.planning.actions.twins import edit_both
from gatherings.planning.queries import events as queries
from gatherings.planning.rules.event_values import LABELS, pack, unpack
from gatherings.planning.rules.telling import words_for
from gatherings.web.answers import answer, go
from gatherings.web.i18n import gettext as _
from gatherings.web.i18n import list_words, locale_now, words
from gatherings.web.markdown import render
from gatherings.web.requests import big_body, settings
from gatherings.web.times import day_words
from gatherings.web.visitor import checked_slug

# What "fill from another" takes over: everything but its time, its address and what belongs to that date alone.
FILLED = (
    "title", "summary", "about", "language", "mode", "place_name", "place_address", "place_map", "capacity_room",
    "join_url", "capacity_online", "speakers", "resources", "takes_registrations", "access_notes", "asked_often",
    "listing", "also_listed_by",
)  # fmt: skip
_SOON = timedelta(days=28)
_ROOM = 2 * 1024 * 1024  # bytes: all texts at their longest, in a script of which each sign takes nine when it is sent


@bp.route("/communities/<community>/events/new", methods=["GET", "POST"])
@may("edit")
@big_body(_ROOM)
def new_event(community: Community) -> Response:
    """Show the form of a new event, or make a draft of it; the same form sent again leads to the same draft."""
    session, by = current_session(), organiser().id
    values = empty_values(community, zones.to_local(utc_now() + _SOON, community.zone))
    form = _form(values, community, None, by)
    if request.method != "POST":
        filled = _fill(form, community, None)
        form.key.data = new_public_id()
        return _page(form, community, None, filled=filled)
    form.key.data = sent_key(form) or new_public_id()
    if _acted(form):
        return _page(form, community, None)
    wanted = form.check()
    if wanted is None:
        return _page(form, community, None, status=422)
    if _press() == "check":
        return _page(form, community, None)
    wanted = {"umbrella": "", "series": "", "also_listed_by": [], **wanted}
    community_id, key = community.id, form.key.data
    try:
        saved = transact(create_draft, community_id, wanted, key=key, by=by, site=settings().site, now=utc_now())
    except InvalidInput as refusal:
        form.take_problems(refusal)
        return _page(form, session.get_one(Community, community_id), None, status=422)
    return go(f"/organise/events/{saved.slug}?done={'made' if saved.made else 'there'}")


@bp.route("/events/<event>/edit", methods=["GET", "POST"])
@may("edit")
@big_body(_ROOM)
def edit(event: Event) -> Response:
    """Show an event's form, or save what was changed."""
    event_id, by = event.id, organiser().id
    event = queries.editable(current_session(), event_id)
    present = queries.values_of(event)
    form = _form(present, event.community, event, by)
    form.present_time = present["time"]
    if request.method != "POST":
        filled = _fill(form, event.community, event)
        _move(form, event)
        _open(form, event, present)
        return _page(form, event.community, event, filled=filled)
    form.fill(present, [name for name in LABELS if request.form.get(f"take_{name}") == "theirs"])
    if _acted(form):
        return _page(form, event.community, event)
    wanted = form.check()
    if wanted is None:
        return _page(form, event.community, event, status=422)
    if _press() == "check":
        return _page(form, event.community, event)
    return _save(form, event, wanted, by)


def _save(form: EventForm, event: Event, wanted: dict[str, Any], by: int) -> Response:
    event_id = event.id
    if "also_listed_by" in wanted:  # what others list is theirs to take away
        offered = {slug for slug, _name in form.also_listed_by.choices}
        others = {one.slug for one in event.also_listed_by} - offered
        wanted["also_listed_by"] = sorted({*wanted["also_listed_by"], *others})
    press, _colon, kinds = request.form.get("do", "").partition(":")
    try:
        confirmed = kinds.split(",") if press == "tell" else ()
        edit = Edit(wanted, unpack(form.opened.data), sent_edits(form), confirmed)
        saved = transact(edit_both, event_id, edit, by=by, site=settings().site, now=utc_now())
    except InvalidInput as refusal:
        form.take_problems(refusal)
        event = queries.editable(current_session(), event_id)
        return _page(form, event.community, event, status=422)
    except AskFirst as question:
        event = queries.editable(current_session(), event_id)
        said = [words(one) for one in words_for(question.kinds, question.people)] + _moved_days(question.days)
        asked = {"kinds": ",".join(question.kinds), "words": said}
        return _page(form, event.community, event, asked=asked)
    except Overtaken as news:
        event = queries.editable(current_session(), event_id)
        _open(form, event, queries.values_of(event))
        return _page(form, event.community, event, rows=shown_differences(news.rows, form), status=409)
    told = ("&told=1" if press == "tell" else "") + ("&days=1" if saved.days else "")
    return go(f"/organise/events/{saved.slug}?done=saved{told}")


def _moved_days(kinds: Sequence[tuple[str, Sequence[str]]]) -> list[str]:
    """Say which tickets for certain days move along, and to which days."""
    if not kinds:
        return []
    said = [
        _("Tickets for certain days move along, those that people have too. Invoices that were sent stay as they are.")
    ]
    for name, days in kinds:
        then = list_words([day_words(date.fromisoformat(day), year=None) for day in days])
        said.append(_("“%(name)s” is for %(days)s then.", name=name, days=then))
    return said


def _open(form: EventForm, event: Event, values: Mapping[str, Any]) -> None:
    """Let the form say which state it was opened with."""
    form.edits.data, form.opened.data = str(event.edits), pack(values)


def _press() -> str:
    return request.form.get("do", "save").partition(":")[0]


def _acted(form: EventForm) -> bool:
    """Do what a button inside the form asks, such as adding a row; tell whether there was one."""
    what, _colon, rest = request.form.get("do", "").partition(":")
    name, _colon, number = rest.partition(":")
    if what not in ("add", "drop", "up", "down") or name not in ROWS:
        return False
    form[name].act(what, int(number) if number.isascii() and number.isdecimal() and len(number) < 4 else -1)
    return True


def _fill(form: EventForm, community: Community, event: Event | None) -> str:
    """Fill the form from `?fill=<slug>`, another event of the community; give its title."""
    slug = request.args.get("fill", "")
    if not slug:
        return ""
    other = queries.sibling(current_session(), community.id, checked_slug(slug))
    values = queries.values_of(other)
    names = [name for name in FILLED if event is None or event.series_rule_id is None or name != "also_listed_by"]
    if event is None:
        starts = form.starts_date.data
        form.fill(values, ["time"])
        form.starts_date.data, form.ends_date.data = starts, ""
    form.fill(values, names)
    return other.title


def _move(form: EventForm, event: Event) -> None:
    """Put the time of `?starts=2026-12-17T19:00` into the form, as long as before; nothing is saved by that."""
    starts = starts_asked(request.args.get("starts", ""))
    if starts is None or event.all_day:
        return
    ends = starts + (event.ends_local - event.starts_local)
    form.starts_date.data, form.starts_time.data = f"{starts:%Y-%m-%d}", f"{starts:%H:%M}"
    form.ends_date.data, form.ends_time.data = f"{ends:%Y-%m-%d}", f"{ends:%H:%M}"


def _form(values: Mapping[str, Any], community: Community, event: Event | None, by: int) -> EventForm:
    session, now = current_session(), utc_now()
    mine = queries.editing_roles(session, by)
    above = queries.umbrella_choices(
        session,
        [one.id for one in mine],
        now=now,
        but=event.id if event is not None else None,
        present=event.umbrella_id if event is not None else None,
    )
    of_rule = event is not None and event.series_rule_id is not None
    below = event is not None and queries.has_below(session, event.id)
    editions = (
        [] if of_rule else queries.edition_series(session, community.id, event.series_id if event is not None else None)
    )
    return make_form(
        values,
        communities=[one for one in mine if one.id != community.id],
        umbrellas=[] if of_rule or below else [(one.slug, _umbrella_words(one, now.year)) for one in above],
        series=[(one.slug, one.title) for one in editions],
    )


def _umbrella_words(event: Event, year: int) -> str:
    return f"{event.title} · {day_words(event.starts_local.date(), year=year)}"


def _page(
    form: EventForm,
    community: Community,
    event: Event | None,
    *,
    status: int = 200,
    filled: str = "",
    asked: Mapping[str, Any] | None = None,
    rows: Sequence[Any] = (),
) -> Response:
    sent = {name: form[name].data for name in FIELDS} | {"all_day": "yes" if form.all_day.data else ""}
    umbrella = form.umbrella.data if "umbrella" in form else ""
    press, _colon, looked = request.form.get("do", "").partition(":")
    offered = {slug for slug, _name in form.also_listed_by.choices} if "also_listed_by" in form else set()
    return answer(
        "organise/event_form.html",
        form=form,
        community=community,
        event=event,
        clocks=clocks_of(sent, community, event, umbrella or ""),
        previews={name: _rendered(form[name].data) for name in MARKDOWN if press == "check"},
        looked=looked if press == "check" else "",
        others=[one.name for one in event.also_listed_by if one.slug not in offered] if event is not None else [],
        filled=filled,
        asked=asked,
        rows=rows,
        problems=form.problems,
        countries=sorted(countries(locale_now()).values()),
        now=utc_now(),
        status=status,
    )


def _rendered(source: str | None) -> Any:
    return render(source[:20_000]) if source else ""


@bp.post("/markdown")
@signed_in_only
def markdown() -> Response:
    """Show how a text of a form will look: `name` says which field of it."""
    name = request.form.get("do", "").rpartition(":")[2]
    text = request.form.get(name, "") if name in (*MARKDOWN, "intro", "body") else ""
    return answer("organise/_markdown.html", shown=_rendered(text), too_long=len(text) > 20_000)
