"""`gatherings check`: each thing that is wrong in words of its own, and status 1."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text, update

from gatherings.core import zones
from gatherings.core.clock import utc_now
from gatherings.db.places import Places
from gatherings.double import running_double
from gatherings.events.models import Event
from gatherings.jobs import actions as jobs
from gatherings.jobs.models import Job
from gatherings.mail.models import OutboxMail
from gatherings.registration.models import Registration
from tests.factories import make_event, make_registration
from tests.mail.receiver import Receiver
from tests.servers import free_port

HTTPS = {"BASE_URL": "https://gatherings.test"}


@pytest.fixture
def server():
    with Receiver() as running:
        yield f"smtp://{running.host}:{running.port}"


@pytest.fixture
def check(command, server, session):
    """Look at everything, as an installation in good order; give status and the lines about what is wrong."""

    def run(**settings: str) -> tuple[int, list[str]]:
        session.commit()
        done = command("check", **{"SMTP_URL": server, **HTTPS, **settings})
        lines = done.output.splitlines()
        problems = [line.removeprefix("- ") for line in lines if line.startswith("- ")]
        assert lines[-1] == (f"{len(problems)} to look at." if problems else "Everything is in order.")
        return done.exit_code, problems

    return run


@pytest.fixture
def alive(session):
    """A worker that was seen just now."""
    jobs.beat(session, worker="w", started_at=utc_now(), now=utc_now())
    session.commit()


def test_an_installation_in_good_order_says_so(check, alive, session, command, server):
    make_registration(session, make_event(session, starts_local=datetime(2030, 12, 15, 18)), now=utc_now())
    session.execute(update(OutboxMail).values(state="sent", sent_at=utc_now()))
    assert check() == (0, [])
    lines = command("check", SMTP_URL=server, **HTTPS).output.splitlines()
    assert lines[0].startswith("Database: ")
    assert lines[1] == "Address: https://gatherings.test; mail from gatherings@example.org."
    assert lines[2] == f"Zone rules: tzdata {zones.tzdata_version()}."


def test_a_database_without_tables_names_the_command_that_makes_them(bare, tmp_path):
    done = bare("check", DATABASE_URL=f"sqlite:///{tmp_path}/empty.sqlite")
    assert done.exit_code == 1
    assert "- The database has no tables yet. Run: gatherings db upgrade\n1 to look at.\n" in done.output


def test_upgrade_makes_the_tables(bare, tmp_path):
    address = {"DATABASE_URL": f"sqlite:///{tmp_path}/empty.sqlite"}
    assert bare("db", "upgrade", **address).exit_code == 0
    assert "no tables" not in bare("check", **address).output
    assert bare("db", "current", **address).exit_code == 0


def test_a_database_of_a_newer_version_is_left_alone(check, alive, session):
    session.execute(text("UPDATE alembic_version SET version_num = 'from_the_future'"))
    assert check() == (1, ["The database was made by a newer version of Gatherings. Please install that version."])


def test_a_database_that_is_away_is_said_to_be(bare, tmp_path):
    done = bare("check", DATABASE_URL=f"postgresql://postgres@/nothing?host={tmp_path}")
    assert done.exit_code == 1
    assert "- The database cannot be reached (it is away)." in done.output
    assert "Traceback" not in done.output


def test_a_pool_that_counts_wrong_is_named_with_its_event(check, alive, session):
    event = make_event(session, slug="miscounted", starts_local=datetime(2030, 12, 15, 18))
    make_registration(session, event, now=utc_now())
    session.execute(update(OutboxMail).values(state="sent", sent_at=utc_now()))
    session.execute(update(Places).values(taken=3))
    assert check() == (1, [
        f"Places {event.online_id} of miscounted count 3 taken, but 1 registrations hold one. Please report this."
    ])  # fmt: skip


def test_who_waits_although_there_is_a_place_is_named(check, alive, session):
    event = make_event(session, slug="waiting", capacity_online=1, starts_local=datetime(2030, 12, 15, 18))
    for address in ("ada@example.org", "bo@example.org"):
        make_registration(session, event, address=address, now=utc_now())
    session.execute(update(OutboxMail).values(state="sent", sent_at=utc_now()))
    session.execute(update(Places).values(capacity=2))
    assert check() == (1, ["1 wait for a place at waiting although there are free ones. Please report this."])


def test_cancelled_registrations_and_lowered_capacities_are_no_problem(check, alive, session):
    event = make_event(session, capacity_online=5, starts_local=datetime(2030, 12, 15, 18))
    for address in ("ada@example.org", "bo@example.org"):
        make_registration(session, event, address=address, now=utc_now())
    session.execute(update(OutboxMail).values(state="sent", sent_at=utc_now()))
    session.execute(update(Places).values(capacity=1))  # above what is taken: nobody is thrown out
    assert check() == (0, [])
    session.execute(update(Registration).values(state="cancelled", places_id=None))
    session.execute(update(Places).values(taken=0))
    assert check() == (0, [])


def a_mail(session, state: str, **values) -> OutboxMail:
    make_registration(session, make_event(session, starts_local=datetime(2030, 12, 15, 18)), now=utc_now())
    session.execute(update(OutboxMail).values(state=state, **values))
    return session.query(OutboxMail).one()


def test_a_mail_that_failed_is_shown_with_the_servers_words_and_without_the_address(check, alive, session):
    a_mail(session, "failed", last_error="550 no such user")
    assert check() == (
        1, ["A mail (confirmed) to somebody at example.org could not be sent: 550 no such user"],
    )  # fmt: skip


def test_mail_that_waits_too_long_is_told_with_its_hour(check, alive, session):
    a_mail(session, "queued", due_at=utc_now() - timedelta(minutes=4))
    assert check() == (0, [])
    due = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    session.execute(update(OutboxMail).values(due_at=due))
    status, [problem] = check()
    assert status == 1
    assert problem == "Mail waits since 2026-01-02 03:04 UTC. Is the worker running, and the mail server there?"


def test_mail_held_back_since_a_restore_is_counted(check, alive, session):
    a_mail(session, "held")
    assert check() == (1, ["1 mails are held back since a restore. To send them: gatherings release"])


def test_failed_jobs_are_counted(check, alive, session):
    jobs.enqueue(session, kind="tidy", key="x", due_at=utc_now(), now=utc_now())
    session.execute(update(Job).values(state="failed"))
    assert check() == (1, ["1 jobs failed; the log says why."])


def test_a_missing_worker_is_told_except_in_a_demo(check, session):
    words = "No worker has given a sign of life in the last minute. Run: gatherings worker"
    assert check() == (1, [words])
    long_ago = utc_now() - timedelta(seconds=61)
    jobs.beat(session, worker="w", started_at=long_ago, now=long_ago)
    assert check() == (1, [words])
    assert check(GATHERINGS_DEMO="1") == (0, [])


def test_a_missing_mail_server_is_told_except_in_a_demo(check, alive):
    assert check(SMTP_URL="") == (1, ["SMTP_URL is not set: mail stays in the outbox and nobody gets an invite."])
    assert check(SMTP_URL="", GATHERINGS_DEMO="1") == (0, [])


def test_a_mail_server_that_does_not_answer_is_told_in_its_words(check, alive):
    status, [problem] = check(SMTP_URL=f"smtp://127.0.0.1:{free_port()}")
    assert status == 1
    assert problem.startswith("The mail server cannot be used: ")
    assert "refused" in problem.lower()


@pytest.mark.parametrize(
    ("base_url", "wrong"),
    [("http://gatherings.test", True), ("https://gatherings.test", False), ("http://127.0.0.1:8000", False),
     ("http://localhost:8000", False)],
)  # fmt: skip
def test_people_deserve_tls(check, alive, base_url, wrong):
    words = ["BASE_URL begins with http://. People's links deserve https://."]
    assert check(BASE_URL=base_url) == (1 if wrong else 0, words if wrong else [])


def test_coming_events_of_older_zone_rules_are_counted_until_they_were_retimed(check, alive, session, command):
    make_event(session, starts_local=datetime(2030, 12, 15, 18))
    make_event(session, starts_local=datetime(2020, 12, 15, 18))
    session.execute(update(Event).values(zone_rules="2020a"))
    assert check() == (1, ["1 coming events were timed with other zone rules. Run: gatherings retime"])
    assert command("retime").exit_code == 0  # looking changes nothing
    assert check()[0] == 1
    assert command("retime", "--apply").output.endswith("No event moved.\n")
    assert check() == (0, [])


def test_everything_that_is_wrong_is_told_at_once(check, session):
    a_mail(session, "held")
    session.execute(update(Places).values(taken=9))
    status, problems = check(SMTP_URL="", BASE_URL="http://gatherings.test")
    assert (status, len(problems)) == (1, 5)


def test_five_kinds_of_wrong_stripe_settings_in_words(check, alive):
    """Each sentence is held to in tests/payments/test_stripe_check.py; here they come out of the command."""
    hook = f"{HTTPS['BASE_URL']}/payments/stripe/webhook"
    test_key = "STRIPE_SECRET_KEY is a test key: cards are not charged, and nobody's real card is taken."
    with running_double() as double:
        row = double.serves(HTTPS["BASE_URL"])
        assert check(**double.settings) == (1, [test_key])
        wrong: list[tuple[dict[str, Any], dict[str, Any], str]] = [
            ({"url": "https://another.example.org/"}, {}, f"Stripe has no webhook endpoint for {hook}: "),
            ({"status": "disabled"}, {}, f"The webhook endpoint {hook} is disabled"),
            ({"enabled_events": ["refund.failed"]}, {}, f"The webhook endpoint {hook} lacks events: checkout.session."),
            ({"api_version": "2020-08-27"}, {}, f"The webhook endpoint {hook} has version 2020-08-27 of Stripe's API"),
            ({}, {"charges_enabled": False}, "The account at Stripe cannot take payments yet"),
        ]
        good, account = dict(row), dict(double.books.account)
        for endpoint, changes, begins in wrong:
            row.update(good | endpoint)
            double.books.account.update(account | changes)
            status, problems = check(**double.settings)
            assert (status, len(problems)) == (1, 2)
            assert any(words.startswith(begins) for words in problems), problems
        status, [words] = check(**{**double.settings, "STRIPE_SECRET_KEY": "sk_test_of_somebody_else"})
        assert (status, words.startswith("Stripe does not know the key")) == (1, True)
