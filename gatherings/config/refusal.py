"""The one way in which a setting is refused."""


class BadSetting(Exception):
    """A setting that cannot be; the message names it and says what it should be."""
