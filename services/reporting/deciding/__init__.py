"""What reporting decides: which alerts stand, what people make of them, and SitReps. Pure."""
