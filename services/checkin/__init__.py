"""Check-in: what the field saw. Its card is README.md."""
