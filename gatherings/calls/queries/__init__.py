"""Reads of calls and submissions."""
