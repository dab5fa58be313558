"""Running orders: who speaks when, to the second, and telling them so."""
