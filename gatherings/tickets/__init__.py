"""What is sold or given: kinds of ticket, codes, orders."""
