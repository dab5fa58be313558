"""Calls for slots: what is asked, what presenters send, and how it is chosen."""
