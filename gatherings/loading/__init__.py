"""`gatherings load`: communities, series and events from a YAML file (docs/programme-file.md)."""
