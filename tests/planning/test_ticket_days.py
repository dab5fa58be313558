"""A gathering is moved: tickets for certain days are for the days to which it went, said before and written down."""

from datetime import datetime

import pytest
from sqlalchemy import select

from gatherings.audit.models import LogEntry
from gatherings.communities.models import Community
from gatherings.payments.actions.documents import issue_invoice
from gatherings.payments.models import Document
from gatherings.tickets.models import Order, TicketKind
from gatherings.tickets.rules.selling import days_follow
from tests.organise.test_event_form import edit_page, save
from tests.signing import make_role, sign_in
from tests.ticket_orders import make_order
from tests.ticketing import festival, make_kind, make_seller

TUE, WED, THU = "2027-03-02", "2027-03-03", "2027-03-04"


@pytest.mark.parametrize(
    ("kinds", "after", "by"),
    [
        ([[TUE], [WED, THU]], ("2027-03-09", "2027-03-10", "2027-03-11"), 7),
        ([[TUE], [THU]], (WED, THU, "2027-03-05"), 1),  # by less than its length: the second day is no first one
        ([[WED]], (WED, THU, "2027-03-05"), 1),
        ([[WED]], ("2027-03-01", TUE, WED), -1),
        ([[], [THU]], ("2027-03-01", TUE, WED, THU), 0),  # a day more in front
        ([[TUE], [THU]], (WED, THU), 0),  # a day less: one is outside either way, and nothing moved
        ([[TUE], [THU]], (TUE, WED), 0),
        ([[TUE], [WED]], ("2027-03-09", "2027-03-10"), 7),  # moved and made shorter
        ([[]], ("2027-03-09", "2027-03-10", "2027-03-11"), 0),
    ],
)
def test_which_days_follow(kinds, after, by):
    assert days_follow(kinds, (TUE, WED, THU), after) == by


def test_the_days_of_tickets_follow_and_papers_stay(client, session, clock_at, now):
    event, _kind = festival(session)
    second = make_kind(session, event, name="Second day", days=[WED], position=1)
    gone = make_kind(session, event, name="Long ago", days=[TUE], position=2, retired=True)
    community = session.get_one(Community, event.community_id)
    make_seller(session, community)
    order = make_order(session, event, second, "ada@example.org", state="due", way="invoice")
    issue_invoice(session, session.get_one(Order, order.id), now=now)
    session.flush()
    paper = session.scalars(select(Document)).one()
    before = (paper.number, dict(paper.content))
    sign_in(client, session, make_role(session, community))
    with clock_at(now):
        sent = edit_page(client, event) | {"starts_date": "2027-03-09", "ends_date": "2027-03-11"}
        asked = save(client, event, sent)
        assert "Shall they be told?" in asked.text
        assert "“Second day” is for Wednesday 10 March 2027 then." in asked.text
        session.expire_all()
        assert session.get_one(TicketKind, second.id).days == [WED]  # nothing is saved yet
        done = save(client, event, sent, "tell:time")
        assert done.location == f"/organise/events/{event.slug}?done=saved&told=1&days=1"
        assert "Tickets for certain days moved along" in client.get(done.location).text
        log = client.get(f"/organise/communities/{community.slug}/log").text
    session.expire_all()
    kinds = {kind.id: kind for kind in session.scalars(select(TicketKind).where(TicketKind.event_id == event.id))}
    assert (kinds[second.id].days, kinds[gone.id].days) == (["2027-03-10"], ["2027-03-09"])
    assert kinds[second.id].edits == 1
    paper = session.scalars(select(Document)).one()
    assert (paper.number, dict(paper.content)) == before
    entry = session.scalars(select(LogEntry).where(LogEntry.action == "move_ticket_days")).one()
    assert entry.details == {"days": 7}
    assert "by 7 days, and the days of its tickets with it" in log


def test_another_hour_moves_no_day(client, session, clock_at, now):
    event, _kind = festival(session)
    second = make_kind(session, event, name="Second day", days=[WED], position=1)
    sign_in(client, session, make_role(session, session.get_one(Community, event.community_id)))
    with clock_at(now):
        done = save(client, event, edit_page(client, event), starts_time="10:00")
    assert done.location.endswith("?done=saved")
    session.expire_all()
    assert event.starts_local == datetime(2027, 3, 2, 10)
    assert session.get_one(TicketKind, second.id).days == [WED]
