"""Reporting: the live situation, the ledger and the claim check, folded from all decisions."""
