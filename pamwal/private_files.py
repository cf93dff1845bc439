"""Files for their owner alone: keys, logs of persons, and what is exported of them.

Whatever the umask is, a new file has mode 0600, and one that is written over gets it.
"""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path
from typing import IO, Any

PRIVATE = 0o600


def open_private(path: Path, mode: str, **more: Any) -> IO[Any]:
    """`open` for writing. A device or pipe keeps its mode, and so does another owner's file. OSError."""
    return open(path, mode, opener=_opener, **more)


def write_private(path: Path, content: bytes) -> None:
    """A whole file, in place of what is there, which stays if this fails: a disk may be full. OSError.

    A device or pipe is written to as it is.
    """
    if path.exists() and not path.is_file():
        with open_private(path, "wb") as file:
            file.write(content)
        return
    path = path.resolve()
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open_private(draft, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def _opener(path: str, flags: int) -> int:
    opened = os.open(path, flags, PRIVATE)
    if stat.S_ISREG(os.fstat(opened).st_mode):
        with contextlib.suppress(PermissionError):
            os.fchmod(opened, PRIVATE)
    return opened
