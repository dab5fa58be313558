"""What papers say, what sums come to: pure."""
