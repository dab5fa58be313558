"""`gatherings load`: communities, series and events from a YAML file (docs/programme-file.md)."""

from gatherings.loading.command import command

__all__ = ["command"]
