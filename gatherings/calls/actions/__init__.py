"""What changes calls and submissions."""
