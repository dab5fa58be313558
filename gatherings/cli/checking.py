"""`gatherings check`: settings, database, migrations, mail and the invariants of the data, in words."""

import sys
from collections.abc import Iterator
from datetime import timedelta

import click
from flask import current_app
from sqlalchemy import exists, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from gatherings.app import create_app, data_folder
from gatherings.calls.models import Call, Submission
from gatherings.cli.checking_money import wrong_money
from gatherings.cli.checking_papers import wrong_papers
from gatherings.cli.checking_stripe import wrong_stripe
from gatherings.config import Settings, database_url_for_people
from gatherings.core import zones
from gatherings.core.clock import utc_now
from gatherings.db.migrations import current_revision, revisions
from gatherings.db.places import Places
from gatherings.db.session import current_session, db, unavailable
from gatherings.events.models import Event
from gatherings.jobs import queries as job_queries
from gatherings.mail import queries as mail_queries
from gatherings.mail.transport import try_connection
from gatherings.registration.models import Registration
from gatherings.registration.rules import HOLDING
from gatherings.slots.models import Item, RunningOrder
from gatherings.tickets.models import Code, TicketKind


@click.command()
def check() -> None:
    """Look at everything and say in words what is wrong; exit 1 if anything is."""
    app = create_app()
    settings: Settings = app.config["GATHERINGS"]
    click.echo(f"Database: {database_url_for_people(settings)}")
    click.echo(f"Address: {settings.base_url}; mail from {settings.mail_from}.")
    click.echo(f"Zone rules: tzdata {zones.tzdata_version()}.")
    with app.app_context():
        problems = list(find_problems(settings))
    for problem in problems:
        click.echo(f"- {problem}")
    click.echo("Everything is in order." if not problems else f"{len(problems)} to look at.")
    sys.exit(1 if problems else 0)


def find_problems(settings: Settings) -> Iterator[str]:
    """Give a sentence for each thing that is wrong."""
    problem = schema_problem()
    if problem:
        yield problem
        return
    session = current_session()
    yield from wrong_counts(session)
    yield from wrong_slots(session)
    yield from wrong_money(session)
    yield from wrong_papers(session)
    yield from stuck_work(session)
    yield from wrong_stripe(settings, session)
    if settings.smtp is None:
        if not settings.demo:
            yield "SMTP_URL is not set: mail stays in the outbox and nobody gets an invite."
    elif words := try_connection(settings.smtp):
        yield f"The mail server cannot be used: {words}"
    if settings.base_url.startswith("http://") and settings.host not in ("127.0.0.1", "localhost"):
        yield "BASE_URL begins with http://. People's links deserve https://."
    outdated = session.scalar(
        select(func.count(Event.id)).where(Event.starts_at > utc_now(), Event.zone_rules != zones.tzdata_version())
    )
    if outdated:
        yield f"{outdated} coming events were timed with other zone rules. Run: gatherings retime"


def schema_problem() -> str | None:
    """Compare the database's revision with the newest migration we have; give a sentence, or None if they agree."""
    known, heads = revisions(data_folder("migrations"))
    try:
        with db.engine.connect() as connection:
            current = current_revision(connection)
    except DBAPIError as error:
        return f"The database cannot be reached ({'it is away' if unavailable(error) else type(error.orig).__name__})."
    if (current,) == heads:
        return None
    if current is None:
        return "The database has no tables yet. Run: gatherings db upgrade"
    if current not in known:
        return "The database was made by a newer version of Gatherings. Please install that version."
    return "The database is older than this version of Gatherings. Make a backup, then run: gatherings db upgrade"


def wrong_counts(session: Session) -> Iterator[str]:
    """Name every pool whose `taken` differs from the registrations that hold a place in it (domain.md 8)."""
    held = (
        select(Registration.places_id, func.count(Registration.id).label("held"))
        .where(Registration.state.in_(HOLDING))
        .group_by(Registration.places_id)
        .subquery()
    )
    rows = session.execute(
        select(Places.id, Places.taken, func.coalesce(held.c.held, 0), Event.slug)
        .outerjoin(held, held.c.places_id == Places.id)
        .outerjoin(Event, (Event.room_id == Places.id) | (Event.online_id == Places.id))
        .where(Places.taken != func.coalesce(held.c.held, 0))
        # Those count tickets: checking_money.py.
        .where(~exists().where(TicketKind.places_id == Places.id), ~exists().where(Code.places_id == Places.id))
    )
    for places_id, taken, holding, slug in rows:
        yield (
            f"Places {places_id} of {slug or 'no event'} count {taken} taken, "
            f"but {holding} registrations hold one. Please report this."
        )
    waiting = session.execute(
        select(Event.slug, func.count(Registration.id))
        .join(Places, (Event.room_id == Places.id) | (Event.online_id == Places.id))
        .join(Registration, Registration.waits_for_id == Places.id)
        .where((Places.capacity.is_(None)) | (Places.taken < Places.capacity))
        .group_by(Event.slug)
    )
    for slug, count in waiting:
        yield f"{count} wait for a place at {slug} although there are free ones. Please report this."


def wrong_slots(session: Session) -> Iterator[str]:
    """Name calls whose counts differ from the submissions they accepted, and slots in another event's order."""
    accepted = (
        select(
            Submission.call_id, func.count(Submission.id).label("number"), func.sum(Submission.seconds).label("long")
        )
        .where(Submission.state == "accepted")
        .group_by(Submission.call_id)
        .subquery()
    )
    rows = session.execute(
        select(Event.slug, Call, func.coalesce(accepted.c.number, 0), func.coalesce(accepted.c.long, 0))
        .join(Event, Event.id == Call.event_id)
        .outerjoin(accepted, accepted.c.call_id == Call.id)
        .order_by(Call.id)
    )
    for slug, call, number, seconds in rows:
        long = int(seconds) + number * call.change_seconds
        if (call.accepted, call.accepted_seconds) != (number, long):
            yield (
                f"The call of {slug} counts {call.accepted} accepted with {call.accepted_seconds} s, "
                f"but there are {number} with {long} s. Please report this."
            )
    strays = session.execute(
        select(Event.slug, func.count(Item.id))
        .join(RunningOrder, RunningOrder.event_id == Event.id)
        .join(Item, Item.order_id == RunningOrder.id)
        .join(Submission, Submission.id == Item.submission_id)
        .join(Call, Call.id == Submission.call_id)
        .where(Call.event_id != Event.id)
        .group_by(Event.slug)
    )
    for slug, count in strays:
        yield f"{count} slots in the running order of {slug} were offered to another gathering. Please report this."


def stuck_work(session: Session) -> Iterator[str]:
    """Name mail and jobs that failed or wait too long, and a worker that gives no sign of life."""
    now = utc_now()
    counts = mail_queries.count_by_state(session)
    for mail in mail_queries.list_failed(session, limit=20):
        domain = mail.recipient.rpartition("@")[2]
        yield f"A mail ({mail.kind}) to somebody at {domain} could not be sent: {mail.last_error}"
    if counts.get("failed", 0) > 20:
        yield f"… and {counts['failed'] - 20} more mails that could not be sent."
    oldest = mail_queries.oldest_due(session, now)
    if oldest is not None and now - oldest > timedelta(minutes=5):
        yield f"Mail waits since {oldest:%Y-%m-%d %H:%M} UTC. Is the worker running, and the mail server there?"
    if failed := job_queries.count_failed(session):
        yield f"{failed} jobs failed; the log says why."
    if counts.get("held"):
        yield f"{counts['held']} mails are held back since a restore. To send them: gatherings release"
    if not current_app.config["GATHERINGS"].demo:
        seen = job_queries.last_seen(session)
        if seen is None or now - seen > timedelta(seconds=60):
            yield "No worker has given a sign of life in the last minute. Run: gatherings worker"
