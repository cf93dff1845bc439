"""`python -m services.reporting [--role all|edge|decider]`."""

from __future__ import annotations

from pamwal.ending import leave
from pamwal.service import main
from services.reporting.app import REPORTING

if __name__ == "__main__":
    leave(main(REPORTING))
