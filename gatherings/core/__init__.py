"""The ground floor: time, words, errors, tokens. Standard library only."""
