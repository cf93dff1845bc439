"""The HTTP edge that all services share: who may speak, what was said, and the one answer that comes back."""
