"""Changing kinds, codes and sales; reckoning orders."""
