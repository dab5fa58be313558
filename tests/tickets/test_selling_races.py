"""Organisers change kinds, codes and the sale while people order: nothing deadlocks, and every count stays right."""

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.cli.checking import wrong_counts
from gatherings.cli.checking_money import wrong_money
from gatherings.communities.models import Community
from gatherings.core.errors import DomainError
from gatherings.core.tokens import new_public_id
from gatherings.db.places import Places
from gatherings.db.session import transact
from gatherings.payments.actions.placing import place_order
from gatherings.planning.actions.selling import keep_kind, publish_sale
from gatherings.tickets.actions.codes import code_values, remove_code, save_code
from gatherings.tickets.actions.kinds import kind_values, move_kind, remove_kind
from gatherings.tickets.actions.selling import set_state
from gatherings.tickets.models import Sale, TicketKind
from gatherings.tickets.queries.kinds import codes_of, kinds_of
from tests.factories import NOW, SITE
from tests.ordering import wish_for
from tests.races import at_once
from tests.signing import make_role
from tests.ticketing import festival, make_code, make_kind


def test_changes_and_orders_at_once_leave_every_count_right(app: Flask, session: Session) -> None:
    event, kind = festival(session)
    session.get_one(Places, kind.places_id).capacity = 6
    other = make_kind(session, event, 4, name="Tuesday", days=["2027-03-02"], position=2)
    make_code(session, event, uses=3)
    by = make_role(session, session.get_one(Community, event.community_id), "owner").id
    session.commit()
    [code], zone = codes_of(session, event.id), event.zone
    kinds = {one.id: kind_values(one, zone) for one in kinds_of(session, event.id)}
    ids = {one.id: one.public_id for one in (kind, other)}
    event_id, code_id, values = event.id, code.public_id, code_values(code, zone)
    wishes = [
        wish_for(one, address=f"p{number}@example.org", codes=("PRESENTER",) if number % 3 == 0 else ())
        for number, one in enumerate([kind, other] * 8)
    ]

    def press(action: Callable[..., Any], *args: Any, **more: Any) -> Any:
        def run() -> Any:
            with app.app_context():
                return transact(action, event_id, *args, now=NOW, **more)

        return run

    def keep(id: int, quota: int) -> Callable[[], Any]:
        return press(keep_kind, ids[id], kinds[id] | {"quota": quota}, SITE, edits=0, by=by)

    presses = [press(place_order, wish, SITE) for wish in wishes]
    presses += [keep(kind.id, 7), keep(other.id, 2), keep(kind.id, 5), keep(other.id, 5)]
    presses += [press(move_kind, ids[kind.id], 1, by=by), press(remove_kind, ids[other.id], by=by)]
    presses += [press(save_code, code_id, values | {"uses": 2}, edits=0, by=by), press(remove_code, code_id, by=by)]
    presses += [press(set_state, "paused", by=by), press(partial(publish_sale, card=True), by=by)]
    outcomes = at_once(app, presses)
    wrong = [one for one in outcomes if isinstance(one, Exception) and not isinstance(one, DomainError)]
    assert wrong == []
    session.rollback()
    session.expire_all()
    assert list(wrong_counts(session)) + list(wrong_money(session)) == []
    for one in session.scalars(select(TicketKind)):
        assert session.get_one(Places, one.places_id).taken <= 7
    assert session.scalars(select(Sale.state)).one() in ("on", "paused")


def test_the_same_form_at_once_adds_one_kind(app: Flask, session: Session) -> None:
    event, kind = festival(session)
    by = make_role(session, session.get_one(Community, event.community_id), "owner").id
    session.commit()
    kinds_of(session, event.id)
    values, public_id, event_id = kind_values(kind, event.zone) | {"name": "New"}, new_public_id(), event.id

    def run() -> Any:
        with app.app_context():
            return transact(keep_kind, event_id, public_id, values, SITE, edits=None, by=by, now=NOW)

    outcomes = at_once(app, [run] * 6)
    assert [one for one in outcomes if isinstance(one, Exception)] == []
    assert sum(one.made for one in outcomes) == 1
    session.rollback()
    assert len(session.scalars(select(TicketKind).where(TicketKind.name == "New")).all()) == 1
