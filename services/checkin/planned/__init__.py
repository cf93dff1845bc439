"""What an edge knows of the plan: enough to name a place and to advise. Pure; decides nothing."""
