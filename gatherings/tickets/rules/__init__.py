"""Prices, windows, limits, states: pure."""
