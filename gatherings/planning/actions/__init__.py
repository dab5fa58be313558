"""What hosts do to communities, series, dates and events; each module holds one subject."""
