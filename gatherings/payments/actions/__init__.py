"""Placing, starting, settling, refunding, documents."""
