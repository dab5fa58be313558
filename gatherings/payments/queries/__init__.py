"""Reading payments, documents and sums."""
