"""A letter to many: in one transaction, each once, at their own hour, stopped while it waits."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event as sql_event
from sqlalchemy import select, update

from gatherings.audit.models import LogEntry
from gatherings.core.errors import Conflict, InvalidInput, NotFound, TooMany
from gatherings.letters.actions import (
    OtherNumber,
    SavedMeanwhile,
    Shown,
    delete_letter,
    save_letter,
    send_letter,
    stop_letter,
    try_letter,
)
from gatherings.letters.audience import Audience
from gatherings.letters.models import Letter
from gatherings.letters.queries import Scope, get_letter, progress_of
from gatherings.letters.rules import Draft
from gatherings.mail.models import OutboxMail
from tests.factories import NOW, SITE, get_registration, make_event, make_registration


def test_everybody_gets_it_once_however_often_it_is_pressed(desk):
    desk.people(5)
    letter = desk.write()
    assert desk.send(letter) == 5
    assert desk.send(letter) is None
    rows = desk.mails(letter)
    people = {row.facts["person"] for row in rows}
    assert {row.key for row in rows} == {f"letter:{letter.public_id}:{person}" for person in people}
    assert len(rows) == len(people) == 5
    assert (letter.state, letter.count, letter.sent_at) == ("sent", 5, NOW)
    assert {row.zone for row in rows} == {"Pacific/Auckland", "Europe/London", "America/New_York", "Europe/Stockholm"}
    (line,) = desk.session.scalars(select(LogEntry).where(LogEntry.action == "send_letter")).all()
    assert (line.actor, line.community_id, line.details) == (
        desk.by.public_id, desk.community.id, {"count": 5, "kind": "about"},
    )  # fmt: skip
    assert all(len(str(row.facts)) < 600 for row in rows)


def test_who_cancelled_or_is_not_meant_is_left_out(desk):
    desk.people(3)
    gone = make_registration(desk.session, desk.event, address="gone@example.org")
    gone.state, gone.places_id = "cancelled", None
    make_registration(desk.session, make_event(desk.session, desk.community), address="other@example.org")
    desk.session.flush()
    letter = desk.write()
    desk.send(letter)
    assert {row.recipient for row in desk.mails(letter)} == {f"p{n}@example.org" for n in range(3)}
    some = desk.write(audience={"zone": "Europe/London"})
    desk.send(some)
    assert [row.recipient for row in desk.mails(some)] == ["p1@example.org"]


def test_news_leaves_out_who_stopped_them_and_what_concerns_a_registration_does_not(desk):
    desk.people(4)
    desk.stop_news("p1@example.org")
    desk.member("p3@example.org", news=False)
    desk.member("p2@example.org")
    news, about = desk.write(kind="news"), desk.write()
    reach = Audience(desk.community, desk.event, "news", {}).reach(desk.session)
    assert (reach.count, reach.stopped) == (2, 2)
    assert (desk.send(news), desk.send(about)) == (2, 4)
    assert {row.recipient for row in desk.mails(news)} == {"p0@example.org", "p2@example.org"}
    assert {row.kind for row in desk.mails(news)} == {"letter_news"}


def test_members_get_news_if_they_are_active_and_want_it(desk):
    desk.member("in@example.org")
    desk.member("nozone@example.org", zone=None)
    desk.member("invited@example.org", state="invited")
    desk.member("left@example.org", state="left")
    desk.member("quiet@example.org", news=False)
    desk.member("stopped@example.org")
    desk.stop_news("stopped@example.org")
    letter = desk.write("Hello {name} of {community_link}", scope=Scope.of(desk.community), kind="about")
    assert letter.kind == "news"
    assert desk.send(letter) == 2
    assert {row.recipient: row.zone for row in desk.mails(letter)} == {
        "in@example.org": "Pacific/Auckland", "nozone@example.org": "Europe/London",
    }  # fmt: skip


def test_a_number_that_changed_since_is_said_and_nothing_is_sent(desk):
    desk.people(2)
    letter = desk.write()
    shown = desk.reach(letter)
    make_registration(desk.session, desk.event, address="late@example.org")
    with pytest.raises(OtherNumber) as refusal:
        desk.send(letter, count=shown)
    assert "it was for 2. Now it is for 3 people" in str(refusal.value)
    assert desk.mails(letter) == []
    assert letter.state == "draft"
    with pytest.raises(Conflict, match="Nobody"):
        desk.send(desk.write(audience={"words": "nobody is called this"}))
    with pytest.raises(Conflict, match="changed this letter"):
        send_letter(
            desk.session, desk.scope, letter.public_id, Shown(letter.edits - 1, 3), by=desk.by, site=SITE, now=NOW
        )  # fmt: skip


def test_each_at_nine_of_their_own_day_the_next_one_where_it_is_over(desk):
    desk.people(4)
    letter = desk.write(local_hour=9, from_local="2026-11-20")
    desk.send(letter, now=NOW)  # Friday 12:00 UTC
    due = {row.zone: row.due_at for row in desk.mails(letter)}
    assert due == {
        "Pacific/Auckland": datetime(2026, 11, 20, 20, tzinfo=UTC),
        "America/New_York": datetime(2026, 11, 20, 14, tzinfo=UTC),
        "Europe/Stockholm": datetime(2026, 11, 21, 8, tzinfo=UTC),
        "Europe/London": datetime(2026, 11, 21, 9, tzinfo=UTC),
    }
    progress = progress_of(desk.session, letter)
    assert (progress.waiting, progress.first_due, progress.moves(NOW)) == (4, due["America/New_York"], False)
    assert progress.moves(due["America/New_York"] - timedelta(minutes=1))


def test_stopped_before_the_first_it_is_a_draft_again_and_can_go_anew(desk):
    desk.people(3)
    letter = desk.write(local_hour=9)
    desk.send(letter)
    assert stop_letter(desk.session, desk.scope, letter.public_id, by=desk.by, now=NOW) == 3
    assert stop_letter(desk.session, desk.scope, letter.public_id, by=desk.by, now=NOW) == 0
    assert (desk.mails(letter), letter.state, letter.sent_at) == ([], "draft", None)
    assert desk.send(letter) == 3
    assert len(desk.mails(letter)) == 3


def test_stopped_on_the_way_it_says_how_many_got_it(desk):
    desk.people(4)
    letter = desk.write()
    desk.send(letter)
    first, second, *_rest = desk.mails(letter)
    first.state, first.sent_at = "sent", NOW
    second.leased_by, second.lease_until = "worker", NOW + timedelta(minutes=1)  # is being sent this very moment
    desk.session.flush()
    assert stop_letter(desk.session, desk.scope, letter.public_id, by=desk.by, now=NOW) == 2
    assert (letter.state, letter.count) == ("stopped", 2)
    assert {row.id for row in desk.mails(letter)} == {first.id, second.id}
    assert progress_of(desk.session, letter).out == 1
    with pytest.raises(Conflict, match="sent already"):
        delete_letter(desk.session, desk.scope, letter.public_id)


def test_ten_letters_an_hour_and_no_more(desk):
    desk.people(1)
    for _ in range(10):
        desk.send(desk.write())
    with pytest.raises(TooMany):
        desk.send(desk.write())


def test_saving_twice_makes_one_and_two_who_save_lose_nothing(desk):
    letter = desk.write()
    draft = Draft("Soon: {event}", "Hello {name}, {time}", "about", {})
    again = save_letter(desk.session, desk.scope, letter.public_id, draft, author=desk.by, edits=0, now=NOW)
    assert (again.id, again.edits) == (letter.id, 1)
    save_letter(
        desk.session, desk.scope, letter.public_id, Draft("A", "B", "news", {}), author=desk.by, edits=1, now=NOW
    )
    with pytest.raises(SavedMeanwhile):
        save_letter(
            desk.session, desk.scope, letter.public_id, Draft("C", "D", "news", {}), author=desk.by, edits=1, now=NOW
        )  # fmt: skip
    assert (letter.subject, letter.edits) == ("A", 2)
    with pytest.raises(InvalidInput):
        desk.write("{unknown}")
    desk.people(1)
    desk.send(letter)
    with pytest.raises(Conflict, match="cannot be changed"):
        save_letter(desk.session, desk.scope, letter.public_id, draft, author=desk.by, edits=3, now=NOW)


def test_letters_of_others_are_not_there(desk):
    other = make_event(desk.session, desk.community)
    letter = desk.write()
    for scope in (Scope.of(other), Scope.of(desk.community), Scope.of(make_event(desk.session))):
        with pytest.raises(NotFound):
            get_letter(desk.session, scope, letter.public_id)
        with pytest.raises(NotFound):
            send_letter(desk.session, scope, letter.public_id, Shown(1, 0), by=desk.by, site=SITE, now=NOW)
        with pytest.raises(NotFound):
            save_letter(
                desk.session, scope, letter.public_id, Draft("S", "B", "about", {}), author=desk.by, edits=1, now=NOW
            )  # fmt: skip
        delete_letter(desk.session, scope, letter.public_id)
    assert desk.session.scalars(select(Letter)).one().subject == "Soon: {event}"


def test_a_test_goes_to_oneself_alone_once_a_minute_and_ten_an_hour(desk):
    desk.people(1)
    letter = desk.write(kind="news")
    example = Audience(desk.community, desk.event, "news", {}).find(desk.session)[0]

    def test(now):
        return try_letter(desk.session, desk.scope, letter.public_id, example, to=desk.by, site=SITE, now=now)

    assert [test(NOW), test(NOW), test(NOW + timedelta(minutes=1))] == [True, False, True]
    rows = desk.session.scalars(select(OutboxMail).where(OutboxMail.kind == "letter_test")).all()
    assert {row.recipient for row in rows} == {"organiser@example.org"}
    assert "Person 0" not in str([row.facts for row in rows])
    assert example.public_id not in str([row.facts for row in rows])
    for minute in range(2, 9):
        test(NOW + timedelta(minutes=minute))
    with pytest.raises(TooMany):
        test(NOW + timedelta(minutes=20))
    assert desk.mails(letter) == []


def test_a_thousand_in_a_handful_of_statements(desk, engine):
    desk.people(1)
    for number in range(12):
        make_registration(desk.session, desk.event, address=f"q{number}@example.org")
    letter = desk.write()
    said: list[str] = []
    desk.session.flush()
    sql_event.listen(engine, "before_cursor_execute", lambda *args: said.append(args[2]))
    desk.send(letter)
    assert len([one for one in said if "outbox" in one]) == 1
    assert len(said) < 20


def test_who_was_erased_or_was_not_them_is_in_no_letter(desk):
    from gatherings.registration.actions.leaving import not_me

    desk.people(2)
    letter = desk.write()
    desk.send(letter)
    desk.session.execute(update(OutboxMail).where(OutboxMail.recipient == "p0@example.org").values(state="sent"))
    for row in desk.mails(letter):
        not_me(desk.session, get_registration(desk.session, row.facts["of"]["public_id"]), SITE, now=NOW)
    (left,) = desk.mails(letter)
    assert (left.recipient, left.facts, left.mime) == ("", {}, None)
