"""What organisers do to what is asked: add, change, order, stop asking, ask again.

`answered` counts a question's answers: they are registration's, which stands above. A question that was answered is
never deleted and keeps its type.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gatherings.audit.actions import log
from gatherings.communities.models import Community
from gatherings.core.errors import Conflict, InvalidInput, NotFound, Problem
from gatherings.core.tokens import new_public_id
from gatherings.core.words import say
from gatherings.events.actions import touch_communities
from gatherings.events.models import Event, Series
from gatherings.questions import rules
from gatherings.questions.models import ConsentText, Question
from gatherings.questions.queries import (
    Owner,
    list_inherited,
    list_of_dates,
    list_own_consents,
    list_own_questions,
)
from gatherings.questions.rules import Draft

Answered = Callable[[Session, int], int]
Kind = type[Event] | type[Series] | type[Community]
_OVERTAKEN = say("Somebody else changed this at the same moment. Please look at it again.")


class _Ordered(Protocol):
    position: Any
    retired: Any


Row = TypeVar("Row", bound=_Ordered)


def keep_question(
    session: Session,
    of: tuple[Kind, int],
    public_id: str | None,
    draft: Draft,
    *,
    seen: Draft | None,
    answered: Answered,
    actor: str,
    now: datetime,
    key: str | None = None,
) -> str:
    """Add a question at the end (no `public_id`), or change one that still is as it was `seen`; give its public id.

    `key` is the public id that a new one gets, made with its form: a press repeated adds no second one.
    Raises InvalidInput for what cannot be asked, Conflict where somebody else was quicker, NotFound.
    """
    owner = _owner(session, of)
    rows = list_own_questions(session, owner)
    if public_id is None:
        if key is not None and any(row.public_id == key for row in rows):
            return key
        if len(rows) >= rules.MOST_QUESTIONS:
            raise Conflict(say("There are very many questions already. Please take one away first."))
        question = Question(public_id=_free_id(session, key), key=f"asked-{new_public_id()}", position=len(rows))
        question.event_id, question.series_id = (owner.id, None) if of[0] is Event else (None, owner.id)
        question.retired = False
        rows.append(question)
    else:
        question = _find(rows, public_id)
        if seen is not None and rules.draft_of(question) != seen:
            raise Conflict(_OVERTAKEN)
        count = answered(session, question.id) if draft.type != question.type else 0
        if count:
            raise InvalidInput([Problem("type", rules.why_type_stays(count))])
    offered = rules.conditions([*list_inherited(session, owner), *rows[: rows.index(question)]], owner.mode)
    if rules.write_condition(draft.only_if) not in [value for value, _words in offered]:
        raise InvalidInput([Problem("only_if", say("Please choose one of those shown."))])
    for name in ("type", "label", "help", "required", "options", "only_if", "keep_days"):
        setattr(question, name, getattr(draft, name))
    session.add(question)
    _order(session, owner, rows)
    _changed(session, owner, "question-asked" if public_id is None else "question-changed", actor=actor, now=now)
    return question.public_id


def _free_id(session: Session, key: str | None) -> str:
    taken = key is None or session.scalar(select(Question.id).where(Question.public_id == key)) is not None
    return new_public_id() if key is None or taken else key


def move_question(
    session: Session, of: tuple[Kind, int], public_id: str, steps: int, *, actor: str, now: datetime
) -> None:
    """Move a question up (-1) or down (1) among those asked; raises Conflict if one would come before its condition."""
    owner = _owner(session, of)
    rows = list_own_questions(session, owner)
    if _move(rows, _find(rows, public_id), steps):
        _order(session, owner, rows)
        _changed(session, owner, "questions-ordered", actor=actor, now=now)


def remove_question(
    session: Session, of: tuple[Kind, int], public_id: str, *, answered: Answered, actor: str, now: datetime
) -> str:
    """Delete a question that nobody has answered ("deleted"), or stop asking one that somebody has ("retired")."""
    owner = _owner(session, of)
    rows = list_own_questions(session, owner)
    question = _find(rows, public_id)
    others = [*rows, *(list_of_dates(session, owner) if isinstance(owner, Series) else [])]
    for other in others:
        if other.only_if.get("question") == public_id and not other.retired:
            raise Conflict(
                say(
                    "“%(question)s” is asked only after an answer to this one. Please change that first.",
                    question=other.label,
                )
            )
    if answered(session, question.id):
        question.retired = True
        done = "retired"
    else:
        rows.remove(question)
        session.delete(question)
        done = "deleted"
    session.flush()
    _order(session, owner, rows)
    _changed(session, owner, f"question-{done}", actor=actor, now=now)
    return done


def ask_question_again(session: Session, of: tuple[Kind, int], public_id: str, *, actor: str, now: datetime) -> None:
    """Ask a question again, as the last one; raises Conflict where what it depends on has gone."""
    owner = _owner(session, of)
    rows = list_own_questions(session, owner)
    question = _find(rows, public_id)
    if not question.retired:
        return
    question.retired = False
    _order(session, owner, [*(row for row in rows if row is not question and not row.retired), question,
                            *(row for row in rows if row is not question and row.retired)])  # fmt: skip
    _changed(session, owner, "question-asked-again", actor=actor, now=now)


# --- consents --------------------------------------------------------------------------------------------------------


def keep_consent(
    session: Session,
    of: tuple[Kind, int],
    consent_id: int | None,
    text: str,
    *,
    actor: str,
    now: datetime,
    key: str | None = None,
) -> None:
    """Ask for a consent, or change its words: that is a new version, and what was agreed to before stays as it is.

    `key` is made with the form of a new one: a press repeated adds no second one.
    """
    owner = _consents_owner(session, of)
    rows = list_own_consents(session, owner)
    if consent_id is None:
        name = f"asked-{key or new_public_id()}"
        if any(row.key == name for row in rows):
            return
        if len(rows) >= rules.MOST_QUESTIONS:
            raise Conflict(say("There are very many consents already. Please take one away first."))
        own = {"event_id": owner.id} if of[0] is Event else {"community_id": owner.id}
        row = ConsentText(**own, key=name, text=text, version=1, retired=False)
        row.position = len(rows)
        rows.append(row)
        session.add(row)
    else:
        row = _find_consent(rows, consent_id)
        if row.text == text:
            return
        row.text, row.version = text, row.version + 1
    _number(rows)
    _changed(session, owner, "consent-worded", actor=actor, now=now, version=row.version)


def move_consent(
    session: Session, of: tuple[Kind, int], consent_id: int, steps: int, *, actor: str, now: datetime
) -> None:
    """Move a consent up (-1) or down (1) among those asked for."""
    owner = _consents_owner(session, of)
    rows = list_own_consents(session, owner)
    if _move(rows, _find_consent(rows, consent_id), steps):
        _number(rows)
        _changed(session, owner, "consents-ordered", actor=actor, now=now)


def ask_consent(
    session: Session, of: tuple[Kind, int], consent_id: int, *, asked: bool, actor: str, now: datetime
) -> None:
    """Stop asking for a consent, or ask for it again; what was given stays with those who gave it."""
    owner = _consents_owner(session, of)
    row = _find_consent(list_own_consents(session, owner), consent_id)
    if row.retired is asked:
        row.retired = not asked
        _changed(session, owner, "consent-asked-again" if asked else "consent-retired", actor=actor, now=now)


# --- what they share -------------------------------------------------------------------------------------------------


def _owner(session: Session, of: tuple[Kind, int]) -> Any:
    owner = session.get(of[0], of[1], populate_existing=True, with_for_update={"key_share": True})
    if owner is None or isinstance(owner, Community):
        raise NotFound()
    return owner


def _consents_owner(session: Session, of: tuple[Kind, int]) -> Any:
    owner = session.get(of[0], of[1], populate_existing=True, with_for_update={"key_share": True})
    if owner is None or isinstance(owner, Series):
        raise NotFound()
    return owner


def _find(rows: Sequence[Question], public_id: str) -> Question:
    found = next((row for row in rows if row.public_id == public_id), None)
    if found is None:
        raise NotFound()
    return found


def _find_consent(rows: Sequence[ConsentText], consent_id: int) -> ConsentText:
    found = next((row for row in rows if row.id == consent_id), None)
    if found is None:
        raise NotFound()
    return found


def _move(rows: list[Row], row: Row, steps: int) -> bool:
    """Move a live row past the next live one in that direction, in place; tell whether there was one."""
    live = [one for one in rows if not one.retired]
    if row not in live:
        return False
    at = live.index(row)
    to = at + (1 if steps > 0 else -1)
    if not 0 <= to < len(live):
        return False
    live[at], live[to] = live[to], live[at]
    rows[:] = [*live, *(one for one in rows if one.retired)]
    return True


def _number(rows: Sequence[Row]) -> None:
    for position, row in enumerate(rows):
        if row.position != position:
            row.position = position


def _order(session: Session, owner: Event | Series, rows: Sequence[Question]) -> None:
    """Number questions in this order; raises Conflict where one would stand before what it depends on."""
    wrong = rules.broken([*list_inherited(session, owner), *rows])
    if wrong is None and isinstance(owner, Series):
        own = {row.public_id for row in rows}
        wrong = next(
            (one for one in list_of_dates(session, owner) if one.only_if.get("question") in own
             and rules.broken([*rows, one])), None,
        )  # fmt: skip
    if wrong is not None:
        raise Conflict(
            say(
                "“%(question)s” is asked only after a certain answer to an earlier question. "
                "That question and that choice need to stay, and to come before it.",
                question=wrong.label,
            )
        )
    _number(rows)


def _changed(session: Session, owner: Owner, action: str, *, actor: str, now: datetime, **numbers: int) -> None:
    """Note it in the log, and let pages that are kept follow."""
    session.flush()
    community_id = owner.id if isinstance(owner, Community) else owner.community_id
    if isinstance(owner, Event):
        touch_communities(session, [owner.id])
    else:
        session.execute(
            update(Community)
            .where(Community.id == community_id)
            .values(version=Community.version + 1)
            .execution_options(synchronize_session=False)
        )
    kind = type(owner).__name__.lower()
    log(
        session, actor=actor, action=action, about=f"{kind}:{owner.public_id}", community_id=community_id, now=now,
        **numbers,
    )  # fmt: skip
