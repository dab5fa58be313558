"""Organisers' screens: each under its event, series or community; features give them queries and actions."""
