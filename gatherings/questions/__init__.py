"""What organisers ask at registration, and what people answer."""
