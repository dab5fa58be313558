"""`python -m gatherings` is the `gatherings` command."""

from gatherings.cli import main

main()
