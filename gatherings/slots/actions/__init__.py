"""What changes running orders, and who is told."""
