"""`python -m services.reporting [--role all|edge]`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from pamwal.service import main
from services.reporting.app import REPORTING
from services.reporting.worker import NO_DECIDER, decider_alone


def run(arguments: Sequence[str]) -> int:
    """Runs until a signal; returns the exit code, 2 at once if only the decider was asked for."""
    if decider_alone(arguments):
        print(NO_DECIDER, file=sys.stderr)  # noqa: T201 - the first thing a person at a terminal has to read
        return 2
    return main(REPORTING, arguments)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
