"""Every screen and action of organisers, as it is wired: each role, another community's owner, and signed out.

The list is the app's own map of addresses, so that a new view is asked here by itself. Where somebody may not, the
answer is 404 (somebody else's), 403 (one's own, but not one's role) or the way to sign in, and no row has changed.
"""

import hashlib
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload
from werkzeug.routing import Rule

from gatherings.calls.models import Remark
from gatherings.communities.models import Community
from gatherings.communities.rules import ROLES, allows
from gatherings.db.base import Base
from gatherings.events.models import Event
from gatherings.web.rights import right_of
from tests.factories import NOW, make_community, make_registration, make_series
from tests.signing import make_role, sign_in
from tests.slotting import make_call, make_submission
from tests.ticketing import make_code, make_kind, make_sale

pytestmark = pytest.mark.one_database("of the guard, not of SQL")

# What reading alone may write: counted tries.
UNCOUNTED = {"attempts"}
ONLY_EDITIONS = "/next-year"  # the dates of a rule have none


@pytest.fixture
def place(session: Session) -> dict[str, str]:
    """A community with a series and its dates, one person registered: by the names of addresses' parts."""
    series = make_series(session)
    event = series_date(session, series.id)
    registration = make_registration(session, event)
    submission = make_submission(session, make_call(session, event), state="reserve", reserve_number=1)
    person, text = registration.person_id, {"submission_id": submission.id, "text": "A remark", "created_at": NOW}
    session.add(Remark(public_id=submission.public_id, person_id=person, **text))
    make_sale(session, event, state="draft")
    make_kind(session, event, public_id=registration.public_id)
    make_code(session, event, public_id=registration.public_id)
    return {
        "community": event.community.slug,
        "series": series.slug,
        "event": event.slug,
        "public_id": registration.public_id,
        "community_id": str(event.community_id),
        "submission": submission.public_id,
        "remark": submission.public_id,
        "kind": "accepted",
    }


def series_date(session: Session, series_id: int) -> Event:
    return session.scalars(
        select(Event).where(Event.series_id == series_id).order_by(Event.starts_at).options(joinedload(Event.community))
    ).all()[0]


def screens(app: Flask) -> Iterator[tuple[Rule, str]]:
    """Give each address of an organiser's view with the right that it declares."""
    for rule in app.url_map.iter_rules():
        declared = right_of(app, rule.endpoint)
        if declared.startswith("may:"):
            yield rule, declared.removeprefix("may:")


def path_of(rule: Rule, place: dict[str, str]) -> str:
    values = {}
    for name in rule.arguments:
        converter = rule._converters[name]
        number = type(converter).__name__ == "IntegerConverter"
        values[name] = place.get(name, 1 if number else place["public_id"])
    built = rule.build(values, append_unknown=False)
    assert built is not None, rule
    return built[1]


def fingerprint(session: Session) -> dict[str, str]:
    """Give a digest of each table's rows."""
    session.rollback()
    found = {}
    for table in Base.metadata.sorted_tables:
        if table.name not in UNCOUNTED:
            rows = session.execute(select(table).order_by(*table.primary_key.columns)).all()
            found[table.name] = hashlib.sha256(repr(rows).encode()).hexdigest()
    return found


def test_there_are_screens_and_each_takes_one_slug_of_its_thing(app: Flask) -> None:
    found = list(screens(app))
    assert len(found) >= 40
    for rule, _right in found:
        assert len(rule.arguments & {"event", "series", "community"}) == 1, rule.rule
    everything = {rule.rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/organise")}
    others = everything - {rule.rule for rule, _ in found}
    for rule in app.url_map.iter_rules():
        if rule.rule in others:
            assert right_of(app, rule.endpoint) == "signed-in", rule.rule


@pytest.mark.parametrize("who", [*ROLES, "outsider", "nobody"])
def test_who_may_not_is_refused_and_nothing_changes(
    app: Flask, client: FlaskClient, session: Session, place: dict[str, str], who: str
) -> None:
    community = session.get_one(Community, int(place["community_id"]))
    make_role(session, community, "owner", "owner-for-good@example.org")
    if who == "outsider":
        sign_in(client, session, make_role(session, make_community(session), "owner", "outsider@example.org"))
    elif who != "nobody":
        sign_in(client, session, make_role(session, community, who))
    session.commit()
    before = fingerprint(session)
    wrong = []
    for rule, right in screens(app):
        path = path_of(rule, place)
        for method in sorted({"GET", "POST"} & (rule.methods or set())):
            if who in ROLES and allows(who, right):
                continue
            answer = client.open(path, method=method, data={} if method == "POST" else None)
            expected = {"outsider": (404,), "nobody": (302, 303, 401)}.get(who, (403,))
            away = who != "nobody" or answer.status_code == 401 or "/sign-in" in (answer.location or "")
            if answer.status_code not in expected or not away:
                wrong.append((method, rule.rule, answer.status_code))
    assert wrong == []
    assert {name: value for name, value in fingerprint(session).items() if before[name] != value} == {}


def test_without_the_forms_token_nothing_is_done(
    app: Flask, client: FlaskClient, session: Session, place: dict[str, str]
) -> None:
    sign_in(client, session, make_role(session, session.get_one(Community, int(place["community_id"])), "owner"))
    session.commit()
    before = fingerprint(session)
    for rule, _right in screens(app):
        if "POST" in (rule.methods or set()):
            answer = client.post(path_of(rule, place), data={"csrf_token": "guessed"})
            assert answer.status_code == 400, rule.rule
    assert {name: value for name, value in fingerprint(session).items() if before[name] != value} == {}


def test_every_screen_opens_for_an_owner_and_is_kept_by_nobody(
    app: Flask, client: FlaskClient, session: Session, place: dict[str, str]
) -> None:
    sign_in(client, session, make_role(session, session.get_one(Community, int(place["community_id"])), "owner"))
    wrong: list[tuple[str, int | str]] = []
    for rule, _right in screens(app):
        if "GET" not in (rule.methods or set()):
            continue
        answer = client.get(path_of(rule, place))
        named = rule.arguments <= {"event", "series", "community"} and not rule.rule.endswith(ONLY_EDITIONS)
        if answer.status_code >= 500 or (named and answer.status_code >= 400 and answer.status_code != 409):
            wrong.append((rule.rule, answer.status_code))
        if "no-store" not in answer.headers["Cache-Control"]:
            wrong.append((rule.rule, answer.headers["Cache-Control"]))
    assert wrong == []
