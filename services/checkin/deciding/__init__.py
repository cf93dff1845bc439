"""What the field's decider decides, rule by rule. Pure."""
