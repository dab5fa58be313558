"""The `gatherings` command: one module for each thing it does, imported when it is asked for."""

import gc
import importlib
import sys
from collections.abc import Mapping

import click
from dotenv import load_dotenv

from gatherings import __version__
from gatherings.config import BadSetting

# Each command and the module that holds it, under the same name.
COMMANDS: Mapping[str, str] = {
    "backup": "gatherings.cli.backups",
    "check": "gatherings.cli.checking",
    "db": "gatherings.cli.migrating",
    "demo": "gatherings.cli.demo",
    "load": "gatherings.cli.keeping",
    "organiser": "gatherings.cli.organiser",
    "release": "gatherings.cli.backups",
    "restore": "gatherings.cli.backups",
    "retime": "gatherings.cli.keeping",
    "run": "gatherings.cli.running",
    "worker": "gatherings.cli.running",
}


class _OnDemand(click.Group):
    """Commands that are imported when they are called, so that none waits for what another needs."""

    def list_commands(self, context: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(COMMANDS[name]), name)
        if not gc.isenabled():
            gc.freeze()
            gc.enable()
        return command


@click.group(cls=_OnDemand)
@click.version_option(__version__)
def group() -> None:
    """Gatherings: the event platform for festivals and gatherings that meet across time zones."""


def main() -> None:
    """Run the command line; a nonsensical setting ends it with one sentence."""
    # Until a command's modules are there: they stay as long as the process, and looking through them for garbage again
    # and again would take a tenth of the start.
    gc.disable()
    load_dotenv(".env")
    try:
        group.main(args=sys.argv[1:], prog_name="gatherings")
    except BadSetting as problem:
        click.echo(f"Gatherings did not start. {problem}", err=True)
        sys.exit(2)
