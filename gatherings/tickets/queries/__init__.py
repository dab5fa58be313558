"""Reading kinds, codes, sales and orders."""
