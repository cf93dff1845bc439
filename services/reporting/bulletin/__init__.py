"""A bulletin as people paste it into a chat group, read for the totals it states. Pure, and no guess."""
