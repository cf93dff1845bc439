"""Reporting's decider: there is none yet. It comes with alerts and SitReps, the first things decided here."""

from __future__ import annotations

from typing import Final

NO_DECIDER: Final = (
    "reporting decides nothing yet: its decider comes with alerts and SitReps. Run it with --role edge"
)
