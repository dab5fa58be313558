"""Rules of calls: opening and closing, room, speaking time, choosing."""
