"""Check-in on a system clock that a test sets while it runs, run as `services.checkin` is."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

from pamwal.edge.clock import system_ms
from pamwal.service import main
from services.checkin.app import CHECKIN

SHIFT_FILE: Final = "TESTS_SHIFT_FILE"
"""The setting that names a file with the milliseconds by which the clock is ahead."""


def shifted_ms(file: Path) -> int:
    """This machine's clock, moved by what the file says."""
    return system_ms() + int(file.read_text())


if __name__ == "__main__":
    file = Path(os.environ[SHIFT_FILE])
    sys.exit(main(CHECKIN, system=lambda: shifted_ms(file)))
