"""Letters on their way: the second look before they go, how far they have got, who got them, taking them back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response, request

from gatherings.communities.actions.roles import By
from gatherings.core.clock import utc_now
from gatherings.core.errors import Conflict
from gatherings.db import current_session, transact
from gatherings.letters.actions import Shown, send_letter, stop_letter
from gatherings.letters.audience import Reach
from gatherings.letters.models import Letter
from gatherings.letters.queries import PEOPLE, list_mails_of, progress_of
from gatherings.letters.rules import due_at
from gatherings.mail.models import OutboxMail
from gatherings.organise.access import may, organiser
from gatherings.organise.routes.letters.desk import Desk, at, read_words, whom
from gatherings.web.answers import go, wants_fragment
from gatherings.web.requests import settings

_STATES = ("queued", "sent", "failed", "kept", "held")
_DIGITS = 9


@dataclass(frozen=True)
class Departure:
    """When those on one clock get a letter."""

    at: datetime
    zone: str
    count: int


@at("/<letter>/send", methods=["GET", "POST"])
@may("write")
def send(letter: str, **thing: Any) -> Response:
    """Ask once more, with how many and when; the press sends."""
    desk = Desk.at(**thing)
    found = desk.letter(letter)
    if found.state != "draft":
        return go(desk.path(found))
    if request.method != "POST":
        return _asking(desk, found)
    shown = Shown(_number("edits"), _number("count"))
    try:
        transact(send_letter, desk.scope, letter, shown, by=By.of(organiser()), site=settings().site, now=utc_now())
    except Conflict as refusal:
        desk = desk.again()
        return _asking(desk, desk.letter(letter), status=409, trouble=refusal.sentence)
    return go(desk.path(letter))


@at("/<letter>/stop", methods=["POST"])
@may("write")
def stop(letter: str, **thing: Any) -> Response:
    """Take back what has not gone out yet."""
    desk = Desk.at(**thing)
    transact(stop_letter, desk.scope, letter, by=By.of(organiser()), now=utc_now())
    return go(desk.path(letter))


@at("/<letter>/progress")
@may("write")
def progress(letter: str, **thing: Any) -> Response:
    """Give how far a letter has got, for the page that asks again and again until all is done."""
    desk = Desk.at(**thing)
    found = desk.letter(letter)
    if not wants_fragment():
        return go(desk.path(found))
    got = progress_of(current_session(), found)
    return desk.show("_progress.html", letter=found, progress=got)


@at("/<letter>/people")
@may("write")
def people(letter: str, **thing: Any) -> Response:
    """List who got a letter, who is still to get it, and what the receiving servers refused, in their words."""
    desk, session = Desk.at(**thing), current_session()
    found = desk.letter(letter)
    state = request.args.get("state", "")
    state = state if state in _STATES else ""
    words, after = read_words(request.args.get("who", "")), _number("after")
    mails = list_mails_of(session, found, state=state, words=words, after=after)
    later = mails[PEOPLE - 1].id if len(mails) > PEOPLE else None
    return desk.show(
        "people.html",
        letter=found,
        progress=progress_of(session, found),
        mails=mails[:PEOPLE],
        state=state,
        words=words,
        after=after,
        later=later,
        correct=_correct(desk),
    )


def departures(reach: Reach, letter: Letter, now: datetime) -> list[Departure]:
    """List when a letter goes out on each clock, soonest first."""
    if letter.local_hour is None:
        return [Departure(now, zone, number) for zone, number in reach.zones.items()]
    found = [
        Departure(due_at(now, zone, letter.local_hour, letter.from_local), zone, number)
        for zone, number in reach.zones.items()
    ]
    return sorted(found, key=lambda one: (one.at, one.zone))


def _asking(desk: Desk, letter: Letter, *, status: int = 200, trouble: Any = None) -> Response:
    said = whom(current_session(), desk.audience_of(letter))
    times = departures(said["reach"], letter, utc_now())
    return desk.show("send.html", status=status, letter=letter, times=times, trouble=trouble, **said)


def _correct(desk: Desk) -> Any:
    """Give what leads from a mail to the screen where its address can be corrected."""

    def path(mail: OutboxMail) -> str | None:
        of = mail.facts.get("of") or {}
        if "public_id" not in of:
            return None
        if desk.event is not None:
            return f"/organise/events/{desk.event.slug}/registrations/{of['public_id']}"
        return f"/organise/communities/{desk.whose.slug}/members/{of['public_id']}"

    return path


def _number(name: str) -> int:
    typed = request.values.get(name, "")
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) <= _DIGITS else 0
