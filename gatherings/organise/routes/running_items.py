"""Forms of a running order: something new in it, one thing that is there, and the settings of the whole."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, request

from gatherings.core.clock import utc_now
from gatherings.core.errors import Conflict, InvalidInput, NotFound
from gatherings.core.words import Sentence
from gatherings.db import current_session
from gatherings.events.models import Event
from gatherings.live.queries import find_planned
from gatherings.organise.access import may
from gatherings.organise.conflicts import BASE, compare, merged, pack, unpack
from gatherings.organise.forms import running_order as forms
from gatherings.organise.order_view import board_of
from gatherings.organise.routes.blueprint import bp
from gatherings.organise.routes.questions import key_sent
from gatherings.organise.routes.running_order import PAGE, act, address_after, path_of
from gatherings.slots.actions import items, publishing
from gatherings.slots.models import Item, RunningOrder
from gatherings.slots.queries import find_order, slot_words
from gatherings.slots.rules.ordering import movable
from gatherings.web.answers import answer, go
from gatherings.web.i18n import words

BOTH = ["GET", "POST"]


@bp.route(f"{PAGE}/new", methods=BOTH)
@may("choose")
def new_item(event: Event) -> Response:
    """Add an opening, a break, a buffer, a closing, or a slot without a submission."""
    session, sent = current_session(), request.method == "POST"
    order, _rehearsal = find_planned(session, event.id)
    if order is None:
        return go(path_of(event))
    form = forms.new_form(_places(order, event), sent=sent)
    kind = request.args.get("kind", "")
    if not sent and kind in forms.LENGTHS:
        form.kind.data, form.length.data = kind, forms.LENGTHS[kind]
    values: dict[str, Any] = {"form": form, "key": key_sent(), "item": None}
    if not sent:
        return _page(event, "item", **values)
    if not form.check():
        return _page(event, "item", status=422, **values)
    try:
        made = act(items.add_item, event, form.kind.data, form.clean, after=form.after.data or "", key=values["key"])
    except Conflict as refusal:
        return _page(event, "item", status=409, refused=refusal.sentence, **values)
    return go(f"{address_after(event, 'added', made)}#item-{made}")


def _places(order: RunningOrder, event: Event) -> list[tuple[str, str]]:
    """Give after what something new can stand."""
    rows = board_of(current_session(), order, event, utc_now()).rows
    return [(row.item.public_id, f"{row.number} · {row.title}" if row.number else row.title) for row in rows]


@bp.route(f"{PAGE}/items/<public_id>", methods=BOTH)
@may("choose")
def change_item(event: Event, public_id: str) -> Response:
    """Change one thing: its length and notes, and its title and people where it is no submission's."""
    item = _find(event, public_id)
    form = forms.item_form(item, sent=request.method == "POST")
    values = {"item": item, "title": slot_words(item), "fixed": not movable(item)}
    seen = items.values_of(item)

    def save() -> None:
        act(items.change_item, event, public_id, form.clean, seen=seen)

    return _save(event, "item", form, forms.LABELS, forms.shown(item), form.check, save, "kept", values, public_id)


def _find(event: Event, public_id: str) -> Item:
    order, _rehearsal = find_planned(current_session(), event.id)
    found = next((one for one in order.items if one.public_id == public_id), None) if order is not None else None
    if found is None:
        raise NotFound()
    return found


@bp.route(f"{PAGE}/settings", methods=BOTH)
@may("choose")
def order_settings(event: Event) -> Response:
    """Change what holds for the whole order."""
    order = find_order(current_session(), event.id)
    if order is None:
        return go(path_of(event))
    form = forms.settings_form(order, sent=request.method == "POST")
    seen = {name: getattr(order, name) for name in publishing.SETTINGS}

    def save() -> None:
        act(publishing.settle, event, form.clean, seen=seen)

    shown = forms.settings_shown(order)
    return _save(event, "settings", form, forms.SETTINGS_LABELS, shown, form.validate, save, "settled", {})


def _save(
    event: Event,
    page: str,
    form: Any,
    labels: Mapping[str, Sentence],
    shown: Mapping[str, str],
    check: Callable[[], bool],
    save: Callable[[], None],
    done: str,
    values: Mapping[str, Any],
    item: str = "",
) -> Response:
    """Show a form, or keep what was typed into it; `shown` is how what it changes stands now.

    Two people at once: the second is shown what differs, field by field (organise/conflicts.py).
    """
    given = {"form": form, "base": pack(shown), **values}
    if request.method != "POST":
        return _page(event, page, **given)
    mine = forms.typed(form, labels)
    rows = compare({name: words(label) for name, label in labels.items()}, mine, shown, unpack(request.form.get(BASE)))
    if rows:
        for name, value in merged(mine, rows).items():
            form[name].data = value
        return _page(event, page, status=409, rows=rows, **given)
    if not check():
        return _page(event, page, status=422, **given)
    try:
        save()
    except InvalidInput as refusal:
        form.take_problems(refusal)
        return _page(event, page, status=422, **given)
    except Conflict as refusal:
        return _page(event, page, status=409, refused=refusal.sentence, **given)
    return go(address_after(event, done, item))


def _page(event: Event, page: str, *, status: int = 200, **values: Any) -> Response:
    base = {"rows": (), "refused": None, "path": path_of(event), "community": event.community}
    return answer(f"organise/running_order/{page}.html", status=status, event=event, **(base | values))
