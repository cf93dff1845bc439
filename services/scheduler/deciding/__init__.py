"""The scheduler's rules: what stands, what may follow from it, and what a fact changes. Pure."""
