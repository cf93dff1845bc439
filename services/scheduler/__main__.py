"""`python -m services.scheduler [--role all|edge|decider]`."""

from __future__ import annotations

from pamwal.ending import leave
from pamwal.service import main
from services.scheduler.app import SCHEDULER

if __name__ == "__main__":
    leave(main(SCHEDULER))
