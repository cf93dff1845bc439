"""What the field prints: each sheet's content, and its template beside it."""
