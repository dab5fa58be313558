"""What is decided about submissions: one or several at once, the reserve's order, asking again, withdrawing."""

from collections.abc import Callable

from flask import Response, request
from sqlalchemy.orm import Session

from gatherings.audit.actions import log
from gatherings.calls.actions import choosing
from gatherings.calls.actions.answering import remind
from gatherings.calls.actions.room import NoRoom
from gatherings.calls.actions.submitting import let_in
from gatherings.calls.forms import typed_form
from gatherings.calls.queries.choosing import get_call, get_late, get_submission
from gatherings.calls.rules.choosing import DECISIONS
from gatherings.core.clock import utc_now
from gatherings.core.errors import Conflict, InvalidInput, NotFound
from gatherings.core.tokens import PUBLIC_ID
from gatherings.core.words import Sentence, say
from gatherings.db import current_session, transact
from gatherings.events.models import Event
from gatherings.organise.access import may, organiser
from gatherings.organise.routes.blueprint import bp
from gatherings.organise.routes.submissions.listing import Look, path_of, read_again, show_list
from gatherings.organise.routes.submissions.one import BASE, show_one
from gatherings.organise.routes.submissions.reviewing import back
from gatherings.organise.routes.submissions.wording import decided_words
from gatherings.web.answers import go, wants_fragment
from gatherings.web.requests import settings

_NOBODY = say("Please tick at least one first. Nothing was changed.")
_UNKNOWN = say("Please choose what to do with those that are ticked.")
_MOST = 500


def sentences_of(refusal: Conflict | InvalidInput) -> list[Sentence]:
    """Give all that a refusal has to say."""
    if isinstance(refusal, NoRoom):
        return refusal.sentences
    return [refusal.sentence]


@bp.post("/events/<event>/submissions/decide")
@may("choose")
def decide_submissions(event: Event) -> Response:
    """Decide on those that are ticked, or (a button on a card) on one."""
    look, event_id = Look.read(request.form), event.id
    to, chosen = request.form.get("to", ""), request.form.getlist("row")[:_MOST]
    one = request.form.get("one", "")
    if one:
        to, _colon, public_id = one.partition(":")
        chosen = [public_id]
    chosen = [public_id for public_id in chosen if PUBLIC_ID.fullmatch(public_id)]
    if to not in DECISIONS or not chosen:
        return show_list(event, look, status=422, problems=[_NOBODY if to in DECISIONS else _UNKNOWN])
    try:
        count = transact(choosing.decide, event_id, chosen, to, by=organiser().public_id, now=utc_now())
    except Conflict as refusal:
        ticked = frozenset() if one else frozenset(chosen)
        return show_list(read_again(event_id), look, status=409, problems=sentences_of(refusal), ticked=ticked)
    event = read_again(event_id)
    if wants_fragment():
        return show_list(event, look, note=decided_words(count))
    return go(path_of(event, look.args(done="decided" if count else "before", page=str(look.page))))


@bp.post(f"{BASE}/decide")
@may("choose")
def decide_submission(event: Event, submission: str) -> Response:
    """Decide on one."""
    to = request.form.get("to", "")
    if to not in DECISIONS or not PUBLIC_ID.fullmatch(submission):
        raise NotFound()

    def act(session: Session, event_id: int, actor: str) -> str:
        done = choosing.decide(session, event_id, [submission], to, by=actor, now=utc_now())
        return "decided" if done else "before"

    return _press(event, submission, act)


@bp.post(f"{BASE}/reserve")
@may("choose")
def move_on_reserve(event: Event, submission: str) -> Response:
    """Move one up or down on the reserve list, or to a number."""
    typed = request.form.get("to", "")
    to = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 5 else 0
    step = {"up": -1, "down": 1}.get(request.form.get("step", ""), 0)

    def act(session: Session, event_id: int, actor: str) -> str:
        choosing.move_on_reserve(
            session, event_id, submission, by=actor, now=utc_now(), step=step, to=0 if step else max(0, to)
        )
        return "moved"

    return _press(event, submission, act)


@bp.post(f"{BASE}/remind")
@may("choose")
def remind_submission(event: Event, submission: str) -> Response:
    """Ask a silent presenter once more."""

    def act(session: Session, event_id: int, actor: str) -> str:
        done = remind(session, event_id, submission, by=actor, site=settings().site, now=utc_now())
        return "reminded" if done else "reminded-before"

    return _press(event, submission, act)


@bp.route(f"{BASE}/withdraw", methods=["GET", "POST"])
@may("choose")
def withdraw_submission(event: Event, submission: str) -> Response:
    """Withdraw for a presenter who said so; GET asks, a press acts."""
    if request.method != "POST":
        return show_one(event, submission, page="withdraw")

    def act(session: Session, event_id: int, actor: str) -> str:
        mine = get_submission(session, event_id, submission)
        done = choosing.withdraw(session, mine.id, now=utc_now(), site=settings().site, actor=actor)
        return "withdrawn" if done else "before"

    return _press(event, submission, act)


@bp.post(f"{BASE}/let-in")
@may("choose")
def let_submission_in(event: Event, submission: str) -> Response:
    """Take what was typed after the close, as if it had come in time; what is not complete is said field by field."""
    event_id, community_id, actor = event.id, event.community_id, organiser().public_id
    session = current_session()
    late, call = get_late(session, event.id, submission), get_call(session, event.id)
    seen = _seen_edits(late.edits)
    form = typed_form(call, event, late.typed, late if late.state != "draft" else None)
    if not form.check():
        return show_list(event, Look(), status=422, incomplete=(late.public_id, form.problems))
    offer = form.offer(late.language, late if late.state != "draft" else None)

    def act(session: Session) -> bool:
        done = let_in(session, submission, offer, settings().site, seen=seen, now=utc_now())
        if done:
            log(session, actor=actor, action="let_in_submission", about=f"submission:{submission}",
                community_id=community_id, now=utc_now())  # fmt: skip
        return done

    try:
        done = transact(act)
    except (Conflict, InvalidInput) as refusal:
        return show_list(read_again(event_id), Look(), status=409, problems=sentences_of(refusal))
    return go(path_of(read_again(event_id), {"done": "let-in" if done else "before"}))


def _seen_edits(usual: int) -> int:
    """Read from the form which state of the text its page showed; without that, the state of this very moment."""
    typed = request.form.get("seen", "")
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else usual


def _press(event: Event, public_id: str, act: Callable[[Session, int, str], str]) -> Response:
    """Do what a button asks for in one transaction, and show the submission again; a refusal is said there."""
    actor, event_id = organiser().public_id, event.id
    try:
        done = transact(act, event_id, actor)
    except Conflict as refusal:
        return show_one(read_again(event_id), public_id, status=409, problems=sentences_of(refusal))
    return back(event_id, public_id, done)
