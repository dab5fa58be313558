"""Mails are posted once for each key, leased by one worker, and nothing is lost on the way."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from gatherings.core.errors import NotFound
from gatherings.mail import actions, queries
from gatherings.mail.actions import NewMail
from gatherings.mail.models import OutboxMail

MINUTE = timedelta(minutes=1)


def get(ask, key="a"):
    mail_id = ask(lambda session: session.scalar(select(OutboxMail.id).where(OutboxMail.key == key)))
    return ask(queries.get_mail, mail_id)


def finish(do, now, *keys):
    """Lease everything and let the server take the mails of `keys`."""
    for mail in do(actions.lease, worker="w", now=now, limit=99):
        do(actions.store_composed, mail_id=mail.id, worker="w", subject=f"To {mail.key}", mime=b"bytes")
        if mail.key in keys:
            assert do(actions.mark_sent, mail_id=mail.id, now=now) is True


def test_same_key_posts_one_mail_with_the_first_facts(post, ask):
    assert post("a", facts={"name": "first"}) is True
    assert post("a", facts={"name": "second"}, recipient="other@example.org") is False
    assert ask(queries.count_by_state) == {"queued": 1}
    assert (get(ask).facts, get(ask).recipient) == ({"name": "first"}, "ada@example.org")


def test_message_id_comes_from_the_key_alone():
    first = actions.message_id("confirm:abc:0", "example.org")
    assert first == actions.message_id("confirm:abc:0", "example.org")
    assert first != actions.message_id("confirm:abc:1", "example.org")
    left, _, domain = first.strip("<>").partition("@")
    assert (len(left), domain) == (32, "example.org")


def test_posting_thousands_skips_those_already_there(do, post, ask, now):
    post("change:7")
    mails = [
        NewMail(f"change:{n}", "changed", f"p{n}@example.org", "Circle", "UTC", facts={"n": n}) for n in range(1203)
    ]
    assert do(actions.post_many, mails, now=now, domain="example.org") == 1202
    assert do(actions.post_many, mails, now=now, domain="example.org") == 0
    assert do(actions.post_many, [], now=now, domain="example.org") == 0
    assert ask(queries.count_by_state) == {"queued": 1203}
    mail = get(ask, "change:1202")
    assert (mail.facts, mail.message_id, mail.state, mail.tries, mail.language, mail.due_at) == (
        {"n": 1202}, actions.message_id("change:1202", "example.org"), "queued", 0, "en", now,
    )  # fmt: skip


def test_mail_is_leased_when_due_by_one_worker_for_sixty_seconds(post, do, now):
    post("later", due_at=now + MINUTE)
    post("a")
    assert [mail.key for mail in do(actions.lease, worker="dies", now=now)] == ["a"]
    assert do(actions.lease, worker="lives", now=now + timedelta(seconds=59)) == []
    taken = do(actions.lease, worker="lives", now=now + MINUTE)
    assert [(mail.key, mail.tries) for mail in taken] == [("a", 2), ("later", 1)]


def test_bytes_are_stored_once_and_only_by_the_holder_of_the_lease(post, do, ask, now):
    post("a")
    [mail] = do(actions.lease, worker="w", now=now)
    assert do(actions.store_composed, mail_id=mail.id, worker="x", subject="s", mime=b"x") is False
    assert do(actions.store_composed, mail_id=mail.id, worker="w", subject="s", mime=b"first") is True
    assert do(actions.store_composed, mail_id=mail.id, worker="w", subject="s", mime=b"second") is False
    assert get(ask).mime == b"first"


def test_sent_mail_is_never_leased_again(post, do, ask, now):
    post("a")
    finish(do, now, "a")
    assert do(actions.lease, worker="w", now=now + timedelta(days=9)) == []
    assert do(actions.give_up, mail_id=get(ask).id, error="too late") is False
    assert (get(ask).state, get(ask).sent_at) == ("sent", now)


def test_renewing_prolongs_own_leases_and_names_them(post, do, now):
    post("a")
    post("b")
    first, second = do(actions.lease, worker="w", now=now)
    assert do(actions.mark_sent, mail_id=second.id, now=now)
    assert do(actions.renew, ids=[first.id, second.id], worker="w", now=now + MINUTE / 2) == {first.id}
    assert do(actions.renew, ids=[first.id], worker="x", now=now) == set()
    assert do(actions.lease, worker="x", now=now + MINUTE) == []
    assert len(do(actions.lease, worker="x", now=now + MINUTE * 1.5)) == 1


def test_retries_grow_and_end_as_failed_in_words(post, do, ask, now):
    post("a")
    moment, state = now, "queued"
    while state == "queued":
        [mail] = do(actions.lease, worker="w", now=moment)
        state = do(actions.retry_later, mail_id=mail.id, worker="w", now=moment, error="451 not now")
        assert MINUTE <= get(ask).due_at - moment <= timedelta(hours=6)
        moment = get(ask).due_at
    assert timedelta(hours=48) < moment - now < timedelta(hours=84)
    assert [(mail.key, mail.last_error) for mail in ask(queries.list_failed)] == [("a", "451 not now")]


def test_held_mail_waits_until_released(post, do, ask, now):
    post("old", now=now - MINUTE)
    post("new")
    finish(do, now)
    assert do(actions.hold_queued, created_before=now) == 1
    assert ask(queries.count_by_state) == {"held": 1, "queued": 1}
    later = now + timedelta(hours=1)
    assert [mail.key for mail in do(actions.lease, worker="x", now=later)] == ["new"]
    assert do(actions.release_held, now=later, ids=[get(ask, "new").id]) == 0
    assert do(actions.release_held, now=later) == 1
    [mail] = do(actions.lease, worker="x", now=later)
    assert (mail.key, mail.mime, mail.tries, mail.message_id) == (
        "old", None, 1, actions.message_id("old", "example.org"),
    )  # fmt: skip


def test_bodies_go_after_their_time_and_waiting_mail_stays(post, do, ask, now):
    for key in ("sent", "waiting"):
        post(key)
    finish(do, now, "sent")
    assert do(actions.purge_bodies, before=now) == 0
    assert do(actions.purge_bodies, before=now + MINUTE) == 1
    sent = get(ask, "sent")
    assert (sent.mime, sent.facts, sent.subject, sent.recipient, sent.state) == (None, {}, None, "", "sent")
    assert do(actions.purge_bodies, before=now + MINUTE) == 0
    assert get(ask, "waiting").mime == b"bytes"


def test_erasing_leaves_no_trace_of_the_person(post, do, ask, now):
    for key in ("sent", "queued", "others"):
        about = "registration:2" if key == "others" else "registration:1"
        post(key, recipient="marker@example.org", facts={"name": "Marker"}, about=about)
    finish(do, now, "sent", "others")
    assert [mail.key for mail in ask(queries.list_about, "registration:1")] == ["queued", "sent"]
    assert do(actions.forget, ["registration:1"]) == 2
    mails = ask(queries.list_mails)
    assert [mail.key for mail in mails] == ["others", "sent"]
    sent = get(ask, "sent")
    assert (sent.recipient, sent.facts, sent.mime, sent.subject, sent.last_error) == ("", {}, None, None, None)
    assert get(ask, "others").recipient == "marker@example.org"
    assert post("sent") is False


def test_erasing_lets_a_waiting_cancellation_go_out_if_asked_to(post, do, ask, now):
    for key in ("sent", "queued"):
        post(key, about="registration:1", kind="cancelled")
    post("news", about="registration:1", kind="changed")
    finish(do, now, "sent")
    assert do(actions.forget, ["registration:1"], last_words=("cancelled",)) == 2
    assert (get(ask, "sent").recipient, get(ask, "sent").mime) == ("", None)
    assert (get(ask, "queued").recipient, get(ask, "queued").state) == ("ada@example.org", "queued")
    [mail] = do(actions.lease, worker="x", now=now + MINUTE)
    assert mail.key == "queued"
    assert do(actions.mark_sent, mail_id=mail.id, now=now + MINUTE)
    gone = get(ask, "queued")
    assert (gone.state, gone.recipient, gone.facts, gone.mime) == ("sent", "", {}, None)


def test_mailbox_pages_newest_first(post, ask, now):
    for n in range(5):
        post(str(n))
    first = ask(queries.list_mails, limit=3)
    assert [mail.key for mail in first] == ["4", "3", "2"]
    assert [mail.key for mail in ask(queries.list_mails, before_id=first[-1].id, limit=3)] == ["1", "0"]
    assert ask(queries.oldest_due, now) == now
    assert ask(queries.oldest_due, now - MINUTE) is None
    with pytest.raises(NotFound):
        ask(queries.get_mail, 999)
