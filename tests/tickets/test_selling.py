"""Kinds, codes and sales as they are changed once people have tickets; windows and limits; what a copy brings along."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.communities.models import Community
from gatherings.core.errors import Conflict, InvalidInput
from gatherings.core.tokens import new_public_id
from gatherings.db.places import Places
from gatherings.events.models import Event
from gatherings.planning.actions.copying import copy_event, next_edition
from gatherings.planning.actions.selling import NotReady, keep_kind, publish_sale
from gatherings.registration.models import Registration
from gatherings.tickets.actions.kinds import kind_values, move_kind, offer_again, remove_kind
from gatherings.tickets.actions.selling import Overtaken, sale_values, save_sale, set_state
from gatherings.tickets.models import Code, Sale, TicketKind
from gatherings.tickets.queries.kinds import find_codes, kinds_of, kinds_on_application, offered_kinds, sold_of
from gatherings.tickets.rules.limits import MOST_IN_ALL, number_refusal, numbers_now, total_refusal
from gatherings.tickets.rules.selling import days_of, in_currency
from gatherings.tickets.rules.windows import code_refusal, kind_refusal, standing
from tests.factories import NOW, SITE, make_event
from tests.signing import make_role
from tests.ticket_orders import make_order
from tests.ticketing import festival, make_code, make_kind, make_sale

HOUR = timedelta(hours=1)


def by_of(session: Session, event: Event) -> int:
    return make_role(session, session.get_one(Community, event.community_id), "owner").id


def keep(session: Session, event: Event, kind: TicketKind, by: int, **changed: Any) -> None:
    session.flush()
    kinds_of(session, event.id, retired=True)  # with their pools, as a screen has read them
    values = kind_values(kind, event.zone) | changed
    keep_kind(session, event.id, kind.public_id, values, SITE, edits=kind.edits, by=by, now=NOW)


def test_a_window_is_open_from_its_first_second_until_not_at_its_last() -> None:
    pool = Places(capacity=2, taken=0)
    kind = TicketKind(opens_at=NOW, closes_at=NOW + HOUR, retired=False)
    for at, state in ((-1, "before"), (0, "open"), (3599, "open"), (3600, "after")):
        assert standing(kind, pool, NOW + timedelta(seconds=at)).state == state
    assert standing(kind, pool, NOW).left == 2
    for taken, state, left in ((2, "full", 0), (3, "full", 0)):  # a quota may be lowered below what is sold
        stands = standing(kind, Places(capacity=2, taken=taken), NOW)
        assert (stands.state, stands.left) == (state, left)
    assert standing(kind, Places(capacity=2, taken=2), NOW + HOUR).state == "after"  # over, not sold out
    kind.retired = True
    assert standing(kind, pool, NOW).state == "retired"
    always = TicketKind(opens_at=None, closes_at=None, retired=False)
    assert standing(always, Places(capacity=None, taken=9), NOW).left is None
    for state in ("before", "after", "full", "retired"):
        assert "All three days" in str(kind_refusal("All three days", state))
        assert "FRIEND" in str(code_refusal("FRIEND", state))
    assert kind_refusal("All three days", "open") is code_refusal("FRIEND", "open") is None


def test_one_order_has_so_many_of_a_kind_and_in_all() -> None:
    kind = TicketKind(name="Team", least_each=3, most_each=5)
    assert numbers_now(kind, None) == [0, 3, 4, 5]
    assert numbers_now(kind, 4) == [0, 3, 4]
    assert numbers_now(kind, 2) == []  # too few are left for the least
    assert [number_refusal(kind, number) is None for number in (0, 2, 3, 5, 6)] == [True, False, True, True, False]
    assert total_refusal({"a": MOST_IN_ALL}) is None
    assert total_refusal({"a": MOST_IN_ALL, "b": 1}) is not None


@pytest.mark.parametrize(
    ("starts", "ends", "days"),
    [
        (datetime(2027, 3, 2, 9), datetime(2027, 3, 4, 16), ["2027-03-02", "2027-03-03", "2027-03-04"]),
        (datetime(2027, 3, 2), datetime(2027, 3, 3), ["2027-03-02"]),
        (datetime(2027, 3, 2, 20), datetime(2027, 3, 3, 1), ["2027-03-02", "2027-03-03"]),
        (datetime(2027, 3, 2, 20), datetime(2027, 3, 2, 20), ["2027-03-02"]),
    ],
)
def test_the_days_of_an_event(starts: datetime, ends: datetime, days: list[str]) -> None:
    assert days_of(starts, ends) == days


def test_numbers_stay_in_another_currency() -> None:
    assert in_currency(650_000, "SEK", "JPY") == 6500
    assert in_currency(6500, "JPY", "KWD") == 6_500_000
    assert in_currency(1250, "SEK", "JPY") == 13  # 12.50: half up


def test_once_ordered_a_kind_takes_nothing_away_and_is_not_deleted(session: Session) -> None:
    event, kind = festival(session)
    by = by_of(session, event)
    make_order(session, event, kind, "ada@example.org")
    with pytest.raises(InvalidInput) as refused:
        keep(session, event, kind, by, days=["2027-03-02"])
    assert refused.value.problems[0].field == "days"
    keep(session, event, kind, by, amount=700_000, quota=1)  # for new orders
    assert (kind.amount, kind.edits) == (700_000, 1)
    values = kind_values(kind, event.zone) | {"name": "Everything"}
    with pytest.raises(Overtaken):
        keep_kind(session, event.id, kind.public_id, values, SITE, edits=0, by=by, now=NOW)
    assert sold_of(session, event.id)[kind.id].held + sold_of(session, event.id)[kind.id].valid == 1
    assert remove_kind(session, event.id, kind.public_id, by=by, now=NOW) == "retired"
    assert kinds_of(session, event.id) == []
    offer_again(session, event.id, kind.public_id, by=by, now=NOW)
    assert kinds_of(session, event.id) == [kind]
    sale = session.scalars(select(Sale)).one()
    with pytest.raises(InvalidInput) as refused:
        save_sale(session, event.id, sale_values(sale) | {"currency": "EUR"}, refuse=lambda _: None, by=by, now=NOW)
    assert refused.value.problems[0].field == "currency"
    with pytest.raises(Conflict):
        set_state(session, event.id, "draft", by=by, now=NOW)
    set_state(session, event.id, "paused", by=by, now=NOW)
    assert event.offers == "tickets"  # one still comes with a ticket alone


def test_days_may_be_added_to_what_was_sold(session: Session) -> None:
    event, kind = festival(session)
    by = by_of(session, event)
    kind.days = ["2027-03-02"]
    make_order(session, event, kind, "ada@example.org")
    keep(session, event, kind, by, days=["2027-03-02", "2027-03-03"])
    assert kind.days == ["2027-03-02", "2027-03-03"]
    keep(session, event, kind, by, days=[])
    assert kind.days == []


def test_a_larger_quota_goes_to_who_waits(session: Session) -> None:
    event, kind = festival(session)
    by = by_of(session, event)
    session.get_one(Places, kind.places_id).capacity = 1
    session.flush()
    make_order(session, event, kind, "ada@example.org")
    make_order(session, event, kind, "bo@example.org", state="wished")
    session.flush()
    states = select(Registration.state).order_by(Registration.id)
    assert session.scalars(states).all()[1] == "waitlisted"
    keep(session, event, session.scalars(select(TicketKind)).one(), by, quota=2)
    session.flush()
    assert session.scalars(states).all()[1] != "waitlisted"
    assert session.get_one(Places, kind.places_id, populate_existing=True).taken == 2


def test_it_is_put_on_sale_once_nothing_is_missing(session: Session) -> None:
    event = make_event(session)
    by = by_of(session, event)
    sale = make_sale(session, event, state="draft", ways="card door")
    with pytest.raises(NotReady) as refused:
        publish_sale(session, event.id, card=False, by=by, now=NOW)
    assert [lack.about for lack in refused.value.lacks] == ["kinds"]
    make_kind(session, event, price="free", amount=0)
    publish_sale(session, event.id, card=False, by=by, now=NOW)  # what is free needs no papers and no way to pay
    assert (sale.state, event.offers) == ("on", "tickets")
    set_state(session, event.id, "paused", by=by, now=NOW)
    make_kind(session, event)
    sale.ways = "card"
    with pytest.raises(NotReady) as refused:
        publish_sale(session, event.id, card=False, by=by, now=NOW)
    assert [lack.about for lack in refused.value.lacks] == ["sale", "seller", "seller"]
    with pytest.raises(Conflict, match="over"):
        publish_sale(session, event.id, card=True, by=by, now=event.ends_at)


def test_who_sees_which_kind(session: Session) -> None:
    event, kind = festival(session)
    hidden = make_kind(session, event, name="Partners", hidden=True, position=2)
    bursary = make_kind(session, event, name="Bursary", by_application=True, position=3)
    gone = make_kind(session, event, name="Gone", retired=True, position=4)
    make_code(session, event, kinds=[hidden.public_id])
    make_code(session, event, code="ALL")

    def names(*codes: str, approved: tuple[str, ...] = ()) -> list[str]:
        found = find_codes(session, event.id, codes)
        shown = offered_kinds(session, event.id, NOW, codes=found.values(), approved=approved)
        return [one.kind.name for one in shown]

    assert names() == names("ALL") == names("no such") == [kind.name]
    assert names(" presenter ") == [kind.name, "Partners"]
    assert names(approved=(bursary.public_id,)) == [kind.name, "Bursary"]
    assert names(approved=(gone.public_id,)) == [kind.name]
    assert [one.kind.name for one in kinds_on_application(session, event.id, NOW)] == ["Bursary"]
    other, _kind = festival(session)
    assert find_codes(session, other.id, ["PRESENTER"]) == {}


def test_a_copy_brings_the_sale_and_its_kinds_along_as_a_draft(session: Session) -> None:
    event, kind = festival(session)
    by = by_of(session, event)
    session.get_one(Places, kind.places_id).capacity = 120
    kind.early_amount, kind.early_until_at = 550_000, datetime(2027, 1, 31, 22, 59, tzinfo=UTC)
    make_kind(session, event, name="Tuesday", days=["2027-03-02"], position=2)
    make_kind(session, event, name="Gone", retired=True)
    make_code(session, event)
    session.flush()
    saved = copy_event(session, event.id, datetime(2027, 9, 7, 9), key=new_public_id(), by=by, site=SITE, now=NOW)
    year = next_edition(
        session, event.id, datetime(2028, 2, 29).date(), below=False, speakers=False, key=new_public_id(), by=by,
        site=SITE, now=NOW,
    )  # fmt: skip
    for slug, early, day in (
        (saved.slug, datetime(2027, 8, 8, 21, 59, tzinfo=UTC), "2027-09-07"),  # the same wall clock, in summer
        (year.slug, datetime(2028, 1, 30, 22, 59, tzinfo=UTC), "2028-02-29"),
    ):
        copied = session.scalars(select(Event).where(Event.slug == slug)).one()
        sale = session.scalars(select(Sale).where(Sale.event_id == copied.id)).one()
        assert (sale.state, sale.currency, sale.comes_back, copied.offers) == (
            "draft", "SEK", [{"days": 30, "percent": 100}, {"days": 7, "percent": 50}], "",
        )  # fmt: skip
        kinds = kinds_of(session, copied.id, retired=True)
        assert [(one.name, one.days) for one in kinds] == [("All three days", []), ("Tuesday", [day])]
        assert (kinds[0].early_until_at, kinds[0].amount, kinds[0].vat_rate) == (early, 650_000, 2500)
        assert (kinds[0].places.capacity, kinds[0].places.taken) == (120, 0)
        assert session.scalar(select(Code).where(Code.event_id == copied.id)) is None


def test_moving_beyond_the_ends_changes_nothing(session: Session) -> None:
    event, first = festival(session)
    by = by_of(session, event)
    second = make_kind(session, event, name="Second", position=2)
    for public_id, steps in ((first.public_id, -1), (second.public_id, 1)):
        move_kind(session, event.id, public_id, steps, by=by, now=NOW)
        assert kinds_of(session, event.id) == [first, second]


def test_a_kind_can_still_be_changed_once_its_side_or_its_days_are_gone(session: Session) -> None:
    event, kind = festival(session, mode="hybrid", capacity_room=5)
    by = by_of(session, event)
    kind.side, kind.days = "room", ["2027-03-02", "2027-03-04"]
    make_order(session, event, kind, "ada@example.org")
    session.flush()
    with pytest.raises(InvalidInput) as refused:
        keep(session, event, kind, by, side="online")
    assert refused.value.problems[0].field == "side"
    event.mode = "in person"
    event.ends_local = datetime(2027, 3, 3, 16)  # a day less
    keep(session, event, kind, by, amount=1000, days=["2027-03-02"], side="")
    assert (kind.amount, kind.days, kind.side) == (1000, ["2027-03-02"], "")
