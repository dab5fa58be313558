"""What is asked at registration: questions of an event or a series, consents of an event or a community."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from flask import Response, request

from gatherings.communities.models import Community
from gatherings.core.clock import utc_now
from gatherings.core.errors import Conflict, InvalidInput, NotFound
from gatherings.core.tokens import PUBLIC_ID, new_public_id
from gatherings.core.words import Sentence, say
from gatherings.db import current_session, transact
from gatherings.events.models import Event, Series
from gatherings.organise.access import community_of, may, organiser
from gatherings.organise.conflicts import BASE, compare, merged, pack, unpack
from gatherings.organise.forms.questions import LABELS, STARTS, preview, question_form, read_draft, shown
from gatherings.organise.routes.blueprint import bp
from gatherings.questions import actions, rules
from gatherings.questions.models import Question
from gatherings.questions.queries import list_inherited, list_own_consents, list_own_questions
from gatherings.questions.rules import Draft
from gatherings.questions.types import TYPES
from gatherings.registration.queries import answered, count_answers
from gatherings.web.answers import answer, go, wants_fragment
from gatherings.web.i18n import words

BOTH = ["GET", "POST"]
Of = Event | Series
T = TypeVar("T")

NOTES: Mapping[str, Sentence] = {
    "added": say("The question is added."),
    "kept": say("Saved."),
    "deleted": say("The question is deleted. Nobody had answered it."),
    "retired": say("The question is not asked any more. What people answered is kept."),
    "again": say("The question is asked again."),
    "ordered": say("The order is changed."),
    "consent": say("Saved."),
    "consent-retired": say("This consent is not asked for any more. What people agreed to is kept."),
    "consent-again": say("This consent is asked for again."),
}


def path_of(of: Event | Series | Community) -> str:
    """Give the address of the screens of something."""
    plural = {"event": "events", "series": "series", "community": "communities"}[kind_of(of)]
    return f"/organise/{plural}/{of.slug}"


def kind_of(of: Event | Series | Community) -> str:
    """Name what something is, as templates call it."""
    return type(of).__name__.lower()


def key_of(of: Any) -> tuple[Any, int]:
    """Name something for an action, which reads it again."""
    return type(of), of.id


def key_sent() -> str:
    """Give the key that the form of something new came with, or make one for it: pressed twice, it is added once."""
    sent = request.form.get("key", "")
    return sent if PUBLIC_ID.fullmatch(sent) and sent[0].isalnum() else new_public_id()


def act(action: Callable[..., T], *args: Any, **values: Any) -> T:
    """Run an action in one writing transaction; what was read for the screen stays readable, whatever comes of it."""
    current_session().expunge_all()  # else the end of the reading transaction would empty it
    return transact(action, *args, **values, actor=organiser().public_id, now=utc_now())


def frame(of: Event | Series | Community) -> dict[str, Any]:
    """Give what the frame of a screen shows."""
    return {"community": community_of(of), kind_of(of): of}


@bp.get("/events/<event>/questions")
@bp.get("/series/<series>/questions")
@may("edit")
def questions(event: Event | None = None, series: Series | None = None) -> Response:
    """Show what is asked, in order, and the form as attendees see it."""
    return _page(event or series, note=request.args.get("done"))


def _page(of: Any, *, note: str | None = None, refused: Sentence | None = None, status: int = 200) -> Response:
    session = current_session()
    own, inherited = list_own_questions(session, of), list_inherited(session, of)
    live = [*inherited, *(question for question in own if not question.retired)]
    consents = list_own_consents(session, of) if isinstance(of, Event) else []
    shared = [one for one in list_own_consents(session, of.community) if not one.retired]
    others = {question.public_id: question for question in live}
    return answer(
        "organise/questions.html", "organise/_questions.html", status=status, **frame(of), path=path_of(of), of=of,
        own=[one for one in own if not one.retired], retired=[one for one in own if one.retired], inherited=inherited,
        conditions={one.id: rules.condition_words(one.only_if, others, host=True) for one in live}, types=TYPES,
        counts=count_answers(session, [one.id for one in own]), consents=consents, shared=shared,
        form=preview(live, of.mode), note=NOTES.get(note or ""), refused=refused, starts=STARTS,
    )  # fmt: skip


def _back(of: Any, note: str) -> Response:
    """Show the list again after a press: the fragment to htmx, the page (303) to browsers without JavaScript."""
    return _page(of, note=note) if wants_fragment() else go(f"{path_of(of)}/questions?done={note}")


# --- one question ----------------------------------------------------------------------------------------------------


@bp.route("/events/<event>/questions/new", methods=BOTH)
@bp.route("/series/<series>/questions/new", methods=BOTH)
@may("edit")
def new_question(event: Event | None = None, series: Series | None = None) -> Response:
    """Add a question: its type is chosen first, by its address."""
    of: Any = event or series
    kind, like = request.args.get("type", ""), request.args.get("like", "")
    if like in STARTS:
        start = STARTS[like][1]
    elif kind in TYPES:
        start = Draft(kind, "", "", False, {}, {}, None)
    else:
        return answer("organise/question_types.html", **frame(of), path=path_of(of), types=TYPES, starts=STARTS)
    return _edit(of, None, start)


@bp.route("/events/<event>/questions/<public_id>", methods=BOTH)
@bp.route("/series/<series>/questions/<public_id>", methods=BOTH)
@may("edit")
def question(public_id: str, event: Event | None = None, series: Series | None = None) -> Response:
    """Change a question."""
    of: Any = event or series
    found = _find(of, public_id)
    return _edit(of, found, rules.draft_of(found))


def _find(of: Of, public_id: str) -> Question:
    if PUBLIC_ID.fullmatch(public_id) is None:
        raise NotFound()
    for question in list_own_questions(current_session(), of):
        if question.public_id == public_id:
            return question
    raise NotFound()


def _edit(of: Any, found: Question | None, stored: Draft) -> Response:
    session = current_session()
    before = [*list_inherited(session, of), *list_own_questions(session, of)]
    if found is not None:
        before = before[: before.index(found)]
    count = answered(session, found.id) if found is not None else 0
    sent = request.method == "POST"
    form = question_form(stored, rules.conditions(before, of.mode), sent=sent)
    kind = request.args.get("type", "")
    if not sent and kind in TYPES and not count:
        form.type.data = kind
    values = {**frame(of), "path": path_of(of), "form": form, "question": found, "count": count, "types": TYPES}
    values["key"] = key_sent()
    if not sent:
        return _form(values, stored)
    if found is not None:
        rows = compare(_labels(), _typed(form), shown(stored), unpack(request.form.get(BASE)))
        if rows:
            return _overtaken(of, values, before, stored, rows)
    draft = read_draft(form, stored, answered=count > 0)
    if draft is None:
        return _form(values, stored, status=422)
    seen = stored if found is not None else None
    try:
        act(
            actions.keep_question,
            key_of(of),
            found.public_id if found is not None else None,
            draft,
            seen=seen,
            answered=answered,
            key=values["key"],
        )
    except InvalidInput as refusal:
        form.take_problems(refusal)
        return _form(values, stored, status=422)
    except Conflict as refusal:
        return _form(values, stored, status=409, refused=refusal.sentence)
    return go(f"{path_of(of)}/questions?done={'kept' if found is not None else 'added'}")


def _labels() -> dict[str, str]:
    return {name: words(sentence) for name, sentence in LABELS.items()}


def _typed(form: Any) -> dict[str, Any]:
    return {name: form[name].data for name in LABELS}


def _overtaken(of: Any, values: dict[str, Any], before: Any, stored: Draft, rows: Any) -> Response:
    """Show what somebody else saved meanwhile: theirs where one had changed nothing, else one's own."""
    mine = merged(_typed(values["form"]), rows)
    form = question_form(stored, rules.conditions(before, of.mode), sent=False)
    for name in LABELS:
        form[name].data = mine[name] if name != "required" else bool(mine[name])
    return _form({**values, "form": form}, stored, status=409, rows=rows)


def _form(
    values: dict[str, Any], stored: Draft, *, status: int = 200, refused: Sentence | None = None, rows: Any = ()
) -> Response:
    return answer(
        "organise/question.html", status=status, **values, base=pack(shown(stored)), refused=refused, rows=rows
    )


@bp.post("/events/<event>/questions/<public_id>/move")
@bp.post("/series/<series>/questions/<public_id>/move")
@may("edit")
def move_question(public_id: str, event: Event | None = None, series: Series | None = None) -> Response:
    """Move a question up or down."""
    of: Any = event or series
    steps = -1 if request.form.get("to") == "up" else 1
    try:
        act(actions.move_question, key_of(of), public_id, steps)
    except Conflict as refusal:
        return _page(of, refused=refusal.sentence, status=409)
    return _back(of, "ordered")


@bp.post("/events/<event>/questions/<public_id>/remove")
@bp.post("/series/<series>/questions/<public_id>/remove")
@may("edit")
def remove_question(public_id: str, event: Event | None = None, series: Series | None = None) -> Response:
    """Delete a question, or stop asking it."""
    of: Any = event or series
    try:
        done = act(actions.remove_question, key_of(of), public_id, answered=answered)
    except Conflict as refusal:
        return _page(of, refused=refusal.sentence, status=409)
    return _back(of, done)


@bp.post("/events/<event>/questions/<public_id>/ask-again")
@bp.post("/series/<series>/questions/<public_id>/ask-again")
@may("edit")
def ask_again(public_id: str, event: Event | None = None, series: Series | None = None) -> Response:
    """Ask a question again."""
    of: Any = event or series
    try:
        act(actions.ask_question_again, key_of(of), public_id)
    except Conflict as refusal:
        return _page(of, refused=refusal.sentence, status=409)
    return _back(of, "again")
