"""What an edge knows of plan and devices: enough to name a place and to advise. Pure; decides nothing."""
