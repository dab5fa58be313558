"""The call for slots, and the slots at a glance."""
