"""What everybody may see of a published running order, and what stands of it in calendars."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from gatherings import ics
from gatherings.calls.models import Submission
from gatherings.core import zones
from gatherings.core.errors import NotFound
from gatherings.events.models import Event
from gatherings.events.queries import Moved, get_event_for_form
from gatherings.slots.facts import entry_zone
from gatherings.slots.models import Item, RunningOrder
from gatherings.slots.queries import begins_at, find_order, plan_of, slot_words
from gatherings.slots.rules.timing import Timed

_KEPT_CANCELLED = timedelta(weeks=6)  # as other feeds do (calendars.md 24)


@dataclass(frozen=True)
class Line:
    """One line of the public running order. `told` is False for a slot whose presenter is not told of it yet."""

    public_id: str
    kind: str
    starts_at: datetime
    ends_at: datetime
    title: str
    speakers: str
    about: str  # what they do, in their own words: told to be public on the form
    links: tuple[str, ...]
    recording_url: str | None
    told: bool = True
    stands_since: datetime | None = None  # when its submission was last decided on, told, withdrawn or erased


@dataclass(frozen=True)
class PublicOrder:
    """A published running order with its event (community loaded); `withdrawn` are slots that are not held any more."""

    event: Event
    order: RunningOrder
    lines: Sequence[Line]
    withdrawn: Sequence[Line]
    begins_at: datetime
    ends_at: datetime


def get_public_order(session: Session, slug: str) -> PublicOrder | Moved:
    """Read the published running order of a public event; raises NotFound, gives Moved for an old slug."""
    event = get_event_for_form(session, slug)
    if isinstance(event, Moved):
        return event
    order = find_order(session, event.id)
    if order is None or order.published_at is None:
        raise NotFound()
    timed = plan_of(order, event)
    begins = begins_at(order, event)
    return PublicOrder(
        event=event,
        order=order,
        lines=[_line(one) for one in timed if one.item.kind != "buffer" and not _is_gone(one.item)],
        withdrawn=[_line(one) for one in timed if _is_gone(one.item)],
        begins_at=begins,
        ends_at=timed[-1].ends_at if timed else begins,
    )


def order_file(shown: PublicOrder, *, name: str, words: Any, base_url: str, now: datetime) -> bytes:
    """Give the running order for calendars: one entry for each slot, without names of people or a meeting link.

    `words(line)` says what stands for a slot that has no title of its own. A slot that was withdrawn is said to be
    cancelled as long as the order keeps it; those of a cancelled gathering for six weeks.
    """
    event = shown.event
    off = event.status == "cancelled"
    if off and event.cancelled_at is not None and event.cancelled_at <= now - _KEPT_CANCELLED:
        return ics.calendar([], name=name, feed=True)
    entries = [_entry(shown, line, words(line), base_url, cancelled=off) for line in shown.lines if line.kind == "slot"]
    entries += [_entry(shown, line, event.title, base_url, cancelled=True) for line in shown.withdrawn]
    return ics.calendar(ics.vevents(entries), name=name, feed=True)


def _line(one: Timed[Item]) -> Line:
    item, submission = one.item, one.item.submission
    told = submission is None or submission.told == "accepted"
    title, speakers = slot_words(item) if told else ("", "")
    return Line(
        public_id=item.public_id,
        kind=item.kind,
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        title=title,
        speakers=speakers,
        about=submission.about if submission is not None and told else "",
        links=tuple(submission.links) if submission is not None and told else (),
        recording_url=item.recording_url if told else None,
        told=told,
        stands_since=_stands_since(submission) if submission is not None else None,
    )


def _stands_since(submission: Submission) -> datetime | None:
    times = (submission.decided_at, submission.told_at, submission.withdrawn_at, submission.erased_at)
    return max((one for one in times if one is not None), default=None)


def _is_gone(item: Item) -> bool:
    submission = item.submission
    return submission is not None and (submission.state != "accepted" or submission.erased_at is not None)


def _entry(shown: PublicOrder, line: Line, summary: str, base_url: str, *, cancelled: bool) -> ics.Entry:
    event, order = shown.event, shown.order
    page = f"{base_url}/events/{event.slug}/running-order"
    of_slot = max(order.changed_at, line.stands_since or order.changed_at)
    changed_at = max(of_slot, event.changed_at)
    length = line.ends_at - line.starts_at
    zone = entry_zone(line.starts_at, length, event.zone)
    starts_local = zones.to_local(line.starts_at, zone)
    return ics.Entry(
        # By ids that never change, and the domain that the gathering's own entry was made with.
        uid=f"slot-{line.public_id}@{event.uid.rpartition('@')[2]}",
        # What presenters and letters change of a slot is no edit of the order: so its time is in the number, which
        # never falls, even where another's submission is given the slot (calendars.md 11).
        sequence=order.edits + event.revision + max(0, (of_slot - order.created_at) // timedelta(seconds=1)),
        stamp=changed_at,
        changed_at=changed_at,
        summary=summary,
        description=f"{event.title}\n\n{page}",
        location=page if event.mode == "online" else ", ".join(filter(None, (event.place_name, event.place_address))),
        url=page,
        starts_local=starts_local,
        ends_local=starts_local + length,
        zone=zone,
        status="CANCELLED" if cancelled else "CONFIRMED",
        categories=(event.community.name,),
    )
