"""The screens on which submissions are read, scored, chosen and answered."""
