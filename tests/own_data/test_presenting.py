"""All that presenters, co-presenters, reviewers and followers of doors leave: seen, taken along, erased, let go."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from gatherings.accounts.actions import make_fresh_link
from gatherings.accounts.models import Person
from gatherings.audit.models import LogEntry
from gatherings.calls.models import Call, CoPresenter, Presenter, Remark, Score, Slide, Submission
from gatherings.core.tokens import new_public_id
from gatherings.doors.models import Door, DoorCalendar, DoorFollower
from gatherings.invites.models import Invite
from gatherings.live.models import Run
from gatherings.mail.models import OutboxMail
from gatherings.own_data.actions import PURPOSE
from gatherings.own_data.retention import KNOWN, let_go
from gatherings.registration.jobs import tidy
from gatherings.slots.actions.telling import tell
from gatherings.slots.models import SlotInvite
from tests.factories import NOW, SITE, make_event
from tests.own_data.test_own_data import dump
from tests.signing import make_role
from tests.slotting import make_call, make_co_presenter, make_order, make_submission

MARKER, ADDRESS = "Zebulon Marker", "zebulon.marker@example.org"
WORDS = {
    "name": MARKER, "pronunciation": "marker-mar", "about": "marker about", "ask": "marker ask", "zone": "Asia/Tokyo",
    "links": ["https://example.org/marker"], "script": "marker script", "needs": "marker needs",
    "title": "Marker title",
    "recording": True, "recording_words": "marker agreed", "typed": {"title": "marker typed", "_by": "x"},
    "typed_at": NOW, "letter": {"state": "accepted", "subject": "Marker", "body": "Dear marker"},
}  # fmt: skip


@pytest.fixture
def stage(session):
    """An order with a slot of mine, one in which I present with somebody else, and all else that I can leave."""
    event = make_event(session)
    call = make_call(session, event)
    mine = make_submission(session, call, ADDRESS, state="accepted", told="accepted", confirmed_at=NOW, **WORDS)
    make_co_presenter(session, mine, "bo@example.org", "Bo Other")
    typed = {"others-0-name": MARKER, "others-0-email": ADDRESS, "ask": "Bo asks"}
    theirs = make_submission(session, call, "bo@example.org", state="accepted", told="accepted", name="Bo Other",
                             title="Bo's own", typed=typed, typed_at=NOW)  # fmt: skip
    make_co_presenter(session, theirs, ADDRESS, MARKER, zone="Asia/Tokyo")
    make_submission(session, call, state="draft", person_id=None, name="", title="", typed={"email": ADDRESS.upper(),
                    "title": "marker draft"}, typed_at=NOW)  # fmt: skip
    person = session.get_one(Person, mine.person_id)
    session.add_all(
        [
            Slide(public_id=new_public_id(), submission_id=mine.id, alt="marker slide", width=9, height=9,
                  data=b"marker", created_at=NOW),
            Presenter(person_id=person.id, name=MARKER, about="marker", links=["https://example.org/marker"],
                      changed_at=NOW),
            Remark(public_id=new_public_id(), submission_id=theirs.id, person_id=person.id, text="marker remark",
                   created_at=NOW),
            Score(submission_id=theirs.id, person_id=person.id, value=4, created_at=NOW),
        ]
    )  # fmt: skip
    order = make_order(session, event, [mine, theirs], published_at=NOW)
    session.add(Run(order_id=order.id, state="waiting", pressed_by=MARKER, pressed_at=NOW, began_at=NOW))
    calendar = DoorCalendar(
        public_id=new_public_id(), event_id=event.id, title="Advent", first_day=event.starts_local.date(),
        zone="Europe/London", changed_at=NOW, created_at=NOW,
    )  # fmt: skip
    session.add(calendar)
    session.flush()
    session.add(Door(public_id=new_public_id(), calendar_id=calendar.id, number=1))
    session.add(
        DoorFollower(public_id=new_public_id(), calendar_id=calendar.id, person_id=person.id, zone="Asia/Tokyo",
                     created_at=NOW, asked_at=NOW, confirmed_at=NOW)
    )  # fmt: skip
    make_role(session, event.community, "reviewer", ADDRESS, MARKER)
    tell(session, order.id, SITE, now=NOW)
    session.commit()
    return event, mine, theirs, person


def path_of(session, person) -> str:
    secret = make_fresh_link(session, person, PURPOSE, now=NOW)
    session.commit()
    return f"/my-data/{secret}"


def test_all_of_it_is_shown_and_taken_along_and_nothing_of_others(client, session, stage, clock_at):
    _event, _mine, _theirs, person = stage
    path = path_of(session, person)
    with clock_at(NOW):
        page, data = client.get(path).text, json.loads(client.get(f"{path}/export.json").data)
    for said in ("marker about", "marker ask", "marker script", "marker needs", "marker agreed", "marker slide",
                 "Bo&#39;s own", "marker remark", "4 of 5", "Advent, at 7:00", "Kept for your next slot"):  # fmt: skip
        assert said in page, said
    [offered] = data["slots_offered"]
    assert (offered["title"], offered["needs"], offered["state"]) == ("Marker title", "marker needs", "accepted")
    assert offered["typed_and_not_sent"] == {"title": "marker typed"}
    assert offered["presents_with"] == ["Bo Other"]
    assert data["presenter"]["name"] == MARKER
    assert data["slots_together"][0]["title"] == "Bo's own"
    assert len(data["minutes_told"]) == 2
    assert data["noted_on_slots"][0]["remark"] == "marker remark"
    assert data["doors_by_mail"][0]["calendar"] == "Advent"
    assert "bo@example.org" not in page + json.dumps(data)
    assert "Bo asks" not in page + json.dumps(data)


def test_a_decision_that_was_not_told_stays_untold(client, session, stage, clock_at):
    _event, mine, _theirs, person = stage
    mine.state, mine.told = "declined", ""
    path = path_of(session, person)
    with clock_at(NOW):
        data = json.loads(client.get(f"{path}/export.json").data)
    assert data["slots_offered"][0]["state"] == "submitted"


def test_erasing_leaves_no_marker_in_any_table_and_calendars_are_told(client, session, stage, clock_at):
    _event, mine, theirs, person = stage
    assert dump(session).lower().count("marker") > 20
    path = path_of(session, person)
    with clock_at(NOW):
        assert client.post(f"{path}/erase", data={"sure": "yes"}).status_code == 303
    session.expire_all()
    last = session.scalars(select(OutboxMail).where(OutboxMail.kind == "slot_gone").order_by(OutboxMail.id)).all()
    to = {(mail.recipient, mail.forget) for mail in last}
    assert to == {(ADDRESS, True), ("bo@example.org", True)}
    for mail in last:  # a cancellation must still reach the calendar; the worker empties it then
        session.delete(mail)
    everything = dump(session).lower()
    for trace in ("zebulon", "marker"):
        assert trace not in everything
    call = session.scalars(select(Call)).one()
    assert (call.accepted, call.accepted_seconds) == (1, 210)
    assert (mine.state, mine.erased_at is not None, theirs.state, theirs.erased_at) == (
        "withdrawn", True, "accepted", None,
    )  # fmt: skip
    assert theirs.typed == {"ask": "Bo asks"}
    assert theirs.name == "Bo Other"
    assert session.scalars(select(Score.value)).all() == [4]
    gone = session.scalars(select(SlotInvite).where(SlotInvite.person_id == person.id)).all()
    assert all(one.cancelled_at is not None and one.link_version == 2 for one in gone)
    assert len(gone) == 2
    assert session.scalars(select(Invite.address).where(Invite.id.in_([one.invite_id for one in gone]))).all() == [
        "",
        "",
    ]


def test_what_was_kept_long_enough_goes_by_itself(session, stage):
    event, mine, _theirs, person = stage

    def run(days: int) -> None:
        now = event.ends_at + timedelta(days=days)
        tidy(session, {}, now, site=SITE, known=KNOWN)
        let_go(session, {}, now)
        session.commit()
        session.expire_all()

    run(29)
    assert (mine.needs, mine.typed) == ("marker needs", WORDS["typed"])
    assert session.scalars(select(Submission.id).where(Submission.state == "draft")).all() == []
    run(32)
    assert (mine.needs, mine.typed, mine.name) == ("", {}, MARKER)
    assert session.scalars(select(DoorFollower)).all() == []
    run(364)
    assert mine.name == MARKER
    assert person.address == ADDRESS
    assert session.scalar(select(Presenter)) is not None
    session.execute(text("DELETE FROM roles"))
    run(366)
    run(367)
    for model in (Presenter, CoPresenter, Slide, Remark, Score):
        assert session.scalars(select(model)).all() == [], model
    assert mine.erased_at is not None
    assert mine.state == "accepted"
    assert person.address.startswith("erased-")
    everything = dump(session).lower()
    assert "marker" not in everything
    assert "bo@example.org" not in everything
    counts = session.scalars(
        select(LogEntry.details).where(LogEntry.action == "retention", LogEntry.about == "submissions")
    )
    assert sum(one.get("submissions", 0) for one in counts) == 2


def test_a_presenter_without_any_registration_stays_known(session):
    event = make_event(session)
    mine = make_submission(session, make_call(session, event), ADDRESS)
    person = session.get_one(Person, mine.person_id)
    person.created_at = NOW - timedelta(days=500)
    session.commit()
    tidy(session, {}, NOW, site=SITE, known=KNOWN)
    session.commit()
    assert person.address == ADDRESS
