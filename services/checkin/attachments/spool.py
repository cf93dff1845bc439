"""Bytes as they come in: on this machine, counted and digested, until they are whole or nothing is left."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Final, Self

FORGOTTEN_S: Final = 3600
"""What a killed process left behind is swept away after an hour: no upload takes so long."""


class Spool:
    """A file of its own in the folder; gone when its `async with` ends, unless a store took it."""

    def __init__(self, folder: Path) -> None:
        self._folder, self.path = folder, folder / secrets.token_hex(16)
        self._file: IO[bytes] | None = None
        self._digest = hashlib.sha256()
        self.size = 0

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self._begin)
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self._end)

    @property
    def sha256(self) -> str:
        """Of all that was written so far, lower-case hex."""
        return self._digest.hexdigest()

    async def write(self, part: bytes) -> None:
        """Takes the next bytes. OSError if the disk does not."""
        self.size += len(part)
        await asyncio.to_thread(self._write, part)

    async def rewrite(self, change: Callable[[bytes], bytes]) -> None:
        """Replaces all that was written by what `change` makes of it. OSError, and what `change` raises."""
        await asyncio.to_thread(self._rewrite, change)

    async def settle(self) -> None:
        """Everything written is on the disk. OSError."""
        await asyncio.to_thread(self._settle)

    def _begin(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        opened = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._file = os.fdopen(opened, "wb", buffering=0)

    def _write(self, part: bytes) -> None:
        assert self._file is not None  # noqa: S101 - written only inside its `async with`
        self._digest.update(part)
        left = memoryview(part)
        while left:
            left = left[self._file.write(left) or 0 :]

    def _rewrite(self, change: Callable[[bytes], bytes]) -> None:
        assert self._file is not None  # noqa: S101 - as above
        before = self.path.read_bytes()
        after = change(before)
        if after != before:
            self._file.seek(0)
            self._file.truncate()
            self._digest, self.size = hashlib.sha256(), len(after)
            self._write(after)

    def _settle(self) -> None:
        assert self._file is not None  # noqa: S101 - as above
        os.fsync(self._file.fileno())

    def _end(self) -> None:
        if self._file is not None:
            self._file.close()
        self.path.unlink(missing_ok=True)


def sweep(folder: Path) -> None:
    """Removes what processes that were killed left there."""
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        with contextlib.suppress(OSError):  # a disk that is read-only keeps nobody from reading files
            if path.stat().st_mtime < time.time() - FORGOTTEN_S:
                path.unlink(missing_ok=True)
