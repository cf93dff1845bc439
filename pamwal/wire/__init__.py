"""How records are carried: the log, the partition decider, tails, replay and audit."""
