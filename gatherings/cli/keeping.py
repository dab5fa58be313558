"""`gatherings load` and `gatherings retime`."""

import sys
from pathlib import Path

import click

from gatherings import ics
from gatherings.app import create_app
from gatherings.calls.actions.call import time_calls_again
from gatherings.config import Settings
from gatherings.core import zones
from gatherings.core.clock import utc_now
from gatherings.db.session import transact
from gatherings.loading.command import command as load_programme
from gatherings.registration.actions.retiming import moved_events, retime_events, rewrite_blocks


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
def load(file: Path) -> None:
    """Load communities, series and events from a YAML FILE; twice the same file changes nothing."""
    app = create_app()
    settings: Settings = app.config["GATHERINGS"]
    with app.app_context():
        status, lines = load_programme(file, settings.site, utc_now())
    for line in lines:
        click.echo(line, err=bool(status))
    sys.exit(status)


@click.command()
@click.option(
    "--zoneinfo",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Try the rules of another zoneinfo folder instead of the pinned tzdata.",
)
@click.option("--apply", is_flag=True, help="Update the events that moved, and their invites.")
@click.option("--rewrite", is_flag=True, help="Write all stored calendar entries afresh (after BASE_URL changed).")
def retime(zoneinfo: Path | None, apply: bool, rewrite: bool) -> None:
    """List future events whose instant moved because zone rules changed; the wall clock stays."""
    app = create_app()
    settings: Settings = app.config["GATHERINGS"]
    if zoneinfo is not None:
        zones.use_folder(zoneinfo.absolute())
        ics.clear_caches()
    if rewrite:
        with app.app_context():
            transact(rewrite_blocks, settings.site)
        click.echo("All calendar entries were written afresh.")
    now = utc_now()
    with app.app_context():
        moved = transact(retime_events, settings.site, now=now) if apply else transact(moved_events, now=now)
        calls = transact(time_calls_again, now=now) if apply else 0
    click.echo(f"Zone rules: tzdata {zones.tzdata_version()}.")
    for event in moved:
        click.echo(
            f"{event.slug}: {event.starts_local:%Y-%m-%d %H:%M} in {event.zone} is now "
            f"{event.new_starts_at:%Y-%m-%d %H:%M} UTC (was {event.old_starts_at:%Y-%m-%d %H:%M} UTC)."
        )
    if calls:
        click.echo(f"Calls that open or close at another instant now: {calls}.")
    if not moved:
        click.echo("No event moved.")
    elif apply:
        click.echo(f"{len(moved)} updated; those registered get one mail with the updated invite.")
    else:
        click.echo(f"{len(moved)} moved; nothing was changed. Use --apply to update them and their invites.")
