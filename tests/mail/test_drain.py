"""Whatever the mail server, a template or a worker does: each mail goes out once, or is shown as failed."""

import threading
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from gatherings.config import Smtp
from gatherings.core.clock import utc_now
from gatherings.jobs.actions import MAX_TRIES
from gatherings.jobs.worker import Loop
from gatherings.mail import actions, queries
from gatherings.mail.drain import Pauses, drain
from gatherings.mail.message import Letter
from gatherings.mail.models import OutboxMail
from gatherings.mail.transport import Transport
from tests.mail.conftest import hello
from tests.mail.receiver import Receiver

MINUTE = timedelta(minutes=1)
NO_PAUSE = Pauses(0.0, 0.0)


def broken(mail: OutboxMail) -> Letter:
    raise KeyError("starts_local")


COMPOSERS = {"hello": hello, "broken": broken}


@pytest.fixture
def quick(receiver):
    """Open a transport whose time limits suit a test."""
    return lambda: Transport(Smtp(receiver.host, receiver.port), connect_timeout=0.5, command_timeout=0.5)


@pytest.fixture
def send(app, settings, quick):
    """The drain as one worker runs it, without pauses: `send("w", now)` gives how many mails it dealt with."""
    return drain(app, COMPOSERS, settings, pauses=NO_PAUSE, open_transport=quick)


def mails(ask) -> dict[str, OutboxMail]:
    return {mail.key: ask(queries.get_mail, mail.id) for mail in ask(queries.list_mails)}


def all_of(send, worker, now):
    while send(worker, now):
        pass


def test_mail_is_composed_stored_sent_and_marked(post, send, ask, receiver, now):
    post("a")
    assert send("w", now) == 1
    assert send("w", now) == 0
    [got] = receiver.messages
    mail = mails(ask)["a"]
    assert (mail.state, mail.subject, mail.tries, mail.mime) == ("sent", "Hello a", 1, got.data)
    assert got.message["Message-ID"] == mail.message_id == actions.message_id("a", "example.org")
    assert got.message["To"] == got.recipient == "ada@example.org"
    assert got.message["From"] == "Resonance Circle via Gatherings <gatherings@example.org>"


def test_without_a_mail_server_mail_is_composed_and_kept(app, settings, post, ask, receiver, now):
    post("a")
    keep = drain(app, COMPOSERS, replace(settings, smtp=None))
    assert (keep("w", now), keep("w", now)) == (1, 0)
    mail = mails(ask)["a"]
    assert (mail.state, mail.subject, receiver.messages) == ("kept", "Hello a", [])
    assert mail.mime is not None
    assert b"Hello a." in mail.mime


def test_lost_250_is_one_retry_with_the_same_bytes(post, send, ask, receiver, now):  # B5
    receiver.drops = 1
    post("a")
    assert send("w", now) == 0
    all_of(send, "w", now + MINUTE)
    [lost], [taken] = receiver.dropped, receiver.messages
    assert lost.data == taken.data
    assert lost.message["Message-ID"] == taken.message["Message-ID"]
    assert mails(ask)["a"].state == "sent"


def test_poison_mail_fails_alone_and_the_rest_goes_on(post, send, ask, receiver, now):  # B6
    receiver.answers = {"gone@example.org": "550 5.1.1 No such user", "full@example.org": "452 4.2.2 Mailbox full"}
    receiver.drop_for = {"dropper@example.org"}
    post("gone", "gone@example.org")
    post("broken", kind="broken")
    post("unknown", kind="nobody writes this")
    post("full", "full@example.org")
    post("dropper", "dropper@example.org")
    post("umlaut", "åsa@example.org")
    for n in range(30):
        post(f"good{n}", f"p{n}@example.org")
    all_of(send, "w", now)
    assert sorted(mail.recipient for mail in receiver.messages) == sorted(f"p{n}@example.org" for n in range(30))
    rows = mails(ask)
    assert {key: mail.state for key, mail in rows.items() if not key.startswith("good")} == {
        "gone": "failed", "umlaut": "failed", "broken": "queued", "unknown": "queued", "full": "queued",
        "dropper": "queued",
    }  # fmt: skip
    assert rows["gone"].last_error == "550 5.1.1 No such user"
    assert rows["broken"].last_error == "KeyError: 'starts_local'"
    assert rows["full"].last_error == "452 4.2.2 Mailbox full"
    for key in ("broken", "unknown", "full", "dropper"):
        assert (rows[key].tries, rows[key].due_at) == (1, now + MINUTE)


def test_mail_that_cannot_be_composed_fails_after_its_tries(post, send, ask, now):
    post("broken", kind="broken")
    moment = now
    while mails(ask)["broken"].state == "queued":
        all_of(send, "w", moment)
        moment = mails(ask)["broken"].due_at
    assert mails(ask)["broken"].tries == MAX_TRIES
    assert [mail.key for mail in ask(queries.list_failed)] == ["broken"]


def test_trouble_of_the_servers_counts_against_no_mail(app, post, send, ask, receiver, now):  # B4
    for n in range(25):
        post(str(n), f"p{n}@example.org")
    moment = now
    for trouble in (
        {"answer_all": "451 4.3.0 later"},
        {"hanging": True},
        {"answer_sender": "451 4.3.0 no"},
        {"drops": 9},
    ):
        for name, value in trouble.items():
            setattr(receiver, name, value)
        for _ in range(3):
            assert send("w", moment) == 0
            moment += MINUTE
        receiver.answer_all = receiver.answer_sender = None
        receiver.hanging, receiver.drops = False, 0
    receiver.stop()
    assert send("w", moment) == 0
    rows = mails(ask)
    assert {(mail.state, mail.tries) for mail in rows.values()} == {("queued", 0)}
    assert max(mail.due_at for mail in rows.values()) <= moment
    receiver.start()
    all_of(send, "w", moment)
    assert sorted(mail.recipient for mail in receiver.messages) == sorted(f"p{n}@example.org" for n in range(25))


def test_all_mail_goes_out_soon_after_the_server_returns_each_once(app, post, settings, ask, receiver, quick):  # B4
    receiver.stop()
    for n in range(60):
        post(str(n), f"p{n}@example.org", now=utc_now())
    stop, killed = threading.Event(), threading.Event()
    pauses = Pauses(0.1, 0.5)
    loops = [
        Loop(app, name, drains=[drain(app, COMPOSERS, settings, pauses=pauses, open_transport=quick)]) for name in "ab"
    ]
    threads = [
        threading.Thread(target=loop.run, args=(event,)) for loop, event in zip(loops, (killed, stop), strict=True)
    ]
    for thread in threads:
        thread.start()
    time.sleep(1.5)
    killed.set()  # one of the two goes away in the midst of it
    receiver.start()
    got = receiver.wait_for(60)
    time.sleep(0.3)
    stop.set()
    for thread in threads:
        thread.join(10)
    assert sorted(mail.recipient for mail in got) == sorted(f"p{n}@example.org" for n in range(60))
    assert len(receiver.messages) == 60
    assert ask(queries.count_by_state) == {"sent": 60}


def test_two_workers_send_each_mail_once(app, settings, post, ask, receiver, now):  # B19
    for n in range(60):
        post(str(n), f"p{n}@example.org")
    start = threading.Barrier(2)

    def work(name: str) -> None:
        mine = drain(app, COMPOSERS, settings)
        start.wait()
        all_of(mine, name, now)

    threads = [threading.Thread(target=work, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(mail.recipient for mail in receiver.messages) == sorted(f"p{n}@example.org" for n in range(60))
    assert ask(queries.count_by_state) == {"sent": 60}


def test_mail_of_a_dead_worker_is_sent_by_the_next_with_its_bytes(post, do, send, ask, receiver, now):  # B19
    post("a")
    [mail] = do(actions.lease, worker="dies", now=now)
    do(actions.store_composed, mail_id=mail.id, worker="dies", subject="s", mime=b"Subject: s\r\n\r\nas composed\r\n")
    assert send("lives", now + timedelta(seconds=59)) == 0
    assert send("lives", now + timedelta(seconds=60)) == 1
    assert [got.data for got in receiver.messages] == [b"Subject: s\r\n\r\nas composed\r\n"]


def test_server_is_left_alone_for_growing_pauses(app, post, settings, receiver, now):
    post("a")
    receiver.answer_sender = "451 4.3.0 no"
    slow = drain(app, COMPOSERS, settings, pauses=Pauses(0.4, 10.0))
    assert slow("w", now) == 0
    slow("w", now)
    assert receiver.connections == 1
    time.sleep(0.45)
    slow("w", now)
    time.sleep(0.45)
    slow("w", now)
    assert receiver.connections == 2


def test_mail_tried_for_three_days_is_given_up_aloud(post, send, ask, receiver, now):
    post("a")
    receiver.stop()
    for moment in (now, now + timedelta(hours=72)):
        send("w", moment)
        assert mails(ask)["a"].state == "queued"
    send("w", now + timedelta(hours=72, seconds=1))
    mail = mails(ask)["a"]
    assert mail.state == "failed"
    assert "refused" in (mail.last_error or "").lower()


def test_posting_is_quick_while_the_server_hangs(app, post, settings, ask, receiver):  # B4
    receiver.hanging = True
    post("first", now=utc_now())
    stop = threading.Event()
    thread = threading.Thread(target=Loop(app, "w", drains=[drain(app, COMPOSERS, settings)]).run, args=(stop,))
    thread.start()
    assert Receiver.wait(lambda: receiver.connections == 1)
    began = time.monotonic()
    post("second", now=utc_now())
    assert time.monotonic() - began < 2
    receiver.hanging = False
    receiver.wait_for(2)
    stop.set()
    thread.join(10)
    assert ask(queries.count_by_state) == {"sent": 2}


def test_hundred_mails_leave_at_twenty_a_second_or_more(app, settings, do, ask, receiver, now):  # A8, small
    new = [
        actions.NewMail(str(n), "hello", f"p{n}@example.org", "Circle", "UTC", facts={"name": n}) for n in range(100)
    ]
    do(actions.post_many, new, now=now, domain="example.org")
    began = time.monotonic()
    all_of(drain(app, COMPOSERS, settings), "w", now)
    seconds = time.monotonic() - began
    print(f"{100 / seconds:.0f} mails a second")
    assert ask(queries.count_by_state) == {"sent": 100}
    assert seconds < 5
    assert receiver.connections == 5
