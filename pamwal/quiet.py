"""Where a person's command begins: Ctrl-C ends it with 130 and without a traceback, from its first line on.

`pamwal` comes in by `command`, before what takes a while to import; make calls
`python -m pamwal.quiet MODULE` for what runs before the set-up, so this needs the standard library only.
"""

from __future__ import annotations

import runpy
import sys
from typing import Final

INTERRUPTED: Final = 130
"""128 + the number of SIGINT, as a shell says it."""


def command() -> None:
    """The `pamwal` command."""
    try:
        from pamwal.cli.main import app

        app()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def module(arguments: list[str]) -> None:
    """What `python -m` does with a module and its arguments."""
    sys.argv[1:] = arguments[1:]
    try:
        runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    module(sys.argv[1:])
