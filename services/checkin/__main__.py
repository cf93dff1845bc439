"""`python -m services.checkin [--role all|edge|decider]`."""

from __future__ import annotations

from pamwal.ending import leave
from pamwal.service import main
from services.checkin.app import CHECKIN

if __name__ == "__main__":
    leave(main(CHECKIN))
