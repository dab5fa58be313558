"""Bringing a list of people over: a look at every row first, and only then a press that registers them.

Between the two nothing is kept on the server: the list stands in the form of the look, and is read again by the press.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from flask import Response, request

from gatherings.core.clock import utc_now
from gatherings.core.csv_text import decode, read_table
from gatherings.core.errors import Conflict, DomainError
from gatherings.core.text import TextProblem
from gatherings.core.tokens import PUBLIC_ID, digest, new_public_id
from gatherings.core.words import say
from gatherings.db import current_session, transact
from gatherings.events.models import Event
from gatherings.events.rules import DOOR_WORDS, Door, door
from gatherings.organise.access import may, organiser
from gatherings.organise.forms.taking import ImportForm
from gatherings.organise.routes.blueprint import bp
from gatherings.registration.actions.importing import BATCH, Brought, bring_over
from gatherings.registration.importing import MOST_BYTES, MOST_ROWS, Choices, Plan, plan
from gatherings.registration.rules import Wanted
from gatherings.web.answers import answer, go
from gatherings.web.i18n import language_now, words
from gatherings.web.requests import big_body, settings

_NUMBERS = ("confirmed", "meanwhile", "waiting", "known", "refused")
SHOWN = 1000  # good rows that the look lists; every row with a problem is listed


@bp.route("/events/<event>/registrations/import", methods=["GET", "POST"])
@may("people")
@big_body(3 * MOST_BYTES)
def bring(event: Event) -> Response:
    """Show the form; look at a list that was sent; bring it over when that is pressed."""
    form = ImportForm()
    if request.method != "POST":
        return _page(event, form)
    state = door(event, utc_now())
    if event.status == "draft" or state in (Door.OVER, Door.CANCELLED):
        raise Conflict(DOOR_WORDS.get(state, say("This gathering is not published yet.")))
    if not form.check(event):
        return _page(event, form, status=422)
    choices = Choices(form.wish.data, form.mail.data == "yes", bool(form.told.data), language_now())
    try:
        text = _text(form)
        found = plan(current_session(), event, read_table(text, most=MOST_ROWS), choices, words)
    except TextProblem as problem:
        form.text.errors = [words(problem.sentence)]
        return _page(event, form, status=422)
    if request.form.get("step") == "do":
        return _do(event, form, found)
    return answer(
        "organise/import_look.html", event=event, community=event.community, form=form, text=text,
        key=new_public_id(), plan=found, fates=Counter(line.fate for line in found.lines), shown=SHOWN,
    )  # fmt: skip


def _text(form: ImportForm) -> str:
    """Give the list as it was sent, as a file or pasted; raises TextProblem."""
    file = request.files.get("file")
    data = file.read(MOST_BYTES + 1) if file is not None else b""
    if not data:
        text: str = form.text.data or ""
        data = text.encode("utf-8", "replace")
    if len(data) > MOST_BYTES:
        raise TextProblem(say("There is room for 2 MB. Please send the list in several parts."))
    return decode(data)


def _do(event: Event, form: ImportForm, found: Plan) -> Response:
    """Register everybody whose row is good, some in each transaction; a part that was done is not done again."""
    key = form.key.data or ""
    if PUBLIC_ID.fullmatch(key) is None:
        key = new_public_id()
    wanted, brought = found.wanted, Brought()
    before = not wanted and found.count("known") > 0
    current_session().expunge_all()
    for start in range(0, len(wanted), BATCH):
        part = wanted[start : start + BATCH]
        try:
            done = transact(
                bring_over, event.id, part, settings().site, key=f"{key}:{_named(part)}", actor=organiser().public_id,
                now=utc_now(),
            )  # fmt: skip
        except DomainError:
            if not start:
                raise
            return go(f"{_path(event)}?{_query(brought)}&stopped={start}&of={len(wanted)}")
        before = before or done is None
        brought += done or Brought()
    return go(f"{_path(event)}?{_query(brought)}{'&before=1' if before else ''}")


def _named(part: Sequence[Wanted]) -> str:
    """Name a part by who is in it: pressed again, a list begins with those whom the press before did not reach."""
    return digest("\n".join(wanted.address.key for wanted in part))


def _path(event: Event) -> str:
    return f"/organise/events/{event.slug}/registrations/import"


def _query(brought: Brought) -> str:
    return "&".join(f"{name}={getattr(brought, name)}" for name in _NUMBERS)


def _page(event: Event, form: Any, *, status: int = 200) -> Response:
    numbers = {name: _number(name) for name in (*_NUMBERS, "stopped", "of")}
    done = numbers if "confirmed" in request.args and status == 200 else None
    return answer(
        "organise/import.html", status=status, event=event, community=event.community, form=form,
        done=done, before=request.args.get("before") == "1", most=MOST_ROWS,
    )  # fmt: skip


def _number(name: str) -> int:
    text = request.args.get(name, "")
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 7 else 0
