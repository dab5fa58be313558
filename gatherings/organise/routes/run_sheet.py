"""The run sheet: the running order as the host has it on paper, with room to write what really happened."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response

from gatherings.calls.queries.slides import who_has_slides
from gatherings.core import zones
from gatherings.core.clock import utc_now
from gatherings.db import current_session
from gatherings.events.models import Event
from gatherings.organise.access import may
from gatherings.organise.routes.blueprint import bp
from gatherings.slots.models import Item, RunningOrder
from gatherings.slots.queries import find_order, plan_of, slot_words
from gatherings.slots.rules.timing import Timed
from gatherings.web.answers import answer
from gatherings.web.i18n import gettext as _
from gatherings.web.times import exact_words


@dataclass(frozen=True)
class Row:
    """One line of the run sheet; `number` counts the slots, None for what is none."""

    number: int | None
    kind: str
    starts: str
    ends: str
    seconds: int
    change: int
    title: str
    speakers: str
    pronunciation: str
    ask: str
    needs: str
    notes: str
    recording: bool | None  # None: nobody was asked
    has_slide: bool


@bp.get("/events/<event>/running-order/print")
@may("run")
def run_sheet(event: Event) -> Response:
    """Show the run sheet, made for one sheet of paper."""
    order = find_order(current_session(), event.id)
    timed = plan_of(order, event) if order is not None else []
    ends_at = timed[-1].ends_at if timed else None
    return answer(
        "organise/run_sheet.html",
        event=event,
        community=event.community,
        order=order,
        rows=_rows(event, timed),
        over=max(0, int((ends_at - event.ends_at).total_seconds())) if ends_at is not None else 0,
        ends=_clock(ends_at, event) if ends_at is not None else "",
        now=utc_now(),
    )


def _rows(event: Event, timed: list[Timed[Item]]) -> list[Row]:
    offered = [one.item.submission_id for one in timed if one.item.submission_id is not None]
    slides = who_has_slides(current_session(), offered)
    rows: list[Row] = []
    number = 0
    for one in timed:
        if one.item.submission is not None and one.item.submission.state != "accepted":
            continue  # withdrawn meanwhile: there is a gap
        number += one.item.kind == "slot"
        rows.append(_row(event, one, number if one.item.kind == "slot" else None, slides))
    return rows


def _row(event: Event, one: Timed[Item], number: int | None, slides: set[int]) -> Row:
    item, submission = one.item, one.item.submission
    title, speakers = slot_words(item)
    usual = {"opening": _("Opening"), "break": _("Break"), "buffer": _("Air"), "closing": _("Closing")}
    return Row(
        number=number,
        kind=item.kind,
        starts=_clock(one.starts_at, event),
        ends=_clock(one.ends_at, event),
        seconds=item.seconds,
        change=one.change,
        title=title or usual.get(item.kind, _("A slot")),
        speakers=speakers,
        pronunciation=submission.pronunciation if submission is not None else "",
        ask=submission.ask if submission is not None else "",
        needs=submission.needs if submission is not None else "",
        notes=item.notes,
        recording=submission.recording if submission is not None else None,
        has_slide=item.submission_id in slides,
    )


def _clock(at: datetime, event: Event) -> str:
    return exact_words(zones.to_local(at, event.zone))


@bp.app_template_global("run_sheet_facts")
def run_sheet_facts(order: RunningOrder, rows: list[Row]) -> dict[str, Any]:
    """Give what stands above a run sheet: how many slots, whose host, the change-over between them."""
    return {
        "slots": sum(row.kind == "slot" for row in rows),
        "host": order.host_name,
        "change": order.change_seconds,
        "edits": order.edits,
    }
