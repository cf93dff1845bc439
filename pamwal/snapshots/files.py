"""One snapshot as a file: written whole or not at all, and read only if not a bit of it has changed.

    magic line | length of the head, 8 bytes | head | sections, one behind the other | BLAKE2b of all before

The head says what the file is of, so that one that cannot be used is put away before its bulk is read.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

import msgspec
from msgspec import Struct

from pamwal.contracts.errors import SnapshotIgnored

MAGIC: Final = b"pamwal snapshot 1\n"
HEAD_BYTES_MAX: Final = 64 * 1024 * 1024
TEMPORARY: Final = ".unfinished"
_DIGEST_BYTES: Final = 32
_LENGTH_BYTES: Final = 8


class Mark(Struct, frozen=True, array_like=True):
    """The last record of one partition that was folded: it must stand in the log still."""

    topic: str
    partition: int
    offset: int
    head: str
    """The record's chain header, or the SHA-256 of its value if it has none; hex."""


class Head(Struct, frozen=True, kw_only=True):
    """What a snapshot is of. Without a mark it is of nothing, and not written."""

    version: str
    cluster_id: str
    marks: list[Mark]
    sections: dict[str, int] = {}
    """Name → bytes, in the order in which they stand."""

    @property
    def offset(self) -> int:
        """How many records lie before the end of it, over all its partitions."""
        return sum(mark.offset + 1 for mark in self.marks)

    @property
    def name(self) -> str:
        """Of its file: version, offset and head, as much of each as tells them apart."""
        head = self.marks[0].head if len(self.marks) == 1 else _digest_of(self.marks)
        return f"{self.version[:12]}-{self.offset:020d}-{head[:16]}.snapshot"


class Snapshot(NamedTuple):
    """A head and its sections."""

    head: Head
    sections: dict[str, bytes]


def write_snapshot(folder: Path, head: Head, sections: Mapping[str, bytes]) -> Path:
    """Writes a file into `folder` that is whole on disk before it has its name. OSError."""
    head = msgspec.structs.replace(head, sections={name: len(found) for name, found in sections.items()})
    path = folder / head.name
    unfinished = path.with_suffix(TEMPORARY)
    packed = msgspec.msgpack.encode(head)
    digest = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    try:
        with unfinished.open("wb") as file:
            for part in (MAGIC, len(packed).to_bytes(_LENGTH_BYTES, "big"), packed, *sections.values()):
                digest.update(part)
                file.write(part)
            file.write(digest.digest())
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            unfinished.unlink()
        raise
    _sync_folder(folder)
    return path


def read_head(path: Path) -> Head:
    """What a file says it is of. SnapshotIgnored if it is no snapshot; nothing is promised of its bulk."""
    with _opened(path) as file:
        return _read_head(file, hashlib.blake2b())


def read_snapshot(path: Path) -> Snapshot:
    """A whole file. SnapshotIgnored (`damaged`) if anything of it is missing, too much or altered."""
    digest = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    with _opened(path) as file:
        head = _read_head(file, digest)
        left = os.fstat(file.fileno()).st_size - file.tell() - _DIGEST_BYTES
        if sum(head.sections.values()) != left or min(head.sections.values(), default=0) < 0:
            raise SnapshotIgnored("damaged", f"{path} is not as long as it says")
        sections = {name: _take(file, length, digest, path) for name, length in head.sections.items()}
        if file.read() != digest.digest():
            raise SnapshotIgnored("damaged", f"{path} was altered since it was written")
    return Snapshot(head, sections)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise SnapshotIgnored("damaged", f"{path} cannot be read: {error}") from error


def _read_head(file: BinaryIO, digest: hashlib.blake2b) -> Head:
    path = Path(file.name)
    magic = _take(file, len(MAGIC), digest, path)
    length = int.from_bytes(_take(file, _LENGTH_BYTES, digest, path), "big")
    if magic != MAGIC or length > HEAD_BYTES_MAX:
        raise SnapshotIgnored("damaged", f"{path} is no snapshot of this form")
    try:
        return msgspec.msgpack.decode(_take(file, length, digest, path), type=Head)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise SnapshotIgnored("damaged", f"{path} has no head that can be read: {error}") from error


def _take(file: BinaryIO, length: int, digest: hashlib.blake2b, path: Path) -> bytes:
    found = file.read(length)
    if len(found) != length:
        raise SnapshotIgnored("damaged", f"{path} is cut off")
    digest.update(found)
    return found


def _digest_of(marks: list[Mark]) -> str:
    text = "\n".join(f"{each.topic} {each.partition} {each.offset} {each.head}" for each in marks)
    return hashlib.sha256(text.encode()).hexdigest()


def _sync_folder(folder: Path) -> None:
    """So that the name outlives a power cut; where folders cannot be synced the old snapshot is left."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
            os.fsync(handle)
    finally:
        os.close(handle)
