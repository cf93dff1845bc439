"""What is printed: the order's annex, duty sheets and check-in forms, enough to run a day without power."""
