"""Forms of the organisers' screens, one module for each subject."""
