"""The doors of an event."""
