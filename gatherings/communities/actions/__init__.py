"""What changes communities, who has which role in them, and who belongs to them."""
