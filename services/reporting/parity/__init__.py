"""The parity audit: rally-days of the candidate pairs of one election, compared by permutation. Pure."""
