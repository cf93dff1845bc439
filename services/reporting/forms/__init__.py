"""Forms that others know: the data, and the sheet to print."""
