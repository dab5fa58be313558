"""States of orders and tickets, and which of them hold places."""

# A ticket in one of these holds one of its kind's pool, and its registration the event's place.
HOLDING = ("held", "valid")
# An order in one of these has people coming, or holds places for them.
LIVE = ("open", "waiting", "due", "paid")
# Confirmed: its people have their invites.
CONFIRMED = ("due", "paid")
WAYS = ("card", "invoice", "door")
