"""The three independent services: scheduler, checkin, reporting."""
