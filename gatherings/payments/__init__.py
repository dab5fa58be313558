"""Paying: start, settle, refund; documents with lawful numbers; built on registration's actions."""
