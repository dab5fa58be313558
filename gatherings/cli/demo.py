"""`gatherings demo`: everything on one fresh SQLite file, with the communities' programme in it."""

import os
import shutil
import signal
import socket
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

import click
from flask_migrate import upgrade
from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.app import create_app, data_folder
from gatherings.cli.demo_double import past_payments
from gatherings.cli.demo_people import fill_demo
from gatherings.cli.demo_slots import fill_slots
from gatherings.cli.demo_tickets import fill_tickets
from gatherings.cli.organiser import demo_organiser
from gatherings.cli.running import Child, stop_all, watch, web_process, worker_process
from gatherings.config import read_settings
from gatherings.core.clock import utc_now
from gatherings.db.session import current_session, db
from gatherings.double import Past, serve_double, settings_for
from gatherings.loading.command import command as load_programme
from gatherings.registration.models import Registration

_NOT_OURS = (
    "SMTP_URL", "REDIS_URL", "PROXY_COUNT", "DATABASE_URL", "SECRET_KEY", "SECRET_KEY_FALLBACKS", "MAIL_FROM",
    "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "STRIPE_API_BASE", "STRIPE_TIMEOUT",
)  # fmt: skip
ORGANISER = ("nicki@example.org", "Nicki")
PROGRAMME = Path(__file__).parent.parent / "loading" / "programme.yaml"


@click.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--keep", is_flag=True, help="Keep the demo's database in ./demo and use it again next time.")
@click.option(
    "--with-stripe-double",
    is_flag=True,
    help="Pay by card at a stand-in for Stripe, on the next port. It forgets who is still paying when it stops.",
)
def demo(port: int, keep: bool, with_stripe_double: bool) -> None:
    """Start a fresh demo: the communities' programme, web server, worker, and a mailbox to read the mail in.

    Nothing is sent to anybody. Stops with Ctrl-C and leaves nothing behind, unless --keep. The link that it prints
    signs in once, as Nicki, owner of all communities, and lives for a day; a mailed one lives for ten minutes.
    """
    ports = (port, port + 1) if with_stripe_double else (port,)
    for wanted in ports:
        if wanted > 65535 or _taken(wanted):
            other = f"gatherings demo --port {port + len(ports) if port < 65000 else 8000}"
            click.echo(f"Port {wanted} is in use. Choose another: {other}", err=True)
            sys.exit(2)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # until `watch` listens: what was made is still cleared away
    folder = Path("demo").absolute() if keep else Path(tempfile.mkdtemp(prefix="gatherings-demo-"))
    beside: list[Child] = []
    try:
        sign_in, past = _prepare(folder, port, with_stripe_double)
        if with_stripe_double:
            beside.append(Child(lambda: serve_double(port + 1, f"http://127.0.0.1:{port}", past)))
        children = [web_process("127.0.0.1", port, 1, 8), worker_process()]
        click.echo(
            f"\n  Gatherings  http://127.0.0.1:{port}/\n"
            f"  Organise    http://127.0.0.1:{port}{sign_in}   (signs you in as Nicki)\n"
            f"  Mailbox     http://127.0.0.1:{port}/mailbox   (all mail of this demo; none is sent)\n"
            + (f"  Stripe      http://127.0.0.1:{port + 1}/   (a stand-in: nobody is charged)\n" if beside else "")
            + "\n  Stop with Ctrl-C.\n"
        )
        try:
            status = watch(children)
        finally:
            stop_all(children)
    finally:
        stop_all(beside)
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
    sys.exit(status)


def _prepare(folder: Path, port: int, with_stripe_double: bool) -> tuple[str, list[Past]]:
    """Make the database, load the programme, make an organiser; give the path of a link that signs them in.

    Gives the card payments of the demo's data too, for the stand-in for Stripe, which was not there then.
    The children read the same settings from the environment.
    """
    # A demo must not write to somebody's real server. Empty and not taken away: the worker, a `gatherings` command of
    # its own, would fill in what is missing from a .env file here.
    os.environ.update(dict.fromkeys(_NOT_OURS, ""))
    os.environ.update(
        GATHERINGS_INSTANCE=str(folder),
        GATHERINGS_DEMO="1",
        BASE_URL=f"http://127.0.0.1:{port}",
        CHANGE_MAIL_DELAY="10",
        LOG_FORMAT="text",
    )
    if with_stripe_double:
        os.environ.update(settings_for(port + 1))
    click.echo("Making the database and loading the communities' programme …")
    settings = read_settings()
    app = create_app(settings)
    with app.app_context():
        upgrade(directory=str(data_folder("migrations")))
        settled = current_session().scalar(select(Registration.id).limit(1)) is not None  # kept from the last time
        status, lines = load_programme(PROGRAMME, settings.site, utc_now())
        sign_in = demo_organiser(app, *ORGANISER, life=timedelta(days=1)) if status == 0 else None
        if status == 0 and not settled:
            fill_demo(app, settings.site, now=utc_now())
            fill_slots(app, settings.site, by=ORGANISER[0], now=utc_now())
            fill_tickets(app, settings.site, by=ORGANISER[0], now=utc_now())
        with Session(db.engine) as afresh:
            past = past_payments(afresh)
        db.engine.dispose()
    if status:
        click.echo("\n".join(lines), err=True)
        sys.exit(status)
    return sign_in or "/sign-in", past


def _taken(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False
