"""Where files are kept, by operation and digest: the same bytes are one object, and it never changes."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO, Final, NamedTuple, Protocol

from pamwal.contracts.errors import HttpProblem

PART_BYTES: Final = 64 * 1024
RETRY_AFTER_S: Final = 5


class Stored(NamedTuple):
    """A file that is there: its size in bytes, and the bytes, once."""

    size: int
    parts: AsyncIterator[bytes]


class FileThere(NamedTuple):
    """A file that a store has: how many bytes, and when it was last uploaded, in seconds since 1970."""

    operation_id: str
    sha256: str
    size: int
    at_s: float


class Store(Protocol):
    """A store. Each call raises HttpProblem 503 `store_unavailable` if it does not answer."""

    async def keep(self, operation_id: str, sha256: str, file: Path) -> bool:
        """Keeps a whole file, at once or not at all; True if it was not there yet. May take the file away."""
        ...

    async def open(self, operation_id: str, sha256: str) -> Stored | None:
        """The file, or None if it is not there."""
        ...

    def files(self) -> AsyncIterator[FileThere]:
        """Every file there is, in any order."""
        ...

    async def remove(self, operation_id: str, sha256: str, *, before_s: float) -> bool:
        """Removes a file unless it was uploaded again since then; whether it did."""
        ...


def file_key(operation_id: str, sha256: str) -> bytes:
    """The key in `personal` under which a tombstone says that a file was erased; no words stand there."""
    return f"{operation_id}/file-{sha256}".encode()


def unavailable(why: object) -> HttpProblem:
    """What is answered while files can neither be taken nor given."""
    return HttpProblem(
        503,
        "store_unavailable",
        f"the store of attachments cannot be used: {why}; keep the file and send it again later. "
        "Incidents, and references to files, are taken as ever",
        headers=(("retry-after", str(RETRY_AFTER_S)),),
    )


class FolderStore:
    """A folder of this machine, or one that every edge of the service shares."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def keep(self, operation_id: str, sha256: str, file: Path) -> bool:
        """Moves the file in by one rename; it and its name are on the disk when this returns."""
        try:
            return await asyncio.to_thread(self._keep, self._path(operation_id, sha256), file)
        except OSError as error:
            raise unavailable(error.strerror) from error

    async def open(self, operation_id: str, sha256: str) -> Stored | None:
        """The file as it stands in the folder."""
        try:
            file = await asyncio.to_thread(self._path(operation_id, sha256).open, "rb")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise unavailable(error.strerror) from error
        return Stored(os.fstat(file.fileno()).st_size, _parts(file))

    async def files(self) -> AsyncIterator[FileThere]:
        """Every file of the folder."""
        try:
            for operation in await asyncio.to_thread(_folders, self._folder):
                for part in await asyncio.to_thread(_folders, operation):
                    for file in await asyncio.to_thread(_files, part):
                        yield file
        except OSError as error:
            raise unavailable(error.strerror) from error

    async def remove(self, operation_id: str, sha256: str, *, before_s: float) -> bool:
        """Removes a file from the folder."""
        try:
            return await asyncio.to_thread(_remove, self._path(operation_id, sha256), before_s)
        except OSError as error:
            raise unavailable(error.strerror) from error

    def _path(self, operation_id: str, sha256: str) -> Path:
        return self._folder / operation_id / sha256[:2] / sha256

    def _keep(self, path: Path, file: Path) -> bool:
        with contextlib.suppress(FileNotFoundError):
            os.utime(path)  # it was uploaded again: who collects files waits once more
            return False
        made = [each for each in (path.parent, path.parent.parent) if not each.exists()]
        for folder in (self._folder, path.parent.parent, path.parent):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.replace(path)
        for folder in [path.parent, *(each.parent for each in made)]:
            _sync(folder)
        return True


async def _parts(file: IO[bytes]) -> AsyncIterator[bytes]:
    with contextlib.closing(file):
        while part := await asyncio.to_thread(file.read, PART_BYTES):
            yield part


def _folders(folder: Path) -> list[Path]:
    """What is in a folder of folders; names that begin with a dot are of uploads under way."""
    if not folder.is_dir():
        return []
    return [each for each in folder.iterdir() if not each.name.startswith(".") and each.is_dir()]


def _files(folder: Path) -> list[FileThere]:
    found = []
    for each in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):
            stat = each.stat()
            found.append(FileThere(folder.parent.name, each.name, stat.st_size, stat.st_mtime))
    return found


def _remove(path: Path, before_s: float) -> bool:
    try:
        if path.stat().st_mtime >= before_s:
            return False
        path.unlink()
    except FileNotFoundError:
        return False
    return True


def _sync(folder: Path) -> None:
    """A name is on the disk when its folder is."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
