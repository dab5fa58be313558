"""Swapping to the other sitting: the place there first, then the one here goes; two calendar messages, one press."""

import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.audit.models import LogEntry
from gatherings.communities.models import Community
from gatherings.core.errors import Conflict, TooMany
from gatherings.db import transact
from gatherings.db.places import Places
from gatherings.events.models import Event, Speaker
from gatherings.mail.models import OutboxMail
from gatherings.planning.actions.twins import Sitting, make_twin, share_with_twin
from gatherings.questions.queries import list_questions
from gatherings.registration.actions.bulk_kinds import KINDS
from gatherings.registration.actions.hosting import NoPlace
from gatherings.registration.actions.swapping import swap
from gatherings.registration.models import Answer, Consent, Registration
from tests.factories import (
    SITE,
    dates_of,
    get_registration,
    make_community,
    make_consent,
    make_event,
    make_question,
    make_registration,
    make_series,
    make_series_registration,
)  # fmt: skip
from tests.signing import make_role

EVENING = datetime(2026, 12, 15, 18, 0)
MORNING = datetime(2026, 12, 15, 8, 0)


@pytest.fixture
def sittings(session, now):
    """The evening in London, and a morning of three places; one question and one consent at both."""
    evening = make_event(session, starts_local=EVENING, capacity_online=5)
    make_question(session, evening, key="tea")
    make_consent(session, evening, key="photos")
    owner = make_role(session, evening.community, "owner")
    slug = make_twin(session, evening.id, Sitting(MORNING, capacity_online=1), by=owner.id, site=SITE, now=now)
    return evening, session.scalars(select(Event).where(Event.slug == slug)).one()


def live(session, event):
    session.expire_all()
    return session.scalars(
        select(Registration).where(Registration.event_id == event.id, Registration.state == "confirmed")
    ).all()


def taken(session, event):
    return session.get(Places, event.online_id, populate_existing=True).taken


def mails(session, *kinds):
    return [row for row in session.scalars(select(OutboxMail).order_by(OutboxMail.id)) if row.kind in kinds]


def test_a_swap_takes_the_place_there_and_carries_what_was_answered(session, sittings, now):
    evening, morning = sittings
    asked = [one.id for one in _questions(session, evening)]
    mine = make_registration(
        session, evening, zone="Asia/Tokyo", answers={asked[0]: "Green"}, consents=frozenset({"photos"})
    )
    assert swap(session, mine, SITE, now=now) is True
    assert live(session, evening) == []
    [there] = live(session, morning)
    assert (there.name, there.zone, there.person_id) == ("Ada Example", "Asia/Tokyo", mine.person_id)
    answers = session.scalars(select(Answer).where(Answer.registration_id == there.id)).all()
    assert [(row.value, row.question_id) for row in answers] == [("Green", _questions(session, morning)[0].id)]
    assert [row.key for row in session.scalars(select(Consent).where(Consent.registration_id == there.id))] == [
        "photos"
    ]
    assert (taken(session, evening), taken(session, morning)) == (0, 1)
    here, away = mails(session, "swapped_here")[0], mails(session, "swapped_away")[0]
    assert (here.facts["invite"]["method"], here.facts["invite"]["uid"]) == ("REQUEST", morning.uid)
    assert (away.facts["invite"]["method"], away.facts["invite"]["uid"]) == ("CANCEL", evening.uid)
    assert mails(session, "cancelled") == []
    # Pressed again it is done already, and nothing more happens.
    assert swap(session, get_registration(session, mine.public_id), SITE, now=now) is False
    assert len(mails(session, "swapped_here", "swapped_away")) == 2
    # And back: the first entry comes again with a higher SEQUENCE than its CANCEL.
    assert swap(session, get_registration(session, there.public_id), SITE, now=now) is True
    back = mails(session, "swapped_here")[1]
    assert back.facts["invite"]["uid"] == evening.uid
    assert back.facts["invite"]["sequence"] > away.facts["invite"]["sequence"]
    assert [row.value for row in session.scalars(select(Answer).where(Answer.registration_id == mine.id))] == ["Green"]


def _questions(session, event):
    return list_questions(session, event)


def test_a_full_sitting_changes_nothing(session, sittings, now):
    evening, morning = sittings
    make_registration(session, morning, address="first@example.org")
    mine = make_registration(session, evening)
    with pytest.raises(Conflict, match="full"):
        swap(session, mine, SITE, now=now)
    assert [row.public_id for row in live(session, evening)] == [mine.public_id]
    assert (taken(session, evening), taken(session, morning)) == (1, 1)
    assert mails(session, "swapped_here", "swapped_away") == []


def test_the_place_given_up_serves_who_waits(session, now):
    evening = make_event(session, starts_local=EVENING, capacity_online=1)
    owner = make_role(session, evening.community, "owner")
    make_twin(session, evening.id, Sitting(MORNING), by=owner.id, site=SITE, now=now)
    mine = make_registration(session, evening)
    waiting = make_registration(session, evening, address="next@example.org")
    assert waiting.state == "waitlisted"
    swap(session, mine, SITE, now=now)
    assert [row.public_id for row in live(session, evening)] == [waiting.public_id]
    assert taken(session, evening) == 1


def test_who_has_both_gives_up_this_one(session, sittings, now):
    evening, morning = sittings
    there, mine = make_registration(session, morning), make_registration(session, evening)
    assert swap(session, mine, SITE, now=now)
    assert live(session, evening) == []
    assert [row.public_id for row in live(session, morning)] == [there.public_id]
    assert taken(session, morning) == 1
    assert mails(session, "swapped_here") == []


def test_who_only_waits_there_keeps_the_place_here(session, sittings, now):
    evening, morning = sittings
    make_registration(session, morning, address="first@example.org")
    waits = make_registration(session, morning)
    mine = make_registration(session, evening)
    assert (waits.state, waits.person_id) == ("waitlisted", mine.person_id)
    with pytest.raises(Conflict, match="you keep what you have"):
        swap(session, mine, SITE, now=now)
    assert [row.public_id for row in live(session, evening)] == [mine.public_id]
    # The other way round there is nothing to lose but a place in a line.
    assert swap(session, get_registration(session, waits.public_id), SITE, now=now) is True
    assert [row.public_id for row in live(session, evening)] == [mine.public_id]


def test_one_date_of_every_month_is_swapped_alone(session, now):
    series = make_series(session)
    date, after, *_ = dates_of(session, series)
    owner = make_role(session, session.get_one(Community, series.community_id), "owner")
    make_twin(session, date.id, Sitting(datetime(2026, 12, 17, 7, 0)), by=owner.id, site=SITE, now=now)
    every = make_series_registration(session, date)
    mine = session.scalars(
        select(Registration).where(Registration.series_registration_id == every.id, Registration.event_id == date.id)
    ).one()
    swap(session, get_registration(session, mine.public_id), SITE, now=now)
    session.expire_all()
    assert session.get(Registration, mine.id).state == "cancelled"
    assert len(live(session, after)) == 1
    away = mails(session, "swapped_away")[0]
    assert away.facts["invite"]["method"] == "CANCEL"
    assert away.facts["rule"] is not None


def test_swaps_are_limited_and_closed_sittings_take_nobody(session, sittings, now):
    evening, morning = sittings
    mine = make_registration(session, evening)
    morning.status = "cancelled"
    session.flush()
    with pytest.raises(Conflict):
        swap(session, mine, SITE, now=now)
    morning.status = "published"
    session.flush()
    for number in range(6):
        [row] = live(session, (evening, morning)[number % 2])
        assert swap(session, get_registration(session, row.public_id), SITE, now=now + timedelta(seconds=number))
    [row] = live(session, evening)
    with pytest.raises(TooMany):
        swap(session, get_registration(session, row.public_id), SITE, now=now)


def test_the_last_place_goes_to_one_of_many(app, engine, session, sittings, now):
    evening, morning = sittings
    ids = [make_registration(session, evening, address=f"p{n}@example.org").public_id for n in range(5)]
    session.commit()
    outcomes = []

    def run(public_id):
        with app.app_context():

            def act(session: Session):
                return swap(session, get_registration(session, public_id), SITE, now=now)

            try:
                outcomes.append(transact(act))
            except Conflict:
                outcomes.append("full")

    threads = [threading.Thread(target=run, args=(one,)) for one in ids for _twice in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count(True) == 1, outcomes
    assert (taken(session, evening), taken(session, morning)) == (4, 1)
    assert len(live(session, evening)) == 4
    assert len(live(session, morning)) == 1


def test_what_both_share_follows(session, sittings, now):
    evening, morning = sittings
    evening.title, evening.about, evening.recording_url = "New title", "New words", "https://video.example.org/1"
    session.add(Speaker(event_id=evening.id, position=0, name="Zoë & Sons <3"))
    session.flush()
    before = (morning.starts_at, morning.join_url, morning.revision)
    assert share_with_twin(session, evening, SITE, now=now) == morning.slug
    session.expire_all()
    assert (morning.title, morning.about, morning.recording_url) == (
        "New title", "New words", "https://video.example.org/1",
    )  # fmt: skip
    assert [one.name for one in session.scalars(select(Speaker).where(Speaker.event_id == morning.id))] == [
        "Zoë & Sons <3"
    ]
    assert (morning.starts_at, morning.join_url, morning.revision) == before
    assert share_with_twin(session, evening, SITE, now=now) is None
    assert share_with_twin(session, make_event(session), SITE, now=now) is None


def test_the_manage_page_swaps_in_one_press_and_the_old_link_leads_on(client, app, session, sittings):
    evening, _morning = sittings
    mine = make_registration(session, evening)
    sign = app.extensions["gatherings.signer"].sign
    path = f"/registrations/{sign('manage', mine.public_id, 1)}"
    page = client.get(path).text
    assert "Swap to this time" in page
    assert client.get(path + "/swap").status_code == 302
    assert len(live(session, evening)) == 1
    moved = client.post(path + "/swap")
    assert moved.status_code == 303
    assert moved.location.endswith("?done=swapped")
    page = client.get(moved.location).text
    assert "You come to this sitting now" in page
    again = client.get(path).text
    assert "You swapped to the other sitting" in again
    assert moved.location.split("?")[0] in again
    pressed = client.post(path + "/swap")
    assert pressed.status_code == 303
    assert "done=before" in pressed.location
    assert len(mails(session, "swapped_here")) == 1
    # Who cancels there is led nowhere from here.
    client.post(moved.location.split("?")[0] + "/cancel")
    assert "To my place there" not in client.get(path).text


def test_each_sitting_names_the_other_on_both_clocks(client, session, sittings):
    evening, morning = sittings
    path = f"/events/{evening.slug}"
    for page in (path, path + "/when"):
        text = client.get(page, headers={"X-Visitor-Zone": "Asia/Tokyo"}).text
        assert f'href="/events/{morning.slug}"' in text
        assert "08:00–09:00" in text
        assert "17:00–18:00" in text
    assert f'href="/events/{evening.slug}"' in client.get(f"/events/{morning.slug}").text
    morning.status = "draft"
    session.flush()
    assert morning.slug not in client.get(path + "?x=1").text
    assert "Also at" not in client.get(f"/events/{make_event(session, make_community(session)).slug}").text


def test_hosts_swap_several_until_it_is_full(session, sittings, now):
    evening, morning = sittings
    apply, fits = KINDS["swap"].apply, KINDS["swap"].fits
    assert (fits(evening), fits(morning), fits(make_event(session))) == (True, True, False)
    first, second = (make_registration(session, evening, address=f"p{n}@example.org") for n in range(2))
    assert apply(session, first, SITE, now, "x" * 22)
    with pytest.raises(NoPlace):
        apply(session, second, SITE, now, "x" * 22)
    assert [row.public_id for row in live(session, evening)] == [second.public_id]
    assert mails(session, "swapped_here")[0].facts["by"] == "host"
    logged = session.scalars(select(LogEntry).where(LogEntry.action == "swap")).one()
    assert (logged.actor, logged.community_id) == ("x" * 22, evening.community_id)


def test_a_second_sitting_of_a_date_stands_beside_its_series(client, session, now):
    series = make_series(session)
    date, *_ = dates_of(session, series)
    make_question(session, series, key="tea")
    owner = make_role(session, session.get_one(Community, series.community_id), "owner")
    slug = make_twin(session, date.id, Sitting(datetime(2026, 12, 17, 7, 0)), by=owner.id, site=SITE, now=now)
    twin = session.scalars(select(Event).where(Event.slug == slug)).one()
    assert [one.key for one in list_questions(session, twin)] == ["tea"]
    make_series_registration(session, date)
    assert live(session, twin) == []
    for path in (f"/series/{series.slug}", f"/series/{series.slug}/calendar.ics", f"/events/{slug}/event.ics"):
        assert client.get(path).status_code == 200, path
    assert f"/events/{slug}" in client.get(f"/series/{series.slug}").text
    assert client.get(f"/series/{series.slug}/calendar.ics").text.count(date.uid) <= 1
    assert "Also at" in client.get(f"/events/{slug}").text
