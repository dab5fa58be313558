"""What all screens of letters share: whose they are, where they stand, and one view for both kinds of address."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from flask import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.communities.models import Community
from gatherings.core.clock import utc_now
from gatherings.core.text import TextProblem, clean_line
from gatherings.db import current_session
from gatherings.events.models import Event
from gatherings.events.queries import WITH_ALL
from gatherings.letters.audience import Audience, Recipient
from gatherings.letters.models import Letter
from gatherings.letters.queries import Scope, get_letter
from gatherings.letters.rules import fill
from gatherings.letters.words import audience_words
from gatherings.organise.access import organiser
from gatherings.organise.routes.blueprint import bp
from gatherings.web.answers import answer
from gatherings.web.rights import View
from gatherings.web.times import day_words, time_words


def at(path: str, **options: Any) -> Callable[[View], View]:
    """Give a view its two addresses: below an event, and below a community."""

    def declare(view: View) -> View:
        for start in ("/events/<event>", "/communities/<community>"):
            bp.add_url_rule(f"{start}/letters{path}", f"letters_{view.__name__}", view, **options)
        return view

    return declare


@dataclass(frozen=True)
class Desk:
    """Whose letters: an event's or a community's, loaded by the guard (organise/access.py).

    `base` is the address of the list, `zone` the clock that organisers' times are shown on. A writing transaction
    forgets what was read before it: `again` gives the desk with everything read anew.
    """

    event: Event | None
    whose: Community
    scope: Scope
    base: str
    zone: str

    @classmethod
    def at(cls, event: Event | None = None, community: Community | None = None) -> "Desk":
        """Sit down where the address of the request says."""
        thing = event or community
        assert thing is not None
        kind = "events" if event is not None else "communities"
        whose = event.community if event is not None else thing
        assert isinstance(whose, Community)
        return cls(event, whose, Scope.of(thing), f"/organise/{kind}/{thing.slug}/letters", thing.zone)

    def again(self) -> "Desk":
        """Read everything anew."""
        session, of = current_session(), self.scope
        if of.event_id is None:
            return Desk.at(community=session.get_one(Community, of.community_id))
        found = select(Event).where(Event.id == of.event_id).options(*WITH_ALL)
        return Desk.at(event=session.scalars(found.execution_options(populate_existing=True)).one())

    @property
    def of(self) -> str:
        """Say which fields there are: "event" or "community"."""
        return "community" if self.scope.event_id is None else "event"

    def path(self, letter: Letter | str, more: str = "") -> str:
        """Give the address of a letter's screen; takes its public id, too."""
        public_id = letter if isinstance(letter, str) else letter.public_id
        return f"{self.base}/{public_id}{more}"

    def subject(self, letter: Letter) -> str:
        """Give a letter's subject with what is the same for everybody put in."""
        title = {"event": self.event.title} if self.event is not None else {}
        return fill(letter.subject, {**title, "community": self.whose.name})

    def hour(self, letter: Letter) -> str:
        """Give the hour of each one's day at which a letter goes out, in words."""
        return time_words(time(letter.local_hour or 0))

    def day(self, letter: Letter) -> str:
        """Give the day from which a letter goes out, in words."""
        return day_words(date.fromisoformat(letter.from_local or ""), year=utc_now().year)

    def letter(self, public_id: str) -> Letter:
        """Give one of these letters; raises NotFound."""
        return get_letter(current_session(), self.scope, public_id)

    def audience(self, kind: str, filter: dict[str, Any]) -> Audience:
        """Give whom a letter of some kind goes to."""
        return Audience(self.whose, self.event, kind, filter)

    def audience_of(self, letter: Letter) -> Audience:
        """Give whom a letter goes to."""
        return self.audience(letter.kind, letter.audience)

    def show(self, page: str, fragment: str | None = None, *, status: int = 200, **values: Any) -> Response:
        """Answer with a screen of these letters."""
        values |= {"event": self.event, "community": self.whose, "desk": self, "now": utc_now()}
        return answer(f"organise/letters/{page}", fragment, status=status, **values)

    def example(self, session: Session, audience: Audience, public_id: str) -> Recipient:
        """Give the chosen one of those who get a letter, else the first; where there is nobody, the organiser."""
        chosen = audience.one(session, public_id) if public_id else None
        first = chosen or next(iter(audience.find(session, limit=1)), None)
        me = organiser()
        side = "online" if self.event is not None and self.event.mode != "in person" else None
        return first or Recipient(me.public_id, me.address, "", 0, me.name or me.address, self.zone, "en", side)


def whom(session: Session, audience: Audience) -> dict[str, Any]:
    """Give what the screens say about whom a letter goes to: in words, and how many."""
    return {"whom": audience_words(session, audience), "reach": audience.reach(session)}


def read_words(typed: str) -> str:
    """Clean what is looked for in an address; nothing where it cannot be."""
    try:
        return clean_line(typed, most=100)
    except TextProblem:
        return ""
