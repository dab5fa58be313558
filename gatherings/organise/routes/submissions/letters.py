"""The letters that answer submissions: looked at together, their words, sent at once."""

from dataclasses import dataclass
from typing import Any

from flask import Response, request
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from gatherings.calls.actions import answering
from gatherings.calls.actions.answering import ANSWER, WordsChanged, facts_for, readers_of, words_of
from gatherings.calls.mails.answers import Drawn, draw, our_words
from gatherings.calls.models import Call, Submission
from gatherings.calls.queries.choosing import (
    count_submissions,
    get_call,
    get_submission,
    list_to_tell,
    list_unanswered,
    names_of,
)
from gatherings.calls.rules.answers import FIELDS, KINDS, Words, kept_words, mark_of, own_words
from gatherings.calls.rules.choosing import needs_letter
from gatherings.core.clock import utc_now
from gatherings.core.errors import Conflict, InvalidInput, NotFound
from gatherings.core.words import Sentence, say
from gatherings.db import current_session, transact
from gatherings.events.models import Event
from gatherings.mail.models import OutboxMail
from gatherings.organise.access import may, organiser
from gatherings.organise.conflicts import Row, compare, merged, pack, unpack
from gatherings.organise.forms.submissions import WordsForm, labels
from gatherings.organise.routes.blueprint import bp
from gatherings.organise.routes.submissions import wording
from gatherings.organise.routes.submissions.listing import path_of, read_again
from gatherings.organise.routes.submissions.one import BASE
from gatherings.web.answers import answer, go
from gatherings.web.i18n import speaking
from gatherings.web.requests import settings

_LETTERS = "/events/<event>/submissions/letters"
_NOBODY = say("Please tick at least one letter first. Nothing was sent.")
_MOST = 500

KIND_WORDS: dict[str, Sentence] = {
    "accepted": say("For those accepted"),
    "reserve": say("For those on reserve"),
    "declined": say("For those declined"),
    "offer": say("When a place becomes free: for the next on reserve"),
}


@dataclass(frozen=True)
class Sheet:
    """One person's letter, as they will get it."""

    name: str
    zone: str
    other: bool
    drawn: Drawn
    language: str


@dataclass(frozen=True)
class Draft:
    """The letters about one submission: one for each of its people. `mark`: what they say and why."""

    submission: Submission
    mark: str
    own: bool  # words for this person alone
    changed: bool  # the last letter said something else
    sheets: list[Sheet]


@bp.get(_LETTERS)
@may("choose")
def submission_letters(event: Event) -> Response:
    """Show all letters that wait, each as the person will get it."""
    return _show(event, note=wording.NOTES.get(request.args.get("done", "")))


@bp.post(f"{_LETTERS}/send")
@may("choose")
def send_submission_letters(event: Event) -> Response:
    """Send those that are ticked, in one transaction."""
    event_id = event.id
    pairs = [value.partition(":")[::2] for value in request.form.getlist("letter")[:_MOST]]
    shown = {public_id: mark for public_id, mark in pairs if public_id and mark}
    if not shown:
        return _show(event, status=422, problems=[_NOBODY])
    try:
        sent = transact(
            answering.send_letters, event_id, shown, by=organiser().public_id, site=settings().site, now=utc_now()
        )
    except Conflict as refusal:
        return _show(read_again(event_id), status=409, problems=[refusal.sentence])
    return go(path_of(read_again(event_id), {"done": "sent" if sent else "sent-before"}, last="/letters"))


@bp.route(f"{_LETTERS}/words/<kind>", methods=["GET", "POST"])
@may("choose")
def letter_words(event: Event, kind: str) -> Response:
    """Change the words of a kind of letter, for everybody of this call."""
    if kind not in KINDS:
        raise NotFound()
    event_id, path = event.id, path_of(event, last=f"/letters/words/{kind}")
    kept = kept_words(get_call(current_session(), event_id), kind)
    if request.method != "POST":
        return _form(event, WordsForm.of(kept or our_words(kind), kept), path, kind)
    form = WordsForm()
    ours = request.form.get("ours") == "yes"
    if not ours and not form.validate():
        return _form(event, form, path, kind, status=422)

    def act(session: Session, actor: str) -> None:
        words, seen = (None, kept_words(get_call(session, event_id), kind)) if ours else (form.words, _seen(form))
        answering.save_words(session, event_id, kind, words, seen=seen, by=actor, now=utc_now())

    try:
        transact(act, organiser().public_id)
    except InvalidInput as refusal:
        form.take_problems(refusal)
        return _form(read_again(event_id), form, path, kind, status=422)
    except WordsChanged:
        event = read_again(event_id)
        return _differs(
            event, form, kept_words(get_call(current_session(), event_id), kind) or our_words(kind), path, kind
        )
    return go(path_of(read_again(event_id), {"done": "worded"}, last="/letters"))


@bp.route(f"{BASE}/letter", methods=["GET", "POST"])
@may("choose")
def own_letter(event: Event, submission: str) -> Response:
    """Change the words of one person's letter alone."""
    session, event_id = current_session(), event.id
    mine, call = get_submission(session, event_id, submission), get_call(session, event_id)
    path = path_of(event, last=f"/{mine.public_id}/letter")
    if not needs_letter(mine):
        return go(path_of(event, last=f"/{mine.public_id}"))
    kept, state = own_words(mine, mine.state), mine.state
    if request.method != "POST":
        words = kept or kept_words(call, state) or our_words(state)
        return _form(event, WordsForm.of(words, kept), path, state, mine=mine)
    form = WordsForm()
    ours = request.form.get("ours") == "yes"
    if not ours and not form.validate():
        return _form(event, form, path, state, mine=mine, status=422)

    def act(session: Session) -> None:
        words, seen = (None, kept) if ours else (form.words, _seen(form))
        answering.save_own_words(session, event_id, submission, words, seen=seen, state=state)

    try:
        transact(act)
    except InvalidInput as refusal:
        form.take_problems(refusal)
        return _own_again(event_id, form, path, submission, status=422)
    except WordsChanged:
        event = read_again(event_id)
        mine = get_submission(current_session(), event_id, submission)
        theirs = own_words(mine, state) or our_words(state)
        return _differs(event, form, theirs, path, state, mine=mine)
    except Conflict as refusal:
        return _show(read_again(event_id), status=409, problems=[refusal.sentence])
    return go(f"{path_of(read_again(event_id), {'done': 'worded'}, last='/letters')}#letter-{submission}")


def _own_again(event_id: int, form: WordsForm, path: str, public_id: str, *, status: int) -> Response:
    event = read_again(event_id)
    mine = get_submission(current_session(), event_id, public_id)
    return _form(event, form, path, mine.state, mine=mine, status=status)


def _seen(form: WordsForm) -> Words | None:
    """Give the words that a form was opened with; None where there were none but ours."""
    base = unpack(form.base.data)
    return Words(base["subject"], base["body"]) if {"subject", "body"} <= set(base) else None


def _differs(event: Event, form: WordsForm, theirs: Words, path: str, kind: str, **more: Any) -> Response:
    """Show the form again with what somebody else saved meanwhile beside what was typed: nothing is lost."""
    mine = {"subject": form.subject.data, "body": form.body.data}
    rows = compare(labels(), mine, theirs.facts, unpack(form.base.data))
    for name, value in merged(mine, rows).items():
        form[name].data = value
    form.base.data = pack(theirs.facts)
    return _form(event, form, path, kind, status=409, rows=rows, **more)


def _form(
    event: Event,
    form: WordsForm,
    path: str,
    kind: str,
    *,
    status: int = 200,
    rows: list[Row] | None = None,
    mine: Submission | None = None,
) -> Response:
    return answer(
        "organise/submissions/words.html", status=status, event=event, community=event.community, form=form, path=path,
        kind=kind, kind_words=KIND_WORDS, rows=rows or [], fields=FIELDS, mine=mine,
        back=path_of(event, last="/letters"), kept=bool(form.base.data),
    )  # fmt: skip


def _show(event: Event, *, status: int = 200, note: Sentence | None = None, problems: Any = ()) -> Response:
    session, now = current_session(), utc_now()
    call = get_call(session, event.id)
    set_committed_value(call, "event", event)  # the guard has read it, with its community
    drafts = [_draft(one, call) for one in list_to_tell(session, call.id)]
    counts = count_submissions(session, call.id, now)
    silent = [(one, names_of(one)) for one in list_unanswered(session, call.id)]
    return answer(
        "organise/submissions/letters.html", status=status, event=event, community=event.community, call=call, now=now,
        drafts=drafts, groups=[(kind, [one for one in drafts if one.submission.state == kind]) for kind in KINDS[:3]],
        undecided=counts.of["submitted"], silent=silent, wording=wording,
        kind_words=KIND_WORDS, worded=frozenset(call.letters or {}), list_path=path_of(event), note=note,
        problems=problems, told=counts.told,
    )  # fmt: skip


def _draft(submission: Submission, call: Call) -> Draft:
    words = words_of(submission, call, submission.state)
    return Draft(
        submission=submission,
        mark=mark_of(submission, words),
        own=own_words(submission, submission.state) is not None,
        changed=submission.told != "",
        sheets=[_sheet(submission, call, reader, words) for reader in readers_of(submission, call)],
    )


def _sheet(submission: Submission, call: Call, reader: Any, words: Words | None) -> Sheet:
    said = words.facts if words is not None else None
    facts = facts_for(submission, call, reader, letter=submission.state, words=said, sample=True)
    mail = OutboxMail(
        kind=ANSWER, recipient="", sender="", zone=reader.zone, language=reader.language, facts=facts,
        created_at=utc_now(),
    )  # fmt: skip
    with speaking(reader.language):
        return Sheet(reader.name, reader.zone, reader.other, draw(mail), reader.language)
