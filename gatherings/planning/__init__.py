"""What hosts do to communities, series and events, those registered included: made, changed, published, called off."""
