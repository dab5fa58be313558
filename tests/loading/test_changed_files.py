"""A changed file changes what it names, tells those registered once, and leaves alone what was edited elsewhere."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from gatherings.audit.models import LogEntry
from gatherings.communities.models import Community
from gatherings.db.places import Places
from gatherings.events.models import EventChange, Series
from gatherings.loading.problems import ProgrammeProblem
from gatherings.questions.models import ConsentText, Question
from gatherings.registration.models import Answer, Registration
from tests.factories import NOW, SITE, make_event, make_registration, make_series_registration
from tests.loading.conftest import LATER, SMALL, dates
from tests.slotting import make_call


def register(session, event, address, **more):
    made = make_registration(session, event, address=address, **more)
    session.commit()
    return made


def test_loading_twice_changes_no_row(load_text, dump, session):
    assert load_text().made == [
        "community tea", "series mondays", "event summer-tea", "event winter-tea",
    ]  # fmt: skip
    before = dump()
    assert load_text(now=LATER).words() == ["Nothing changed."]
    assert dump() == before
    assert [entry.actor for entry in session.scalars(select(LogEntry))] == ["load"]


def test_changed_time_is_told_once_to_those_registered(load_text, event, session, tell):
    load_text()
    register(session, event(), "ada@example.org")
    changed = SMALL.replace("2027-06-12 15:00", "2027-06-12 16:00")
    assert load_text(changed, now=LATER).changed == {"event summer-tea": ["starts"]}
    now = event()
    assert (now.revision, now.starts_at) == (1, datetime(2027, 6, 12, 15, tzinfo=UTC))
    assert now.ends_at - now.starts_at == timedelta(hours=2)
    (change,) = session.scalars(select(EventChange))
    assert change.due_at == LATER + timedelta(seconds=SITE.change_delay)
    assert b"T160000" in (now.calendar_block or b"")
    assert load_text(changed, now=LATER).nothing
    assert tell() == [("changed", "ada@example.org")]
    assert tell() == []


def test_corrected_words_are_no_reason_for_mail(load_text, event, session, tell):
    load_text()
    register(session, event(), "ada@example.org")
    report = load_text(SMALL.replace("In the garden.", "In our garden.").replace("title: Summer", "title: High summer"))
    assert report.changed == {"event summer-tea": ["title", "summary"]}
    assert (event().title, event().revision) == ("High summer tea", 0)
    assert tell() == []


def test_cancelled_event_is_called_off(load_text, event, session, tell):
    load_text()
    register(session, event(), "ada@example.org")
    load_text(SMALL.replace("summary: In the garden.", "status: cancelled"), now=LATER)
    assert (event().status, event().cancelled_at) == ("cancelled", LATER)
    assert tell() == [("called_off", "ada@example.org")]


def test_raised_capacity_serves_the_waiting_list(load_text, event, session):
    load_text()
    for name in ("ada", "bob", "cy", "dee"):
        register(session, event(), f"{name}@example.org", wish="room")
    report = load_text(SMALL.replace("room: 2", "room: 3"), now=LATER)
    assert report.changed == {"event summer-tea": ["places"]}
    session.commit()
    session.expire_all()
    pool = session.get_one(Places, event().room_id)
    assert (pool.capacity, pool.taken) == (3, 3)
    holders = session.scalars(select(Registration).where(Registration.places_id == pool.id)).all()
    assert len(holders) == 3
    assert event().revision == 0
    report = load_text(SMALL.replace("room: 2", "room: 1"), now=LATER)
    assert report.notes == ["event summer-tea has fewer places (1) than people who hold one; nobody is thrown out."]
    assert session.scalars(select(Places.taken).where(Places.id == pool.id)).one() == 3


def test_field_edited_elsewhere_is_left_alone_and_named(load_text, event, session, dump):
    load_text()
    event().title = "Tea in June"
    event().starts_local += timedelta(minutes=30)
    session.commit()
    text = SMALL.replace("title: Summer tea", "title: Midsummer tea").replace("In the garden.", "On the lawn.")
    report = load_text(text, now=LATER)
    assert report.kept == {"event summer-tea": ["title", "starts"]}
    assert report.changed == {"event summer-tea": ["summary"]}
    assert (event().title, event().summary) == ("Tea in June", "On the lawn.")
    before = dump()
    again = load_text(text, now=LATER)
    assert again.words() == [
        "left alone: event summer-tea (title, starts), because it was edited elsewhere since the last loading",
        "Nothing changed.",
    ]
    assert dump() == before


def test_relative_date_stays_until_its_words_change(load_text, event):
    load_text()
    first = event("winter-tea")
    assert first.starts_local == datetime(2026, 12, 12, 15)
    assert first.ends_local == datetime(2026, 12, 12, 17)
    assert first.registration_opens_at == datetime(2026, 11, 21, 9, tzinfo=UTC)
    assert first.registration_closes_at == datetime(2026, 12, 11, 12, tzinfo=UTC)
    assert load_text(now=NOW + timedelta(days=18)).changed == {"series mondays": ["dates"]}  # one more, kept ahead
    text = SMALL.replace("{days: +21, then: SA", "{days: +22, then: SA")
    assert load_text(text, now=NOW + timedelta(days=18)).changed == {"event winter-tea": ["starts", "registration"]}
    assert event("winter-tea").starts_local == datetime(2027, 1, 2, 15)


def test_left_out_event_is_left_as_it_is_and_named(load_text, event):
    load_text()
    report = load_text(SMALL[: SMALL.index("  - slug: winter-tea")])
    assert (report.gone, report.nothing) == (["event winter-tea"], True)
    assert event("winter-tea").status == "published"


def test_slug_of_something_made_elsewhere_is_refused(load_text, session, dump):
    make_event(session, slug="summer-tea")
    session.commit()
    before = dump()
    with pytest.raises(ProgrammeProblem) as caught:
        load_text()
    assert [one.field for one in caught.value.problems] == ["events[summer-tea].slug"]
    assert dump() == before


def test_error_at_the_very_end_leaves_nothing(load_text, dump):
    before = dump()
    with pytest.raises(ProgrammeProblem):
        load_text(SMALL.replace('"17:00"}\n    zone: Europe/London', '"14:00"}\n    zone: Europe/London'))
    assert dump() == before


def test_consents_get_versions_and_questions_retire(load_text, event, session):
    load_text()
    question = session.scalars(select(Question).where(Question.key == "cake")).one()
    register(session, event(), "ada@example.org", answers={question.id: True})
    text = SMALL.replace("I may be in photographs.", "I may be in pictures.").replace("Send me news.", "Write to me.")
    text = text.replace('      - {key: cake, ask: "Will you bring cake?", type: yes_no}\n', "")
    report = load_text(text, now=LATER)
    assert report.changed == {"community tea": ["consents"], "event summer-tea": ["questions", "consents"]}
    session.commit()
    session.expire_all()
    found = session.scalars(select(ConsentText).order_by(ConsentText.key)).all()
    assert [(one.key, one.text, one.version) for one in found] == [
        ("news", "Write to me.", 2),
        ("photo", "I may be in pictures.", 2),
    ]
    asked = session.scalars(select(Question).order_by(Question.key)).all()
    assert [(one.key, one.retired) for one in asked] == [("cake", True), ("kind", False)]
    assert asked[1].options == {"choices": [{"key": "apple", "label": "Apple"}, {"key": "plum", "label": "Plum"}]}
    assert session.scalars(select(Answer.value)).all() == [True]
    load_text(now=LATER)
    session.commit()
    session.expire_all()
    assert not session.scalars(select(Question).where(Question.retired)).all()


def test_community_changes_raise_its_version(load_text, session):
    load_text()
    before = session.scalars(select(Community)).one().version
    report = load_text(SMALL.replace("name: Tea and Talk", "name: Tea and Talks"), now=LATER)
    assert report.changed == {"community tea": ["name", "sender"]}
    session.commit()
    session.expire_all()
    assert session.scalars(select(Community)).one().version > before
    series = session.scalars(select(Series)).one()
    assert b"Tea and Talks" in (series.calendar_block or b"")


def test_access_notes_and_questions_people_ask_are_followed_without_mail(load_text, event, session, tell):
    load_text()
    register(session, event(), "ada@example.org")
    (version,) = session.scalars(select(Community.version))
    session.rollback()
    asked = "asked_often: [{question: May I bring a friend?, answer: Please *do*.}]"
    changed = (
        SMALL.replace("    accent: moss", f"    accent: moss\n    access_notes: A lift.\n    {asked}")
        .replace("    summary: In the garden.", f"    summary: In the garden.\n    access_notes: Grass.\n    {asked}")
        .replace("        title: Tea from Darjeeling", f"        title: Tea from Darjeeling\n        {asked}")
    )
    assert load_text(changed, now=LATER).changed == {
        "community tea": ["access_notes", "asked_often"],
        "date mondays-2026-12-07": ["asked_often"],
        "event summer-tea": ["access_notes", "asked_often"],
    }
    told = [{"question": "May I bring a friend?", "answer": "Please *do*."}]
    session.rollback()
    community = session.scalars(select(Community)).one()
    assert (community.access_notes, community.asked_often, community.version > version) == ("A lift.", told, True)
    assert (event().access_notes, event().asked_often, event().revision) == ("Grass.", told, 0)
    assert dates(session)[0].asked_often == told
    assert load_text(changed, now=LATER).nothing
    version = community.version
    assert load_text(changed.replace("Grass.", "Gravel."), now=LATER).changed == {"event summer-tea": ["access_notes"]}
    session.rollback()
    assert session.scalars(select(Community)).one().version > version
    load_text(now=LATER)  # what the file says no more is gone
    session.rollback()
    assert (dates(session)[0].asked_often, event().access_notes, community.asked_often) == ([], "", [])
    assert tell() == []


def test_new_link_of_a_series_reaches_its_dates_and_is_told_once(load_text, session, tell):
    load_text()
    first, second, *_rest = dates(session)
    make_series_registration(session, first, address="ada@example.org")
    register(session, second, "bob@example.org")
    second.join_url = "https://meet.example.org/elsewhere"  # edited on its own
    session.commit()
    text = SMALL.replace("https://meet.example.org/mondays", "https://meet.example.org/new")
    report = load_text(text.replace("title: First Monday", "title: Every first Monday"), now=LATER)
    assert report.changed == {"series mondays": ["title", "join"]}
    found = dates(session)
    assert [str(date.join_url)[25:] for date in found] == ["new", "elsewhere", "new", "new"]
    assert [date.title for date in found] == ["Tea from Darjeeling", *["Every first Monday"] * 3]
    assert tell() == [("series_changed", "ada@example.org")]


def test_date_gets_and_loses_what_is_its_own(load_text, session):
    load_text()
    assert dates(session)[0].title == "Tea from Darjeeling"
    own = "title: Tea from Darjeeling\n        recording: https://video.example.org/1\n        speakers: [{name: Ada}]"
    report = load_text(SMALL.replace("title: Tea from Darjeeling", own), now=NOW + timedelta(days=20))
    assert report.changed["date mondays-2026-12-07"] == ["recording", "speakers"]
    assert dates(session)[0].recording_url == "https://video.example.org/1"
    load_text(SMALL.replace("title: Tea from Darjeeling", "summary: Bring a cup."), now=NOW + timedelta(days=20))
    first, *rest = dates(session)
    assert (first.title, first.summary, first.recording_url) == ("First Monday", "Bring a cup.", None)
    assert {date.title for date in rest} == {"First Monday"}


def test_new_date_kept_ahead_has_those_who_come_every_month(load_text, session):
    load_text()
    make_series_registration(session, dates(session)[0], address="ada@example.org")
    session.commit()
    load_text(now=NOW + timedelta(days=20))
    assert len(dates(session)) == 5
    assert len(session.scalars(select(Registration)).all()) == 5


def test_date_in_a_gap_is_noted(load_text):
    text = SMALL.replace("BYDAY=1MO", "BYDAY=-1SU").replace("2026-01-05 19:00", "2026-01-25 01:30")
    (note,) = load_text(text.replace("ahead: 4", "ahead: 5")).notes
    assert note.startswith("mondays-2027-03-28: On this date the clocks in London go forward")


def test_a_call_closes_on_the_wall_clock_of_a_new_zone(load_text, event, session):
    load_text()
    call = make_call(session, event())
    session.commit()
    before = call.closes_at
    load_text(
        SMALL.replace("minutes: 120\n    zone: Europe/London", "minutes: 120\n    zone: America/New_York"), now=LATER
    )
    session.expire_all()
    assert call.closes_at - before == timedelta(hours=5)
