"""Calendar files and feeds: of an event, a series, a community, and one's own by a secret link."""

from flask import Blueprint, Response, make_response, redirect, request

from gatherings import ics
from gatherings.accounts.links import wrong_links_counted
from gatherings.calendars import blocks, personal, queries
from gatherings.core.clock import utc_now
from gatherings.db.session import current_session
from gatherings.events.queries import Moved, next_boundary, public_stamp
from gatherings.registration.mails.invitations import join_link
from gatherings.web.cache import kept
from gatherings.web.feeds import calendar_answer
from gatherings.web.i18n import gettext as _
from gatherings.web.requests import settings
from gatherings.web.rights import by_link, claim_of, public, signer
from gatherings.web.visitor import checked_slug

bp = Blueprint("calendars", __name__)


@bp.get("/events/<slug>/event.ics")
@public
@kept(public_stamp, next_boundary)
def event_file(slug: str) -> Response:
    """Give an event as a file for anyone's calendar."""
    event = queries.get_event_block(current_session(), checked_slug(slug))
    if isinstance(event, Moved):
        return _moved(f"/events/{event.slug}/event.ics")
    data = blocks.event_file(event, settings().base_url)
    return calendar_answer(data, ics.strong_etag(data), event.slug)


@bp.get("/series/<slug>/calendar.ics")
@public
@kept(public_stamp, next_boundary)
def series_feed(slug: str) -> Response:
    """Give a series as a feed."""
    session = current_session()
    series = queries.get_series_block(session, checked_slug(slug))
    if isinstance(series, Moved):
        return _moved(f"/series/{series.slug}/calendar.ics")
    data = blocks.series_feed(session, series, settings().base_url, utc_now())
    return calendar_answer(data, ics.strong_etag(data), series.slug)


@bp.get("/communities/<slug>/calendar.ics")
@public
@kept(public_stamp, next_boundary)
def community_feed(slug: str) -> Response:
    """Give all public gatherings of a community as a feed."""
    session = current_session()
    community = queries.get_community_state(session, checked_slug(slug))
    if isinstance(community, Moved):
        return _moved(f"/communities/{community.slug}/calendar.ics")
    data, etag = blocks.community_feed(session, community, settings().base_url, utc_now())
    return calendar_answer(data, etag, slug)


@bp.get("/calendar/<token>.ics")
@by_link("feed")
def personal_feed(token: str) -> Response:
    """Give everything that one is registered for; who holds the address is not asked again."""
    session, now, base_url = current_session(), utc_now(), settings().base_url
    with wrong_links_counted():
        _purpose, claim = claim_of(token, "feed")
        person_id, state = queries.read_personal_state(session, claim, now)
    name = _("My gatherings")
    # Links in the feed are signed by the newest key: another key makes other bytes.
    etag = personal.etag_of(state, base_url, name, signer().sign("join", claim.public_id, claim.version))
    if request.if_none_match.contains_weak(etag.strip('"')):
        return calendar_answer(b"", etag, "my-gatherings")
    data = personal.personal_feed(
        session, person_id, name=name, base_url=base_url, join=join_link, now=now, slots=queries.has_slots(state)
    )
    return calendar_answer(data, etag, "my-gatherings")


def _moved(path: str) -> Response:
    return make_response(redirect(path, code=301))
