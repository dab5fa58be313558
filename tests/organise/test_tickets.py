"""An event's tickets are set up on their screens: how they are sold, kinds, codes, who sells; then put on sale."""

from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.audit.models import LogEntry
from gatherings.communities.models import Community
from gatherings.db.places import Places
from gatherings.events.models import Event
from gatherings.payments.models import Seller
from gatherings.tickets.models import Code, Sale, TicketKind
from tests.factories import make_event
from tests.organise import pressing
from tests.organise.pressing import press
from tests.signing import make_role, sign_in
from tests.ticketing import make_code, make_kind, make_sale

pytestmark = pytest.mark.one_database("of the screen, not of SQL")


@pytest.fixture
def event(client: FlaskClient, session: Session) -> Event:
    """The festival's three days in Jönköping; an organiser is signed in."""
    event = make_event(
        session, title="Microsystem Festival", mode="in person", zone="Europe/Stockholm",
        starts_local=datetime(2027, 3, 2, 9), ends_local=datetime(2027, 3, 4, 16),
    )  # fmt: skip
    sign_in(client, session, make_role(session, event.community, "organiser"))
    session.commit()
    return event


def path_of(event: Event, rest: str = "") -> str:
    return f"/organise/events/{event.slug}/tickets{rest}"


def form_of(client: FlaskClient, path: str) -> dict[str, Any]:
    """Give what the form on a page would send; a box that is ticked several times is a list here."""
    return dict(pressing.form_of(client, path))


def fresh(session: Session) -> Session:
    session.rollback()
    session.expire_all()
    return session


def kind_of(session: Session, event: Event, name: str) -> TicketKind:
    found = fresh(session).scalars(select(TicketKind).where(TicketKind.event_id == event.id, TicketKind.name == name))
    return found.one()


def at(name: str, day: str) -> dict[str, str]:
    return {f"{name}_date": day, f"{name}_time": "10:00"}


DAYS = ["2027-03-02", "2027-03-03", "2027-03-04"]


def test_a_festival_is_put_on_sale_from_nothing(client: FlaskClient, session: Session, event: Event) -> None:
    seller = f"/organise/communities/{event.community.slug}/seller"
    assert "Begin with tickets" in client.get(path_of(event)).text
    assert press(client, path_of(event, "/new")).status_code == 303  # how they are sold comes first
    sale = form_of(client, path_of(event, "/sale"))
    assert sale["currency"] == "SEK"  # where its clock hangs
    typed = sale | {"vat": "without", "ways": ["invoice", "door"], "days_1": "30", "percent_1": "100"}
    typed |= {"days_2": "7", "percent_2": "50", "terms": "Be **kind**."}
    for _twice in range(2):
        assert press(client, path_of(event, "/sale?first=yes"), typed).status_code == 303
    kept = fresh(session).scalars(select(Sale)).one()
    assert (kept.state, kept.currency, kept.vat_included, kept.ways) == ("draft", "SEK", False, "invoice door")
    assert kept.comes_back == [{"days": 30, "percent": 100}, {"days": 7, "percent": 50}]

    new = form_of(client, path_of(event, "/new"))
    whole = new | {"name": "All three days", "amount": "6 500,00", "vat_rate": "25", "quota": "120", "days": DAYS}
    whole |= {"early_amount": "5500", "early_until_date": "2027-01-31", "early_until_time": "23:59"}
    for _twice in range(2):  # the same form pressed twice adds one
        answer = press(client, path_of(event, "/new"), whole)
        assert answer.status_code == 303, answer.text
    day = form_of(client, path_of(event, "/new")) | {"name": "Tuesday", "amount": "2500", "days": DAYS[:1]}
    assert day["vat_rate"] == "25"  # as the last one
    assert press(client, path_of(event, "/new"), day).status_code == 303
    kinds = fresh(session).scalars(select(TicketKind).order_by(TicketKind.position)).all()
    assert [(kind.name, kind.amount, kind.vat_rate, kind.days) for kind in kinds] == [
        ("All three days", 650_000, 2500, []), ("Tuesday", 250_000, 2500, DAYS[:1]),
    ]  # fmt: skip
    assert kinds[0].early_amount == 550_000
    assert kinds[0].early_until_at == datetime(2027, 1, 31, 22, 59, tzinfo=UTC)
    assert session.get_one(Places, kinds[0].places_id).capacity == 120

    answer = press(client, path_of(event, "/publish"))
    assert answer.status_code == 409
    for missing in ("name and address of who sells", "VAT number", "bank account"):
        assert missing in answer.text
    who = form_of(client, seller) | {
        "name": "Festivalen AB", "address": "Storgatan 1\n553 20 Jönköping", "country": "Sweden",
        "bank": "Bankgiro 1-2", "vat_number": "SE556677889901",
    }  # fmt: skip
    assert press(client, seller, who).status_code == 303
    assert fresh(session).scalars(select(Seller.country)).one() == "SE"
    version = session.get_one(Community, event.community_id).version
    for _twice in range(2):
        assert press(client, path_of(event, "/publish")).status_code == 303
    assert fresh(session).scalars(select(Sale.state)).one() == "on"
    assert session.get_one(Event, event.id).offers == "tickets"
    assert session.get_one(Community, event.community_id).version > version
    page = client.get(path_of(event)).text
    assert "5,500" in page  # without VAT, as typed
    assert "6,875" in page  # and with it, as paid
    assert "until Sunday 31 January" in page
    actions = session.scalars(select(LogEntry.action).order_by(LogEntry.id)).all()
    assert list(actions) == ["write_sale", "add_ticket_kind", "add_ticket_kind", "edit_seller", "publish_sale"]


def test_a_sale_is_paused_and_goes_on_but_is_no_draft_once_sold(
    client: FlaskClient, session: Session, event: Event
) -> None:
    make_sale(session, event, ways="door")
    make_kind(session, event, price="free", amount=0)
    session.commit()
    for act, state, offers in (
        ("pause", "paused", "tickets"),
        ("publish", "on", "tickets"),
        ("unpublish", "draft", ""),
    ):
        for _twice in range(2):
            assert press(client, path_of(event, f"/{act}")).status_code == 303
        assert fresh(session).scalars(select(Sale.state)).one() == state
        assert session.get_one(Event, event.id).offers == offers
    assert press(client, path_of(event, "/pause")).status_code == 409


def test_what_cannot_be_is_refused_in_words_and_nothing_is_lost(
    client: FlaskClient, session: Session, event: Event
) -> None:
    make_sale(session, event, state="draft")
    session.commit()
    new = form_of(client, path_of(event, "/new")) | {"name": "李雷 & Zoë <3", "amount": "2500", "days": DAYS}
    for typed, said in (
        ({"amount": "-5"}, "such as 2500.00"),
        ({"amount": "12.3456"}, "such as 2500.00"),
        ({"amount": "NaN"}, "such as 2500.00"),
        ({"amount": "1e9"}, "such as 2500.00"),
        ({"amount": "99999999999"}, "such as 2500.00"),
        ({"amount": ""}, "Please write a price"),
        ({"amount": "0"}, "or choose “free”"),
        ({"price": "gift"}, "Please choose one of these"),
        ({"days": ["2027-03-09"]}, "Please choose one of these"),
        ({"days": []}, "at least one day"),
        ({"vat_rate": "101"}, "from 0 to 100"),
        ({"vat_rate": "٢٥"}, "from 0 to 100"),
        ({"early_amount": "2500", **at("early_until", "2027-01-01")}, "lower than the price"),
        ({"early_amount": "2000"}, "until when the early price"),
        ({"early_until_date": "2027-01-01", "early_until_time": "10:00"}, "write the early price"),
        ({"opens_date": "2027-03-28", "opens_time": "02:30"}, "clocks in Stockholm go forward"),
        ({"opens_date": "2027-01-02"}, "Please choose the time"),
        ({**at("opens", "2027-02-02"), **at("closes", "2027-02-01")}, "after it"),
        ({"closes_date": "2027-03-05", "closes_time": "9:00"}, "before the gathering is over"),
        ({"quota": "-1"}, "whole number"),
        ({"least_each": "3", "most_each": "2"}, "not be less than the least"),
        ({"most_each": "51"}, "from 1 to 50"),
        ({"name": ""}, "name"),
        ({"shown": "nobody"}, "Please choose one of these"),
        ({"price": "choose", "least": "100", "suggested": "50"}, "not be less than the least"),
        ({"price": "choose", "suggested": "50", "most": "40"}, "what you suggest"),
    ):  # fmt: skip
        answer = press(client, path_of(event, "/new"), new | typed)
        assert (answer.status_code, said in answer.text) == (422, True), (typed, said)
        if "name" not in typed:
            assert "李雷 &amp; Zoë &lt;3" in answer.text
    assert fresh(session).scalar(select(TicketKind)) is None
    for typed, said in (
        ({"currency": "XYZ"}, "do not know this currency"),
        ({"currency": "XAU"}, "do not know this currency"),
        ({"vat": "maybe"}, "Please choose one of these"),
        ({"ways": ["gold"]}, "Please choose one of these"),
        ({"hold_minutes": "1"}, "from 15 to 1,440"),
        ({"days_1": "7", "percent_1": "101"}, "from 0 to 100"),
        ({"days_1": "7", "percent_1": ""}, "Both are needed"),
        ({"days_1": "7", "percent_1": "100", "days_2": "30", "percent_2": "50"}, "Who leaves later"),
        ({"days_1": "7", "percent_1": "100", "days_2": "7", "percent_2": "50"}, "the same number of days"),
    ):
        answer = press(client, path_of(event, "/sale"), form_of(client, path_of(event, "/sale")) | typed)
        assert (answer.status_code, said in answer.text) == (422, True), (typed, said)


def test_another_currency_keeps_the_numbers_until_something_was_ordered(
    client: FlaskClient, session: Session, event: Event
) -> None:
    make_sale(session, event, state="draft", vat_included=True)
    make_kind(session, event, early_amount=550_000, early_until_at=datetime(2027, 1, 1, tzinfo=UTC))
    make_code(session, event, effect="fixed", value=10_000)
    session.commit()
    for currency, amount, early, off in (("JPY", 6500, 5500, 100), ("KWD", 6_500_000, 5_500_000, 100_000)):
        typed = form_of(client, path_of(event, "/sale")) | {"currency": currency.lower(), "ways": ["door"]}
        assert press(client, path_of(event, "/sale"), typed).status_code == 303
        kind = kind_of(session, event, "All three days")
        assert (kind.amount, kind.early_amount) == (amount, early)
        assert session.scalars(select(Code.value)).one() == off
    kind_path = path_of(event, f"/kinds/{kind.public_id}")
    answer = press(client, kind_path, form_of(client, kind_path) | {"days": DAYS, "amount": "6500.001"})
    assert (answer.status_code, "end in 0" in answer.text) == (422, True)


def test_a_price_of_ones_own_choice_a_bursary_and_a_hidden_kind(
    client: FlaskClient, session: Session, event: Event
) -> None:
    make_sale(session, event, state="draft")
    session.commit()
    new = form_of(client, path_of(event, "/new")) | {"days": DAYS, "price": "choose", "amount": "nonsense"}
    new |= {"name": "What you can", "least": "100", "suggested": "500", "most": ""}
    answer = press(client, path_of(event, "/new"), new)  # what is of another kind of price is not read
    assert answer.status_code == 303, answer.text
    kind = kind_of(session, event, "What you can")
    assert (kind.price, kind.amount, kind.least, kind.suggested, kind.most) == ("choose", 0, 10_000, 50_000, None)
    new = form_of(client, path_of(event, "/new")) | {"days": DAYS, "price": "free", "name": "Bursary"}
    assert press(client, path_of(event, "/new"), new | {"shown": "application", "most_each": "9"}).status_code == 303
    kind = kind_of(session, event, "Bursary")
    assert (kind.by_application, kind.hidden, kind.least_each, kind.most_each) == (True, False, 1, 1)
    new = form_of(client, path_of(event, "/new")) | {"days": DAYS, "amount": "10", "name": "Secret", "shown": "code"}
    assert press(client, path_of(event, "/new"), new).status_code == 303
    hidden = kind_of(session, event, "Secret")
    page = client.get(path_of(event)).text
    assert "No code shows this ticket yet" in page
    assert "They can also ask for: Bursary" in page
    code = form_of(client, path_of(event, "/codes/new")) | {"code": "", "effect": "unlock", "kinds": [hidden.public_id]}
    for _twice in range(2):
        assert press(client, path_of(event, "/codes/new"), code).status_code == 303
    made = fresh(session).scalars(select(Code)).one()
    assert (len(made.code), made.kinds, made.value) == (9, [hidden.public_id], 0)
    assert "No code shows this ticket yet" not in client.get(path_of(event)).text


def test_codes_are_added_changed_and_refused_in_words(client: FlaskClient, session: Session, event: Event) -> None:
    make_sale(session, event)
    kind = make_kind(session, event)
    other = make_kind(session, make_event(session))
    session.commit()
    path = path_of(event, "/codes/new")
    new = form_of(client, path) | {"code": " presenter ", "percent": "15", "note": "Who speaks", "uses": "20"}
    for _twice in range(2):
        assert press(client, path, new).status_code == 303
    code = fresh(session).scalars(select(Code)).one()
    assert (code.code, code.effect, code.value, code.kinds, code.early) == ("PRESENTER", "percent", 1500, [], True)
    page = client.get(path_of(event, "/codes")).text
    assert "15% off" in page
    assert "0 of 20" in page
    assert "6,906.25" in page  # 6,500 less 15 percent, with 25 percent VAT
    again = form_of(client, path)
    for typed, said in (
        ({"code": "PRESENTER", "percent": "10"}, "already"),
        ({"code": "a b", "percent": "10"}, "letters, digits and hyphens"),
        ({"code": "<b>", "percent": "10"}, "letters, digits and hyphens"),
        ({"code": "TEN", "percent": "0"}, "More than 0"),
        ({"code": "TEN", "percent": "100"}, "choose “free”"),
        ({"code": "TEN", "effect": "fixed", "value": ""}, "how much it takes off"),
        ({"code": "TEN", "effect": "unlock"}, "a ticket that is hidden"),
        ({"code": "TEN", "effect": "unlock", "kinds": [kind.public_id]}, "a ticket that is hidden"),
        ({"code": "TEN", "percent": "10", "kinds": [other.public_id]}, "Please choose one of these"),
        ({"code": "TEN", "effect": "all of it"}, "Please choose one of these"),
        ({"code": "TEN", "percent": "10", "most_each": "0"}, "from 1 to 50"),
    ):
        answer = press(client, path, again | typed)
        assert (answer.status_code, said in answer.text) == (422, True), (typed, said)
    here = path_of(event, f"/codes/{code.public_id}")
    opened = form_of(client, here)
    assert press(client, here, opened | {"uses": "25"}).status_code == 303
    answer = press(client, here, opened | {"note": "Speakers"})
    assert answer.status_code == 409
    assert "Somebody else saved this" in answer.text
    assert 'value="25"' in answer.text  # theirs, where one had changed nothing
    session.get_one(Places, code.places_id).turns = 3  # it was used once
    session.commit()
    for act, retired in (("remove", True), ("use", False), ("remove", True)):
        assert press(client, f"{here}/{act}").status_code == 303
        assert fresh(session).scalars(select(Code.retired)).one() is retired
    session.get_one(Places, code.places_id).turns = 0
    session.commit()
    for _twice in range(2):
        assert press(client, f"{here}/remove").status_code == 303
    assert fresh(session).scalar(select(Code)) is None


def test_who_saves_a_kind_or_the_sale_second_sees_what_differs(
    client: FlaskClient, session: Session, event: Event
) -> None:
    make_sale(session, event, state="draft")
    kind = make_kind(session, event)
    session.commit()
    path = path_of(event, f"/kinds/{kind.public_id}")
    opened = form_of(client, path) | {"days": DAYS}
    assert press(client, path, opened | {"amount": "7000", "about": "Lunch"}).status_code == 303
    answer = press(client, path, opened | {"amount": "6000"})
    assert answer.status_code == 409
    assert "7000" in answer.text
    assert "Lunch" in answer.text
    assert kind_of(session, event, "All three days").amount == 700_000
    sale = path_of(event, "/sale")
    opened = form_of(client, sale) | {"ways": ["card", "invoice", "door"]}
    assert press(client, sale, opened | {"hold_minutes": "45"}).status_code == 303
    answer = press(client, sale, opened | {"invoice_days": "14"})
    assert answer.status_code == 409
    assert 'value="45"' in answer.text
    assert 'value="14"' in answer.text


def test_kinds_are_put_in_order_and_deleted_only_where_nobody_ordered(
    client: FlaskClient, session: Session, event: Event
) -> None:
    make_sale(session, event)
    kinds = [make_kind(session, event, name=name, position=at) for at, name in enumerate("ABC", 1)]
    session.commit()
    press(client, path_of(event, f"/kinds/{kinds[2].public_id}/move"), {"to": "up"})
    names = select(TicketKind.name).order_by(TicketKind.position)
    assert "".join(fresh(session).scalars(names)) == "ACB"
    public_id, pool = kinds[1].public_id, kinds[1].places_id
    for _twice in range(2):
        assert press(client, path_of(event, f"/kinds/{public_id}/remove")).status_code == 303
    assert "".join(fresh(session).scalars(names)) == "AC"
    assert session.scalar(select(Places).where(Places.id == pool)) is None
    make_code(session, event, kinds=[kinds[0].public_id])
    session.commit()
    answer = press(client, path_of(event, f"/kinds/{kinds[0].public_id}/remove"))
    assert answer.status_code == 409
    assert "PRESENTER" in answer.text  # without the ticket it would be for all
    session.get_one(TicketKind, kinds[0].id).retired = True
    session.commit()
    here = path_of(event, f"/codes/{session.scalars(select(Code.public_id)).one()}")
    public_id = kinds[0].public_id
    assert press(client, here, form_of(client, here) | {"note": "Still", "kinds": [public_id]}).status_code == 303
    assert fresh(session).scalars(select(Code.kinds)).one() == [public_id]


def test_another_events_kinds_and_codes_are_not_there(client: FlaskClient, session: Session, event: Event) -> None:
    make_sale(session, event)
    other = make_event(session)  # of another community
    make_sale(session, other)
    kind, code = make_kind(session, other), make_code(session, other)
    session.commit()
    for rest in (f"/kinds/{kind.public_id}", f"/codes/{code.public_id}"):
        assert client.get(path_of(event, rest)).status_code == 404
        press(client, path_of(event, f"{rest}/remove"))
    assert press(client, path_of(event, f"/kinds/{kind.public_id}/move"), {"to": "up"}).status_code == 404
    assert fresh(session).scalar(select(TicketKind)) is not None
    assert session.scalar(select(Code)) is not None
