"""Doors: an advent calendar, or any week with one small thing a day."""
