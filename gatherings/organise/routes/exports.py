"""Taking an event's registrations away: which columns, as CSV or JSON, and the list to print."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Any

from flask import Response, request
from sqlalchemy.orm import Session

from gatherings.core.clock import utc_now
from gatherings.core.csv_text import BOM, Writer
from gatherings.core.errors import Conflict
from gatherings.core.words import say
from gatherings.db import current_session, transact
from gatherings.events.models import Event
from gatherings.organise.access import may, organiser
from gatherings.organise.routes.blueprint import bp
from gatherings.registration import exporting, listing
from gatherings.registration.actions.exporting import AN_HOUR, note_export
from gatherings.registration.export_columns import Column
from gatherings.registration.listing import Filter
from gatherings.web.answers import answer
from gatherings.web.i18n import words

Reading = Callable[[], AbstractContextManager[Session]]
_LINES = 100  # rows in one piece of what is sent


@bp.get("/events/<event>/registrations/export")
@may("export")
def export(event: Event) -> Response:
    """Choose what to take away; all that is chosen stands in the address."""
    session = current_session()
    filter, every = Filter.read(request.args), exporting.columns(session, event)
    wanted = {column.key for column in _wanted(every)}
    return answer(
        "organise/export.html", event=event, community=event.community, filter=filter, args=filter.to_args(),
        columns=list(zip(every, exporting.headings(every, words), strict=True)), wanted=wanted,
        number=listing.count(session, event, filter), most=AN_HOUR,
    )  # fmt: skip


def _wanted(every: Sequence[Column]) -> list[Column]:
    """Give the columns that the address names, in their order; without any, those that are chosen by themselves."""
    named = set(request.args.getlist("columns"))
    return [column for column in every if column.key in named] or [column for column in every if column.chosen]


@bp.get("/events/<event>/registrations/export.csv")
@may("export", fresh=True)
def export_csv(event: Event) -> Response:
    """Take the list away as CSV."""
    return _export(event, "csv", "text/csv; charset=utf-8", _csv)


@bp.get("/events/<event>/registrations/export.json")
@may("export", fresh=True)
def export_json(event: Event) -> Response:
    """Take the list away as JSON."""
    return _export(event, "json", "application/json", _json)


def _export(event: Event, how: str, kind: str, write: Callable[..., Iterator[str]]) -> Response:
    filter = Filter.read(request.args)
    wanted = _wanted(exporting.columns(current_session(), event))
    titles = exporting.headings(wanted, words)
    current_session().expunge_all()  # what was read stays readable while the answer is sent
    if request.method == "HEAD":
        body: Any = ""
    else:
        transact(
            note_export, event, filter, how=how, columns=[column.key for column in wanted],
            actor=organiser().public_id, now=utc_now(),
        )  # fmt: skip
        body = _pieces(write(event, filter, wanted, titles, _reading()))
    response = Response(body, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{event.slug}-registrations.{how}"'
    return response


def _reading() -> Reading:
    """Give what opens sessions of the answer's own: it is sent when the request's session is closed already."""
    engine = current_session().get_bind()
    return lambda: Session(engine)


def _pieces(lines: Iterator[str]) -> Iterator[bytes]:
    """Send the first line at once, then some at a time."""
    held: list[str] = []
    for number, line in enumerate(lines):
        held.append(line)
        if number == 0 or len(held) >= _LINES:
            yield "".join(held).encode()
            held.clear()
    if held:
        yield "".join(held).encode()


def _csv(
    event: Event, filter: Filter, wanted: Sequence[Column], titles: Sequence[str], reading: Reading
) -> Iterator[str]:
    writer = Writer()
    yield BOM + writer.row(titles)
    for cells in exporting.rows(reading, event, filter, wanted):
        yield writer.row(cells)


def _json(
    event: Event, filter: Filter, wanted: Sequence[Column], titles: Sequence[str], reading: Reading
) -> Iterator[str]:
    facts = {"slug": event.slug, "title": event.title, "zone": event.zone, "starts": event.starts_at.isoformat()}
    yield f'{{"event": {json.dumps(facts, ensure_ascii=False)}, "registrations": ['
    between = "\n"
    for cells in exporting.rows(reading, event, filter, wanted):
        row: dict[str, Any] = {}
        for column, title, cell in zip(wanted, titles, cells, strict=True):
            group = "answers" if column.question is not None else "agreed" if column.consent is not None else None
            (row if group is None else row.setdefault(group, {}))[column.key if group is None else title] = cell
        yield between + json.dumps(row, ensure_ascii=False, default=_number)
        between = ",\n"
    yield "\n]}\n"


def _number(value: object) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(type(value).__name__)


# --- to print --------------------------------------------------------------------------------------------------------

MOST_PRINTED = 2000


@bp.get("/events/<event>/registrations/print")
@may("names")
def print_list(event: Event) -> Response:
    """Show the attendee list to print: names, how they come, a box to tick. No addresses."""
    filter = Filter.read(request.args).for_names_only()
    if not filter.state:
        filter = Filter.read({**request.args, "state": "confirmed"}).for_names_only()
    rows = exporting.to_print(current_session(), event, filter, most=MOST_PRINTED + 1)
    if len(rows) > MOST_PRINTED:
        raise Conflict(say("These are too many for paper. Please narrow the list first, or take it away as CSV."))
    return answer(
        "organise/print.html", event=event, community=event.community, rows=rows, filter=filter, now=utc_now(),
        args=filter.to_args(),
    )  # fmt: skip
