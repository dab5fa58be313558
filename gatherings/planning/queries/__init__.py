"""Reads of planning; each module holds one subject."""
