"""What a search of events looks at, written with what it comes from; and looking through it.

`Event.search_text` holds the folded words of an event's title, theme, summary and place, its speakers and what they
speak about, its series' title if everybody may see that, and the names of the communities that list it. It begins and
ends with a blank.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, and_, exists, select, update
from sqlalchemy.orm import Session

from gatherings.communities.models import Community
from gatherings.core.folding import counted, fold, nearest
from gatherings.events.models import CoListing, Event, Series, Speaker

COLUMNS = frozenset({"title", "theme", "summary", "place_name", "community_id", "series_id"})  # an event's own share
MOST_WORDS = 8
_KNOWN_EVENTS, _KNOWN_WORDS = 2000, 10_000  # where words to mend a mistyped one with are taken from, at most
_BATCH = 400
# What a search finds, and what it guesses, is told to everybody.
_SHOWN_SERIES = and_(Series.listing == "public", Series.status != "draft")


def words_of(text: str) -> tuple[str, ...]:
    """Give what is looked for in a typed text: its first eight words, folded, each once."""
    return tuple(dict.fromkeys(fold(text).split()))[:MOST_WORDS]


def has_words(words: Iterable[str]) -> list[ColumnElement[bool]]:
    """Give the conditions that an event has all these folded words.

    They are found inside longer ones too (Chinese has no blanks, German few), but a word of one or two Latin letters
    or digits only where a word begins.
    """
    return [
        Event.search_text.contains(f" {word}" if word.isascii() and len(word) < 3 else word, autoescape=True)
        for word in words
    ]


def renew(session: Session, event_ids: Iterable[int]) -> None:
    """Write the search words of these events afresh; three reads and one write for each 400."""
    ids = sorted(set(event_ids))
    for start in range(0, len(ids), _BATCH):
        _renew(session, ids[start : start + _BATCH])


def renew_of(session: Session, *, community_id: int | None = None, series_id: int | None = None) -> None:
    """Write the search words of all events of a series, or that a community lists, afresh.

    For when its name has changed, or who may see it.
    """
    if series_id is not None:
        renew(session, session.scalars(select(Event.id).where(Event.series_id == series_id)))
    if community_id is not None:
        listed = select(CoListing.event_id).where(CoListing.community_id == community_id)
        renew(session, session.scalars(select(Event.id).where(Event.community_id == community_id).union(listed)))


def first_words(session: Session, event: Event) -> str:
    """Give the search words of an event that is being made, which nobody speaks at yet; one read."""
    of_series = select(Series.title).where(Series.id == event.series_id, _SHOWN_SERIES).scalar_subquery()
    names = session.execute(select(Community.name, of_series).where(Community.id == event.community_id)).one()
    return _text(event.title, event.theme, event.summary, event.place_name, *names)


def _renew(session: Session, ids: Sequence[int]) -> None:
    more: defaultdict[int, list[str]] = defaultdict(list)
    speakers = select(Speaker.event_id, Speaker.name, Speaker.talk).where(Speaker.event_id.in_(ids))
    for event_id, name, talk in session.execute(speakers.order_by(Speaker.event_id, Speaker.position)):
        more[event_id] += [name, talk]
    others = select(CoListing.event_id, Community.name).join(Community, Community.id == CoListing.community_id)
    for event_id, name in session.execute(others.where(CoListing.event_id.in_(ids))):
        more[event_id].append(name)
    own = (
        select(Event.id, Event.title, Event.theme, Event.summary, Event.place_name, Community.name, Series.title)
        .join(Community, Community.id == Event.community_id)
        .outerjoin(Series, and_(Series.id == Event.series_id, _SHOWN_SERIES))
        .where(Event.id.in_(ids))
    )
    rows = [{"id": row[0], "search_text": _text(*row[1:], *more[row[0]])} for row in session.execute(own)]
    if rows:
        session.execute(update(Event), rows)


def _text(*parts: str | None) -> str:
    return f" {fold(' '.join(part for part in parts if part))} "


def mended(session: Session, words: Sequence[str]) -> tuple[str, ...]:
    """Give the words with those that stand nowhere put right as far as they can be guessed; two reads at most.

    Known words are those of the 2,000 latest gatherings that everybody may find: a guess tells nothing of others.
    """
    open_to_all = (Event.listing == "public", Event.status.in_(("published", "cancelled")))
    found = session.execute(select(*(exists().where(*open_to_all, one) for one in has_words(words)))).one()
    if all(found):
        return tuple(words)
    latest = select(Event.search_text).where(*open_to_all).order_by(Event.starts_at.desc()).limit(_KNOWN_EVENTS)
    texts = session.scalars(select(latest.subquery().c.search_text).distinct())
    known = counted(texts, most=_KNOWN_WORDS)
    return tuple(word if there else nearest(word, known) or word for word, there in zip(words, found, strict=True))
