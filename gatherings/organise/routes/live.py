"""The host's screen of the run of show."""
