"""Rules of running orders: when each thing begins, and what to warn of."""
