"""Gatherings: the event platform for festivals and gatherings that meet across time zones."""

import zoneinfo

# One zone database for everything: the pinned `tzdata` package. Python prefers the machine's own files, which
# are often older; PYTHONTZPATH is read before any of our code runs, so the path is emptied here instead.
zoneinfo.reset_tzpath(to=())
zoneinfo.ZoneInfo.clear_cache()

__version__ = "0.1.0"
