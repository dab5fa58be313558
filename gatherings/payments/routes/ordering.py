"""Choosing tickets and placing an order."""
