"""What is done to calendars of doors, to their doors, and for those who follow them."""
