"""Screens of orders, and where providers knock."""
