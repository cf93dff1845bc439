"""What is said between posts, services and readers. Pure: standard library and msgspec only."""
