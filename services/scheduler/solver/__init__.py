"""Proposes who stands where: a pure function from a problem to draft orders, run in a process of its own."""
