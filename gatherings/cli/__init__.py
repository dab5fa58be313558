"""The `gatherings` command: one module for each thing it does."""

import sys

import click
from dotenv import load_dotenv
from flask_migrate.cli import db as migration_commands

from gatherings import __version__
from gatherings.app import create_app
from gatherings.cli.backups import backup, release, restore
from gatherings.cli.checking import check
from gatherings.cli.demo import demo
from gatherings.cli.keeping import load, retime
from gatherings.cli.running import run, worker
from gatherings.config import BadSetting


@click.group()
@click.version_option(__version__)
def group() -> None:
    """Gatherings: the event platform for festivals and gatherings that meet across time zones."""


_migrate = migration_commands.callback


@click.pass_context
def _in_app(context: click.Context, /, **options: object) -> None:
    """Make the app and its context around flask-migrate's commands, which expect Flask's own group around them."""
    context.with_resource(create_app().app_context())
    if _migrate is not None:
        _migrate(**options)


for command in (demo, run, worker, load, check, retime, backup, restore, release):
    group.add_command(command)

migration_commands.callback = _in_app
group.add_command(migration_commands)


def main() -> None:
    """Run the command line; a nonsensical setting ends it with one sentence."""
    load_dotenv(".env")
    try:
        group.main(args=sys.argv[1:], prog_name="gatherings")
    except BadSetting as problem:
        click.echo(f"Gatherings did not start. {problem}", err=True)
        sys.exit(2)
