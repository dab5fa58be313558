"""The server's answers become plain outcomes, and a bad day of the server's is never an exception."""

import time

import pytest

from gatherings.config import Smtp
from gatherings.mail.transport import Away, Lost, Refused, Sent, Transport, TryLater, try_connection

FROM = "gatherings@example.org"
MIME = b"From: a\r\nTo: b\r\n\r\n.dot at the start\r\n..two\r\nend\r\n"


@pytest.fixture
def transport(receiver):
    with Transport(Smtp(receiver.host, receiver.port), command_timeout=0.5, connect_timeout=0.5) as made:
        yield made


def test_mail_arrives_unchanged_and_one_line_serves_many(receiver, transport):
    for n in range(5):
        assert transport.send(FROM, f"p{n}@example.org", MIME) == Sent()
    assert [mail.recipient for mail in receiver.messages] == [f"p{n}@example.org" for n in range(5)]
    assert {(mail.sender, mail.data) for mail in receiver.messages} == {(FROM, MIME)}
    assert receiver.connections == 1


def test_refused_and_postponed_recipients_leave_the_line_usable(receiver, transport):
    receiver.answers = {"gone@example.org": "550 5.1.1 No such user", "full@example.org": "452 4.2.2 Mailbox full"}
    assert transport.send(FROM, "gone@example.org", MIME) == Refused("550 5.1.1 No such user")
    assert transport.send(FROM, "full@example.org", MIME) == TryLater("452 4.2.2 Mailbox full")
    assert transport.send(FROM, "ada@example.org", MIME) == Sent()
    assert receiver.connections == 1


def test_dropped_line_is_told_and_opened_again(receiver, transport):
    receiver.drops = 1
    assert isinstance(transport.send(FROM, "ada@example.org", MIME), Lost)
    assert transport.send(FROM, "ada@example.org", MIME) == Sent()
    assert receiver.connections == 2
    assert [mail.data for mail in receiver.dropped] == [MIME]


def test_silent_server_is_left_after_the_time_limit(receiver, transport):
    receiver.hanging = True
    began = time.monotonic()
    outcome = transport.send(FROM, "ada@example.org", MIME)
    assert isinstance(outcome, Lost)
    assert outcome.silent
    assert time.monotonic() - began < 3
    receiver.hanging = False
    assert transport.send(FROM, "ada@example.org", MIME) == Sent()


def test_server_that_is_not_there_or_refuses_us_is_away(receiver, transport):
    receiver.answer_sender = "550 5.7.1 We do not know you"
    assert transport.send(FROM, "ada@example.org", MIME) == Away("550 5.7.1 We do not know you")
    receiver.stop()
    assert isinstance(transport.send(FROM, "ada@example.org", MIME), Away)


def test_closing_server_is_a_lost_line_and_no_fault_of_the_mail(receiver, transport):
    receiver.answer_all = "421 4.3.2 Closing"
    assert transport.send(FROM, "ada@example.org", MIME) == Lost("421 4.3.2 Closing")


def test_password_is_never_sent_to_a_server_without_tls_or_login(receiver):
    for smtp in (Smtp(receiver.host, receiver.port, "u", "secret"), Smtp(receiver.host, receiver.port, tls="starttls")):
        with Transport(smtp) as transport:
            outcome = transport.send(FROM, "ada@example.org", MIME)
        assert isinstance(outcome, Away)
        assert "secret" not in outcome.words
    assert receiver.messages == []


@pytest.mark.parametrize(
    "address",
    ["", "ada", "ada@example.org\r\nRCPT TO:<x@example.org>", "a b@example.org", "<a@example.org>", "ada@exämple.org"],
)
def test_address_that_is_none_is_refused_before_the_server_sees_it(receiver, transport, address):
    assert isinstance(transport.send(FROM, address, MIME), Refused)
    assert (receiver.messages, receiver.connections) == ([], 0)


def test_letters_beyond_ascii_before_the_at_are_refused_in_words(receiver, transport):
    outcome = transport.send(FROM, "åsa@example.org", MIME)
    assert isinstance(outcome, Refused)
    assert "plain letters" in outcome.words
    assert transport.send(FROM, "asa@example.org", MIME) == Sent()


def test_letters_beyond_ascii_are_sent_where_the_server_takes_them(receiver, transport):
    receiver.stop()
    receiver.takes_any_letter = True
    receiver.start()
    assert transport.send(FROM, "åsa@example.org", MIME) == Sent()
    assert [mail.recipient for mail in receiver.messages] == ["åsa@example.org"]


def test_knocking_tells_whether_the_server_lets_us_in(receiver):
    assert try_connection(Smtp(receiver.host, receiver.port)) is None
    assert "STARTTLS" in (try_connection(Smtp(receiver.host, receiver.port, tls="starttls")) or "")
    receiver.stop()
    assert "refused" in (try_connection(Smtp(receiver.host, receiver.port)) or "").lower()
