"""The running order of an event: to order, to print, to publish."""
