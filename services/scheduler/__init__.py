"""Scheduler: who should stand where, and when. What it reads, writes and decides is in its README."""
