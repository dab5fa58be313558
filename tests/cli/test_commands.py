"""The `gatherings` command finds each of its commands, and says kindly that there is no other."""

import click
import pytest
from click.testing import CliRunner

from gatherings.cli import COMMANDS, group


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_each_command_is_found_under_its_name_and_described(name):
    command = group.get_command(click.Context(group), name)
    assert command is not None
    assert command.name == name
    assert command.help


def test_help_lists_every_command():
    shown = CliRunner().invoke(group, ["--help"]).output
    assert [name for name in COMMANDS if f"\n  {name} " not in shown] == []


def test_an_unknown_command_is_refused():
    done = CliRunner().invoke(group, ["dance"])
    assert done.exit_code == 2
    assert "No such command 'dance'" in done.output
