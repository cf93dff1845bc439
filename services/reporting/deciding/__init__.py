"""What reporting decides: which alerts stand, and what people make of them. Pure."""
