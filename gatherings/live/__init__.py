"""The run of show: a running order while it is being held, with a clock that all screens follow."""
