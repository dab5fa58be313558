"""The forms of buying."""
