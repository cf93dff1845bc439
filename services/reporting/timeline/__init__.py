"""The log of an operation, in the order in which things happened. Pure."""
