"""Hours: what officers worked, beside what they were ordered to. Pure."""
