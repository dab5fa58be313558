"""The members of a community: the list, one of them, and taking the list away."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from flask import Response, request
from sqlalchemy.orm import Session

from gatherings.communities.actions.member_care import correct_member, note_export, remove_member, send_member_link
from gatherings.communities.actions.roles import By
from gatherings.communities.member_forms import country_choices
from gatherings.communities.models import Community
from gatherings.communities.queries.members import (
    Filters,
    count_countries,
    count_found,
    count_members,
    count_zones,
    get_member,
    list_members,
    stream_members,
)
from gatherings.core.clock import utc_now
from gatherings.core.csv_text import BOM, Writer
from gatherings.core.tokens import PUBLIC_ID
from gatherings.db import current_session, transact
from gatherings.organise.access import may, organiser
from gatherings.organise.forms.members import correction_form, filters_asked
from gatherings.organise.routes.blueprint import bp
from gatherings.web.answers import answer, go
from gatherings.web.i18n import date_words
from gatherings.web.requests import settings

BOTH = ["GET", "POST"]
NOTES = {"kept", "removed", "sent", "before", "brought"}
COLUMNS = ("address", "name", "zone", "country", "language", "state", "news", "joined")


@bp.get("/communities/<community>/members")
@may("people")
def members(community: Community) -> Response:
    """Show the members: numbers, and the list as it is filtered and sorted by the address."""
    session, filters = current_session(), filters_asked()
    after = request.args.get("after", "")
    after = after if PUBLIC_ID.fullmatch(after) else ""
    rows, more = list_members(session, community.id, filters, after=after)
    names = dict(country_choices())
    countries = count_countries(session, community.id)
    return answer(
        "organise/members.html",
        community=community,
        numbers=count_members(session, community.id),
        zones=sorted(count_zones(session, community.id).items(), key=lambda one: (-one[1], one[0])),
        countries=sorted(
            ((code, names.get(code, code), count) for code, count in countries.items() if code), key=lambda one: -one[2]
        ),
        country_names=names,
        filters=filters,
        found=count_found(session, community.id, filters),
        rows=rows,
        more=more,
        first=not after,
        path=_path_of(community, filters),
        date_of=_date_of,
        note=_note(),
    )


def _path_of(community: Community, filters: Filters) -> Any:
    base = f"/organise/communities/{community.slug}/members"

    def path(end: str = "", **changes: str) -> str:
        held = {
            "state": filters.state, "news": filters.news, "zone": filters.zone, "country": filters.country,
            "q": filters.words, "sort": filters.sort,
        }  # fmt: skip
        usual = {"state": "here", "sort": "name"}
        wanted = {name: value for name, value in (held | changes).items() if value and usual.get(name) != value}
        return f"{base}{end}?{urlencode(wanted)}" if wanted else base + end

    return path


def _note() -> str:
    done = request.args.get("done", "")
    return done if done in NOTES else ""


@bp.get("/communities/<community>/members/<member>")
@may("people")
def one_member(community: Community, member: str) -> Response:
    """Show one member with all that can be done."""
    return _one(community, member)


def _one(community: Community, public_id: str, *, form: Any = None, status: int = 200) -> Response:
    found = get_member(current_session(), community.id, public_id)
    return answer(
        "organise/member.html", status=status, community=community, member=found,
        form=form or correction_form(found, read=False), note=_note(), now=utc_now(),
        country_names=dict(country_choices()), date_of=_date_of,
    )  # fmt: skip


def _date_of(moment: datetime) -> str:
    return date_words(moment.date(), "d MMM y")


@bp.post("/communities/<community>/members/<member>/change")
@may("people")
def change_member(community: Community, member: str) -> Response:
    """Change a member's name, zone or country, or end their news."""
    form = correction_form(get_member(current_session(), community.id, member), read=True)
    if not form.validate():
        return _one(community, member, form=form, status=422)
    back = _path_to(community, member)
    transact(correct_member, community.id, member, form.correction, by=By.of(organiser()), now=utc_now())
    return go(f"{back}?done=kept")


@bp.route("/communities/<community>/members/<member>/remove", methods=BOTH)
@may("people")
def remove_one_member(community: Community, member: str) -> Response:
    """Take somebody out; GET asks, a press acts."""
    if request.method != "POST":
        found = get_member(current_session(), community.id, member)
        return answer("organise/member_remove.html", community=community, member=found)
    back = _path_to(community, member)
    done = transact(remove_member, community.id, member, by=By.of(organiser()), now=utc_now())
    return go(f"{back}?done={'removed' if done else 'before'}")


@bp.post("/communities/<community>/members/<member>/send")
@may("people")
def send_to_member(community: Community, member: str) -> Response:
    """Send the invitation, or a member's own link, again."""
    back, site = _path_to(community, member), settings().site
    transact(send_member_link, community.id, member, by=By.of(organiser()), site=site, now=utc_now())
    return go(f"{back}?done=sent")


def _path_to(community: Community, public_id: str) -> str:
    """Give where to go on to; taken before a transaction, which forgets what was read."""
    return f"/organise/communities/{community.slug}/members/{public_id}"


@bp.get("/communities/<community>/members/export.csv")
@may("export", fresh=True)
def export_members(community: Community) -> Response:
    """Give the list as it is filtered, as CSV: streamed, and noted in the log."""
    filters, by, number, name = filters_asked(), By.of(organiser()), community.id, f"members-{community.slug}.csv"
    lines: Iterator[str] = iter(())
    if request.method != "HEAD":
        transact(note_export, number, filters, COLUMNS, by=by, now=utc_now())
        lines = _lines(Session(current_session().get_bind()), number, filters)
    made = Response(lines, content_type="text/csv; charset=utf-8")
    made.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return made


def _lines(session: Session, community_id: int, filters: Filters) -> Iterator[str]:
    """Write the list in a session of its own: it is sent when the request's is closed already."""
    writer = Writer()
    yield BOM + writer.row(COLUMNS)
    with session:
        for *texts, news, since in stream_members(session, community_id, filters):
            yield writer.row([*(text or "" for text in texts), "yes" if news else "no", since.date().isoformat()])
