"""People, limits on tries and fresh links."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from gatherings.accounts import actions
from gatherings.accounts.models import Attempt, FreshLink, Person
from gatherings.accounts.rules import normalise_address
from gatherings.core.errors import NotFound, TooMany
from gatherings.core.tokens import digest
from gatherings.core.words import say
from gatherings.db.session import transact
from tests.db.helpers import together

ADA = normalise_address("Ada@Example.org")
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def person_of(session, now, address=ADA) -> Person:
    return actions.find_or_make_person(session, address, now=now)


def test_one_address_is_one_person_however_it_is_spelled(session, now):
    one = person_of(session, now)
    again = person_of(session, now + HOUR, normalise_address("ADA@EXAMPLE.ORG"))
    assert again.id == one.id
    assert (again.address, again.key, again.created_at) == ("Ada@example.org", "ada@example.org", now)
    assert person_of(session, now, normalise_address("ida@example.org")).id != one.id


def test_people_who_come_at_once_with_one_address_are_one(app, session, now):
    found = together(
        app, 8, lambda number: transact(lambda writing: actions.find_or_make_person(writing, ADA, now=now).id)
    )
    assert [each for each in found if isinstance(each, Exception)] == []
    assert len(set(found)) == 1
    assert session.scalar(select(func.count(Person.id))) == 1


def test_nobody_is_found_where_nobody_is(session):
    assert actions.find_person(session, "nobody@example.org") is None


def test_attempts_are_counted_within_their_window(session, now):
    counted = [actions.count_attempt(session, "mail", "1:2", most=3, window=HOUR, now=now) for _ in range(5)]
    assert counted == [True, True, True, False, False]
    still = now + HOUR - timedelta(seconds=1)
    assert not actions.count_attempt(session, "mail", "1:2", most=3, window=HOUR, now=still)
    over = now + HOUR
    assert [actions.count_attempt(session, "mail", "1:2", most=3, window=HOUR, now=over) for _ in range(4)] == [
        True, True, True, False,
    ]  # fmt: skip


def test_each_thing_and_each_kind_is_counted_by_itself(session, now):
    for kind, what in (("mail", "1:2"), ("mail", "1:3"), ("register", "1:2"), ("mai", "l1:2")):
        assert actions.count_attempt(session, kind, what, most=1, window=HOUR, now=now)
    assert session.scalar(select(func.count(Attempt.id))) == 4


def test_what_is_limited_is_stored_as_a_digest_alone(session, now):
    actions.count_attempt(session, "mail", "ada@example.org", most=1, window=HOUR, now=now)
    [row] = session.scalars(select(Attempt)).all()
    assert (row.key, row.ends_at) == (digest("mail:ada@example.org"), now + HOUR)


def test_threads_get_exactly_as_many_tries_as_there_are(app, session, now):
    def attempt(number: int) -> bool:
        return transact(actions.count_attempt, "mail", "1:2", most=5, window=HOUR, now=now)

    results = together(app, 16, attempt)
    assert sorted(results) == [False] * 11 + [True] * 5
    assert session.scalar(select(Attempt.count)) == 16


def test_beyond_the_limit_is_refused_in_words_with_the_time_to_wait(session, now):
    actions.limit_attempts(session, "mail", "1", most=1, window=10 * MINUTE, now=now)
    with pytest.raises(TooMany, match="Please wait a little") as refused:
        actions.limit_attempts(session, "mail", "1", most=1, window=10 * MINUTE, now=now)
    assert refused.value.retry_after == 600
    with pytest.raises(TooMany, match=r"^Own words"):
        actions.limit_attempts(session, "mail", "1", most=1, window=10 * MINUTE, now=now, sentence=say("Own words."))


def test_was_tried_looks_without_counting(session, now):
    assert not actions.was_tried(session, "not-me", "1:2", now=now)
    actions.count_attempt(session, "not-me", "1:2", most=1, window=HOUR, now=now)
    for _ in range(3):
        assert actions.was_tried(session, "not-me", "1:2", now=now)
    assert not actions.was_tried(session, "not-me", "1:3", now=now)
    assert not actions.was_tried(session, "not-me", "1:2", now=now + HOUR)


def test_attempts_and_links_are_forgotten_after_their_time(session, now):
    actions.count_attempt(session, "mail", "short", most=1, window=MINUTE, now=now)
    actions.count_attempt(session, "mail", "long", most=1, window=HOUR, now=now)
    person = person_of(session, now)
    actions.make_fresh_link(session, person, "my-data", now=now - HOUR)
    actions.make_fresh_link(session, person, "sign-in", now=now)
    session.flush()
    assert actions.forget_attempts(session, now=now + MINUTE) == 1
    assert session.scalars(select(Attempt.key)).all() == [digest("mail:long")]
    assert session.scalars(select(FreshLink.purpose)).all() == ["sign-in"]


def test_a_fresh_link_leads_to_its_person_for_its_purpose_within_its_hour(session, now):
    person = person_of(session, now)
    secret = actions.make_fresh_link(session, person, "my-data", now=now)
    session.flush()

    def found(secret=secret, purpose="my-data", at=now):
        return actions.person_of_fresh_link(session, secret, purpose, now=at)

    assert found() is person
    assert found(at=now + actions.FRESH_LINK_LIFE - timedelta(seconds=1)) is person
    for wrong in (
        {"at": now + actions.FRESH_LINK_LIFE}, {"purpose": "sign-in"}, {"secret": secret[:-1]}, {"secret": ""},
        {"secret": digest(secret)}, {"secret": "\x00\ud800"}, {"secret": secret + "A"},
    ):  # fmt: skip
        with pytest.raises(NotFound, match="Please ask for a new one"):
            found(**wrong)


def test_only_the_digest_of_a_fresh_link_is_stored(session, now):
    secret = actions.make_fresh_link(session, person_of(session, now), "my-data", now=now)
    session.flush()
    [row] = session.scalars(select(FreshLink)).all()
    assert row.digest == digest(secret)
    assert secret not in repr(vars(row))


def test_a_new_link_ends_the_one_before_for_the_same_purpose(session, now):
    person = person_of(session, now)
    first = actions.make_fresh_link(session, person, "my-data", now=now)
    other = actions.make_fresh_link(session, person, "sign-in", now=now)
    second = actions.make_fresh_link(session, person, "my-data", now=now)
    session.flush()
    with pytest.raises(NotFound):
        actions.person_of_fresh_link(session, first, "my-data", now=now)
    assert actions.person_of_fresh_link(session, second, "my-data", now=now) is person
    assert actions.person_of_fresh_link(session, other, "sign-in", now=now) is person


def test_all_links_of_a_person_can_be_ended_and_nobody_elses(session, now):
    ada, bo = person_of(session, now), person_of(session, now, normalise_address("bo@example.org"))
    secrets = [actions.make_fresh_link(session, each, "my-data", now=now) for each in (ada, bo)]
    session.flush()
    actions.end_fresh_links(session, ada.id)
    with pytest.raises(NotFound):
        actions.person_of_fresh_link(session, secrets[0], "my-data", now=now)
    assert actions.person_of_fresh_link(session, secrets[1], "my-data", now=now) is bo


def test_a_feed_gets_a_new_address(session, now):
    ada, bo = person_of(session, now), person_of(session, now, normalise_address("bo@example.org"))
    actions.renew_feed(session, ada.id)
    session.expire_all()
    assert (ada.feed_version, bo.feed_version) == (2, 1)
