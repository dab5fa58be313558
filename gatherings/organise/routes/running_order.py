"""The running order: its screen, and the presses that move, place, take out, give, undo and publish."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, g, make_response, request
from sqlalchemy.orm import Session

from gatherings.core.clock import utc_now
from gatherings.core.errors import Conflict, InvalidInput
from gatherings.core.words import Sentence, say
from gatherings.db import current_session, transact
from gatherings.events.models import Event
from gatherings.live import kept
from gatherings.live.actions import end_rehearsal
from gatherings.live.queries import find_planned, in_rehearsal
from gatherings.organise.access import may, organiser
from gatherings.organise.order_view import Board, board_of, moved_words
from gatherings.organise.routes.blueprint import bp
from gatherings.slots.actions import items, ordering, publishing
from gatherings.slots.actions.ordering import By, Place
from gatherings.slots.queries import find_version, list_unplaced
from gatherings.slots.rules.ordering import KIND_WORDS
from gatherings.web.answers import answer, go, wants_fragment
from gatherings.web.i18n import words
from gatherings.web.requests import settings

PAGE = "/events/<event>/running-order"
NOTES: Mapping[str, Sentence] = {
    "started": say("The order is made. Drag, or use the arrows, until it is right."),
    "there": say("There is an order already. This is it."),
    "placed": say("They are in the order now, before the closing."),
    "added": say("It is in the order now."),
    "kept": say("Your changes are kept."),
    "removed": say("It is out of the order."),
    "gone": say("It was out of the order already."),
    "given": say("The slot is given. Please look at its length and notes."),
    "undone": say("That is taken back."),
    "settled": say("Your changes are kept. All times below follow."),
    "published": say("Everybody can see the order now, and presenters are told."),
    "back": say("Only organisers see the order now. What presenters were told stays."),
    "telling": say("Presenters are told within a minute."),
    "same": say("It stands there already."),
}
_ANOTHER = say("Another host")
_REHEARSAL_ENDED = say("That ended the rehearsal. Nothing is kept of it.")
_NEWS = say("Something was changed elsewhere. This is how it stands now.")
_MEANWHILE = say("Somebody else changed the order as well. This is how it stands now.")


def path_of(event: Event) -> str:
    """Give the address of an event's running order for its organisers."""
    return f"/organise/events/{event.slug}/running-order"


def act(action: Callable[..., Any], event: Event, *args: Any, **values: Any) -> Any:
    """Run an action on an event's order in one writing transaction; what was read before stays readable.

    What a rehearsal has begun has not really begun: where that refuses the action, the rehearsal is ended first.
    """
    current_session().expunge_all()
    person, now = organiser(), utc_now()
    by, name = By(person.public_id, settings().site), person.name or words(_ANOTHER)

    def after_rehearsal(session: Session) -> Any:
        end_rehearsal(session, event.id, by=name, now=now)
        return action(session, event.id, *args, **values, by=by, now=now)

    try:
        return transact(action, event.id, *args, **values, by=by, now=now)
    except (Conflict, InvalidInput):
        if not in_rehearsal(current_session(), event.id):
            raise
    done = transact(after_rehearsal)
    kept.press_made(event.slug)
    g.rehearsal_ended = True
    return done


@bp.get(PAGE)
@may("run")
def running_order(event: Event) -> Response:
    """Show the order with every minute in it, and what to look at."""
    return show(event, done=request.args.get("done", ""), item=request.args.get("item", ""))


@bp.get(f"{PAGE}/news")
@may("run")
def running_order_news(event: Event) -> Response:
    """Answer a screen that stands open: nothing (204) while it shows how things stand (`v`), else its part anew."""
    session = current_session()
    if request.args.get("v", "") == find_version(session, event.id):
        return make_response("", 204)
    return show(event, news=True)


def show(
    event: Event,
    *,
    done: str = "",
    item: str = "",
    meanwhile: bool = False,
    news: bool = False,
    refused: Sentence | None = None,
    status: int = 200,
) -> Response:
    """Show the screen, or the part of it that a press changes."""
    session, now = current_session(), utc_now()
    version = find_version(session, event.id)  # read first: what changes from here on is news
    order, rehearsal = find_planned(session, event.id)
    frame: dict[str, Any] = {"event": event, "community": event.community, "path": path_of(event), "now": now}
    frame |= {"refused": refused, "piece": wants_fragment(), "rehearsal": rehearsal, "version": version}
    if order is None:
        waiting = len(list_unplaced(session, event.id))
        return answer("organise/running_order/start.html", status=status, **frame, waiting=waiting)
    board = board_of(session, order, event, now)
    ended = g.get("rehearsal_ended") or (done and request.args.get("rehearsal") == "ended")
    also = words(_MEANWHILE) if meanwhile else words(_NEWS) if news else ""
    said = [_said(done, item, board), also, words(_REHEARSAL_ENDED) if ended else ""]
    return answer(
        "organise/running_order/page.html", "organise/running_order/_order.html", status=status, **frame,
        board=board, order=order, kinds=KIND_WORDS, to_tell=board.to_tell, moved=item,
        said=" ".join(one for one in said if one),
    )  # fmt: skip


def _said(done: str, item: str, board: Board) -> str:
    if done == "moved":
        return moved_words(board, item)
    return words(NOTES[done]) if done in NOTES else ""


def after(event: Event, done: str, item: str = "", *, meanwhile: bool = False) -> Response:
    """Show the order after a press: the part to htmx, the page (303) to browsers without JavaScript."""
    if wants_fragment():
        return show(event, done=done, item=item, meanwhile=meanwhile)
    return go(address_after(event, done, item))


def address_after(event: Event, done: str, item: str = "") -> str:
    """Give where a press without JavaScript leads; the address says what was done."""
    ended = "&rehearsal=ended" if g.get("rehearsal_ended") else ""
    return f"{path_of(event)}?done={done}" + (f"&item={item}" if item else "") + ended


def press(event: Event, done: str, action: Callable[..., Any], *args: Any, item: str = "", **values: Any) -> Response:
    """Run an action that may be refused by how things stand; then show how they stand."""
    try:
        act(action, event, *args, **values)
    except Conflict as refusal:
        return show(event, refused=refusal.sentence, status=409)
    return after(event, done, item)


def number_sent(name: str) -> int:
    """Read a whole number from the form; -1 for what is none."""
    text = request.form.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else -1


@bp.post(f"{PAGE}/start")
@may("choose")
def start_order(event: Event) -> Response:
    """Make the order from what is accepted."""
    made = act(ordering.start_order, event)
    return go(f"{path_of(event)}?done={'started' if made else 'there'}")


@bp.post(f"{PAGE}/items/<public_id>/move")
@may("choose")
def move_item(event: Event, public_id: str) -> Response:
    """Move one thing between two neighbours, or to a number."""
    first, parted, second = request.form.get("between", "").partition("~")
    place = Place(first, second) if parted else Place(number=number_sent("number"))
    if not parted and place.number == -1:
        return show(event, refused=say("Please choose a number."), status=422)
    try:
        moved = act(ordering.move_item, event, public_id, place, edits=number_sent("edits"))
    except Conflict as refusal:
        return show(event, refused=refusal.sentence, status=409)
    return after(event, "moved" if moved.changed else "same", moved.item, meanwhile=moved.meanwhile)


@bp.post(f"{PAGE}/items/<public_id>/remove")
@may("choose")
def remove_item(event: Event, public_id: str) -> Response:
    """Take one thing out; pressing "Undo" brings it back."""
    try:
        there = act(items.remove_item, event, public_id)
    except Conflict as refusal:
        return show(event, refused=refusal.sentence, status=409)
    return after(event, "removed" if there else "gone")


@bp.post(f"{PAGE}/items/<public_id>/give")
@may("choose")
def give_slot(event: Event, public_id: str) -> Response:
    """Give a slot whose presenter is gone to somebody else who was accepted."""
    return press(event, "given", ordering.give_slot, public_id, request.form.get("submission", ""), item=public_id)


@bp.post(f"{PAGE}/place")
@may("choose")
def place_accepted(event: Event) -> Response:
    """Put those accepted and not placed yet into the order: all of them, or one."""
    return press(event, "placed", ordering.place_accepted, only=request.form.get("submission") or None)


@bp.post(f"{PAGE}/undo")
@may("choose")
def undo_order(event: Event) -> Response:
    """Take back the last move or removal."""
    return press(event, "undone", items.undo_last, edits=number_sent("edits"))


@bp.post(f"{PAGE}/publish")
@may("choose")
def publish_order(event: Event) -> Response:
    """Let everybody see the order, and presenters be told."""
    return press(event, "published", publishing.publish)


@bp.post(f"{PAGE}/take-back")
@may("choose")
def take_back_order(event: Event) -> Response:
    """Let organisers alone see the order again."""
    return press(event, "back", publishing.take_back)


@bp.post(f"{PAGE}/tell-now")
@may("choose")
def tell_order_now(event: Event) -> Response:
    """Do not wait for further changes before presenters are told."""
    return press(event, "telling", publishing.tell_now)
