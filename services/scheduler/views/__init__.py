"""What the plan looks like to whoever asks: pure functions from a `Schedule` to what a route answers with."""
