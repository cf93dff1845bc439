"""SitReps as people read them: in a chat group, and on paper."""
