"""Bringing over a list of people: read, looked at, and then taken in one transaction; again, it changes nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.accounts.actions import limit_attempts
from gatherings.accounts.models import Person
from gatherings.accounts.rules import Address, normalise_address
from gatherings.audit.actions import log
from gatherings.communities.actions.members import new_member_mail
from gatherings.communities.actions.roles import By, lock_team
from gatherings.communities.models import Community, Member
from gatherings.config import Site
from gatherings.core.csv_text import Table, read_table
from gatherings.core.folding import fold
from gatherings.core.text import TextProblem, clean_name
from gatherings.core.tokens import new_public_id
from gatherings.core.words import Sentence, say
from gatherings.core.zone_names import canonical
from gatherings.core.zone_search import resolve
from gatherings.core.zone_table import place_of, tables
from gatherings.db.upsert import insert_into
from gatherings.mail import actions as mail

MOST_ROWS = 5000
LISTS_PER_HOUR = 20
_CHUNK = 400  # values in one statement
_IN_VAIN = 40  # places that were looked for and not found: each takes its time; those after them are not looked for
_COLUMNS = {
    "address": ("address", "e-mail", "email", "mail", "e-mail address", "email address"),
    "name": ("name", "full name"),
    "zone": ("zone", "time zone", "timezone", "city"),
    "country": ("country",),
    "news": ("news", "newsletter"),
}
_YES, _NO = frozenset({"yes", "y", "true", "1"}), frozenset({"no", "n", "false", "0"})


@dataclass(frozen=True)
class ListRow:
    """One person of a list; `news` None: the list does not say."""

    number: int
    address: Address
    name: str = ""
    zone: str | None = None
    country: str = ""
    news: bool | None = None


@dataclass(frozen=True)
class BadRow:
    """A row that cannot be taken: its number, what stands in it, and why."""

    number: int
    cells: Sequence[str]
    why: Sentence


@dataclass
class Preview:
    """What a list would do: people who are new, in already, or left before; and the rows that cannot be taken."""

    new: list[ListRow] = field(default_factory=list)
    known: list[ListRow] = field(default_factory=list)
    left: list[ListRow] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)


def read_list(text: str) -> tuple[list[ListRow], list[BadRow]]:
    """Read a list as CSV with a header; raises TextProblem where nothing can be read at all.

    Takes a second for some thousand people: to be done before a transaction, in which others wait.
    """
    table = _with_header(text)
    columns = _columns(table.header)
    if "address" not in columns:
        raise TextProblem(
            say(
                "The first line needs to name the columns, one of them “address”; others are name, zone, country, news."
            )
        )
    good, bad, seen, places = list[ListRow](), list[BadRow](), dict[str, int](), _Places()
    for number, cells in table.rows:
        try:
            row = _row(number, {name: cells[at] for name, at in columns.items() if at < len(cells)}, places)
        except TextProblem as problem:
            bad.append(BadRow(number, cells, problem.sentence))
            continue
        if row.address.key in seen:
            bad.append(
                BadRow(number, cells, say("This address stands in row %(row)s already.", row=seen[row.address.key]))
            )
            continue
        seen[row.address.key] = number
        good.append(row)
    return good, bad


def look_at_list(session: Session, community_id: int, good: Sequence[ListRow], bad: Sequence[BadRow]) -> Preview:
    """Say what a list that was read would do."""
    states = _states(session, community_id, [row.address.key for row in good])
    preview = Preview(bad=list(bad))
    kinds = {None: preview.new, "left": preview.left}
    for row in good:
        kinds.get(states.get(row.address.key), preview.known).append(row)
    return preview


def bring_list(
    session: Session,
    community_id: int,
    good: Sequence[ListRow],
    bad: Sequence[BadRow],
    *,
    inviting: bool,
    agreed: str,
    by: By,
    site: Site,
    now: datetime,
) -> Preview:
    """Take in who is new: as members at once without a mail, or asked by a mail that they can say yes to.

    `agreed` are the words of a consent to news that the organiser says these people gave, or "". Who is in already or
    has left stays as they are, so that the same list again changes nothing. Raises TooMany.
    """
    lock_team(session, community_id)
    hour = timedelta(hours=1)
    limit_attempts(session, "member-list", str(community_id), most=LISTS_PER_HOUR, window=hour, now=now)
    preview = look_at_list(session, community_id, good, bad)
    community = session.get_one(Community, community_id)
    people = _people(session, [row.address for row in preview.new], now=now)
    rows = [
        _member(community, people[row.address.key], row, inviting=inviting, agreed=agreed, now=now)
        for row in preview.new
    ]
    _insert(session, Member, rows, ["community_id", "person_id"])
    if inviting:
        by_id = {person.id: person for person in people.values()}
        mails = (
            new_member_mail("member_invitation", Member(**row), community, by_id[row["person_id"]], now=now)
            for row in rows
        )
        mail.post_many(session, mails, now=now, domain=site.domain)
    log(
        session, actor=by.public_id, action="import_members", about=f"community:{community.public_id}",
        community_id=community_id, now=now, way="inviting" if inviting else "silently", added=len(preview.new),
        known=len(preview.known), left=len(preview.left), bad=len(preview.bad),
    )  # fmt: skip
    return preview


def _with_header(text: str) -> Table:
    """Read a table; a list of addresses alone, without a header, is one too."""
    table = read_table(text, most=MOST_ROWS)
    if "address" not in _columns(table.header) and any("@" in cell for cell in table.header):
        return Table(["address", "name", "zone"], [(1, table.header), *table.rows])
    return table


def _columns(header: Sequence[str]) -> dict[str, int]:
    names = [cell.strip().casefold().replace("_", " ") for cell in header]
    found = {}
    for column, spellings in _COLUMNS.items():
        at = next((names.index(one) for one in spellings if one in names), None)
        if at is not None:
            found[column] = at
    return found


class _Places:
    """Which zone is meant by what stands in a list, each looked for once."""

    def __init__(self) -> None:
        self._zones: dict[str, str | None] = {}
        self._in_vain = 0

    def zone(self, typed: str) -> str | None:
        """Give the zone; raises TextProblem for what is none."""
        wanted = typed.strip()[:100]
        if not wanted:
            return None
        if wanted not in self._zones:
            found = canonical(wanted)
            if found is None and self._in_vain < _IN_VAIN:
                found = resolve(wanted).zone
                self._in_vain += found is None
            self._zones[wanted] = found
        if (zone := self._zones[wanted]) is None:
            raise TextProblem(
                say("We do not know the place “%(place)s”. A large city or a zone will do.", place=wanted[:60])
            )
        return zone


def _row(number: int, cells: dict[str, str], places: _Places) -> ListRow:
    zone = places.zone(cells.get("zone", ""))
    return ListRow(
        number,
        normalise_address(cells.get("address", "")),
        clean_name(cells.get("name", ""), least=0),
        zone,
        _country(cells.get("country", "")) or (place_of(zone).country if zone else ""),
        _yes(cells["news"]) if cells.get("news", "").strip() else None,
    )


def _country(typed: str) -> str:
    wanted = typed.strip()
    if not wanted:
        return ""
    if wanted.upper() in tables().countries:
        return wanted.upper()
    found = _countries().get(fold(wanted[:100]))
    if found is None:
        raise TextProblem(say("We do not know the country “%(country)s”.", country=wanted[:60]))
    return found


@cache
def _countries() -> dict[str, str]:
    return {fold(name): code for code, name in tables().countries.items()}


def _yes(typed: str) -> bool:
    plain = typed.strip().casefold()
    if plain not in _YES | _NO:
        raise TextProblem(say("In the column “news” please write yes or no."))
    return plain in _YES


def _states(session: Session, community_id: int, keys: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for chunk in _chunks(keys):
        rows = session.execute(
            select(Person.key, Member.state)
            .join(Member, Member.person_id == Person.id)
            .where(Member.community_id == community_id, Person.key.in_(chunk))
        )
        found |= {key: str(state) for key, state in rows}
    return found


def _people(session: Session, addresses: Sequence[Address], *, now: datetime) -> dict[str, Person]:
    new = [
        {"public_id": new_public_id(), "key": one.key, "address": one.display, "feed_version": 1, "created_at": now}
        for one in addresses
    ]
    _insert(session, Person, new, ["key"])
    found: dict[str, Person] = {}
    for chunk in _chunks([one.key for one in addresses]):
        rows = session.scalars(select(Person).where(Person.key.in_(chunk)).with_for_update(key_share=True))
        found |= {person.key: person for person in rows}
    return found


def _member(
    community: Community, person: Person, row: ListRow, *, inviting: bool, agreed: str, now: datetime
) -> dict[str, Any]:
    # Who is asked gets no news before they say yes, whatever the list says.
    news = not inviting and bool(agreed) and row.news is not False
    return {
        "public_id": new_public_id(),
        "community_id": community.id,
        "person_id": person.id,
        "name": row.name,
        "name_folded": fold(row.name)[:300],
        "zone": row.zone,
        "country": row.country,
        "language": "en",
        "state": "invited" if inviting else "active",
        "source": "list",
        "news": news,
        "consent": agreed if news else "",
        "consented_at": now if news else None,
        "link_version": 1,
        "created_at": now,
    }


def _insert(session: Session, model: Any, rows: Sequence[dict[str, Any]], unique: Sequence[str]) -> None:
    statement = insert_into(session.get_bind().dialect.name, model.__table__)
    for chunk in _chunks(rows):
        session.execute(statement.on_conflict_do_nothing(index_elements=unique), chunk)


def _chunks(values: Sequence[Any]) -> Iterable[list[Any]]:
    return (list(values[at : at + _CHUNK]) for at in range(0, len(values), _CHUNK))
