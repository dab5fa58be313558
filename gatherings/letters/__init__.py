"""Letters that organisers write: to a filtered set of those registered, or to a community's members."""
