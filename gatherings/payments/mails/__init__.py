"""Letters about orders."""
