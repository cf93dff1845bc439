"""The situation in the forms other programs read: tables, GeoJSON. Pure."""
