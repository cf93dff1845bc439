"""A simulated day: exercises with officers who check in, all of it said over HTTP as anyone says it."""
