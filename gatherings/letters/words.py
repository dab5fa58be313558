"""Whom a letter goes to, in words."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from gatherings.core import zones
from gatherings.events.models import Event
from gatherings.letters.audience import Audience
from gatherings.questions.models import Question
from gatherings.registration.listing import Filter, kinds_on_list
from gatherings.web.i18n import gettext as _
from gatherings.web.i18n import locale_now


def audience_words(session: Session, audience: Audience) -> list[str]:
    """Say whom a letter goes to: what a person has to be, all at once."""
    if audience.event is None:
        return [_("Members who want news")]
    wanted = Filter.read(audience.filter)
    said = [_states()[wanted.state]]
    for words, value in ((_sides(), wanted.side), (_hours(), wanted.hours), (_first(), wanted.first)):
        if value:
            said.append(words[value])
    if wanted.hour:
        said.append(_("whose clock shows %(hours)s then", hours=f"{wanted.hour:0>2}:00–{wanted.hour:0>2}:59"))
    if wanted.mail:
        said.append(_("whom a mail did not reach"))
    if wanted.came:
        said.append(_("was there") if wanted.came == "yes" else _("was not there"))
    if wanted.made_by:
        said.append(_made()[wanted.made_by])
    if wanted.ticket:
        said.append(_ticket(session, audience.event, wanted.ticket))
    if wanted.paid:
        said.append(_("whose ticket is paid") if wanted.paid == "yes" else _("whose ticket is not paid yet"))
    if wanted.country:
        said.append(_("in %(country)s", country=_country(wanted.country)))
    if wanted.zone:
        said.append(_("on the clock of %(city)s", city=zones.city(wanted.zone)))
    if wanted.question:
        said.append(_answer(session, audience.event, wanted))
    if wanted.words:
        said.append(_("found by “%(words)s”", words=wanted.words))
    return said


def _states() -> Mapping[str, str]:
    return {
        "": _("Everybody registered who did not cancel"),
        "confirmed": _("Who has a place"),
        "waiting": _("Who waits for a place"),
        "pending": _("Whose place is not settled yet"),
        "cancelled": _("Who cancelled"),
        "all": _("Everybody who ever registered, also who cancelled"),
    }


def _sides() -> Mapping[str, str]:
    return {"room": _("in the room"), "online": _("online")}


def _hours() -> Mapping[str, str]:
    return {
        "asleep": _("at whose place it is night then"),
        "breakfast": _("who are at breakfast then"),
        "work": _("who are at work then"),
        "evening": _("for whom it is evening then"),
    }


def _first() -> Mapping[str, str]:
    return {"yes": _("for the first time"), "no": _("came before")}


def _made() -> Mapping[str, str]:
    return {
        "person": _("registered themselves"),
        "host": _("registered by an organiser"),
        "list": _("brought over from a list"),
    }


def _country(code: str) -> str:
    from babel import Locale  # at first use

    return str(Locale.parse(locale_now()).territories.get(code, code))


def _ticket(session: Session, event: Event, kind: str) -> str:
    if kind == "none":
        return _("without a ticket")
    name = dict(kinds_on_list(session, event)).get(kind)
    return _("with the ticket “%(kind)s”", kind=name) if name else _("with a kind of ticket that is gone")


def _answer(session: Session, event: Event, wanted: Filter) -> str:
    mine = and_(Question.series_id.is_not(None), Question.series_id == event.series_id)
    asked = or_(Question.event_id == event.id, mine)  # nobody else's
    question = session.scalars(select(Question).where(Question.public_id == wanted.question, asked)).one_or_none()
    if question is None:
        return _("with an answer to a question that is gone")
    if wanted.answer in ("any", "none"):
        if wanted.answer == "any":
            return _("answered “%(question)s”", question=question.label)
        return _("did not answer “%(question)s”", question=question.label)
    choices: Any = question.options.get("choices") or []
    label = next((one["label"] for one in choices if isinstance(one, dict) and one.get("key") == wanted.answer), None)
    plain = {"yes": _("yes"), "no": _("no")}.get(wanted.answer, wanted.answer)
    return _("“%(question)s”: %(answer)s", question=question.label, answer=label or plain)
