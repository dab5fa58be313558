"""Rules of planning, without flask or database: what a change means before it is made."""
