"""`python -m pamwal.local.stop STATE` stops a kept broker; `make clean` calls it first."""

from __future__ import annotations

import sys
from pathlib import Path

from pamwal.contracts.errors import LocalKafkaError
from pamwal.local.kept import stop_kept

if __name__ == "__main__":
    try:
        stop_kept(Path(sys.argv[1]))
    except LocalKafkaError as error:
        sys.exit(f"pamwal: {error}")
