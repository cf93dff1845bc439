"""One snapshot as a file: written whole or not at all, and read only if not a bit of it has changed.

    magic line | length of the head, 8 bytes | head | BLAKE2b of all before | sections, one behind the other

The head says what the file is of, so that one that cannot be used is put away before its bulk is read; and
how long each section is, with its digest, so that one can be read and believed without the others.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import weakref
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

import msgspec
from msgspec import Struct

from pamwal.contracts.errors import SnapshotIgnored

MAGIC: Final = b"pamwal snapshot 2\n"
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


class Section(Struct, frozen=True, array_like=True):
    """How many bytes a section has, and their digest."""

    length: int
    digest: bytes


class Head(Struct, frozen=True, kw_only=True):
    """What a snapshot is of. Without a mark it is of nothing, and not written."""

    version: str
    cluster_id: str
    marks: list[Mark]
    sections: dict[str, Section] = {}
    """By name, in the order in which they stand."""

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
    sections: Mapping[str, bytes]


class SectionsOnDisk(Mapping[str, bytes]):
    """The sections of a file, each read and held to its digest whenever it is asked for.

    SnapshotIgnored (`damaged`) for one that is not as it was written. The file is open as long as this lives,
    so that it may be dropped from its folder meanwhile.
    """

    def __init__(self, path: Path, handle: int, begin: int, sections: Mapping[str, Section]) -> None:
        """`begin`: where the first of them stands. The handle is this one's from now on."""
        self._path, self._handle, self._sections = path, handle, sections
        weakref.finalize(self, os.close, handle)
        self._begins: dict[str, int] = {}
        for name, section in sections.items():
            self._begins[name], begin = begin, begin + section.length

    def __getitem__(self, name: str) -> bytes:
        section = self._sections[name]
        try:
            found = _read_at(self._handle, self._begins[name], section.length)
        except OSError as error:
            raise SnapshotIgnored("damaged", f"{self._path} cannot be read: {error}") from error
        if _digest(found) != section.digest:
            raise SnapshotIgnored("damaged", f"{name} of {self._path} was altered since it was written")
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._sections)

    def __len__(self) -> int:
        return len(self._sections)


def write_snapshot(folder: Path, head: Head, sections: Mapping[str, bytes]) -> Path:
    """Writes a file into `folder` that is whole on disk before it has its name. OSError."""
    described = {name: Section(len(found), _digest(found)) for name, found in sections.items()}
    head = msgspec.structs.replace(head, sections=described)
    path = folder / head.name
    unfinished = path.with_suffix(TEMPORARY)
    packed = msgspec.msgpack.encode(head)
    first = MAGIC + len(packed).to_bytes(_LENGTH_BYTES, "big") + packed
    try:
        unfinished.unlink(missing_ok=True)  # a process that was killed left it, perhaps for others to read
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            for part in (first, _digest(first), *sections.values()):
                file.write(part)
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
        return _read_head(file)


def read_snapshot(path: Path) -> Snapshot:
    """A whole file. SnapshotIgnored (`damaged`) if anything of it is missing, too much or altered."""
    found = open_snapshot(path)
    return Snapshot(found.head, dict(found.sections))


def open_snapshot(path: Path) -> Snapshot:
    """The same, but of the sections nothing is read before it is asked for, and then it may be `damaged`."""
    with _opened(path) as file:
        head, begin = _read_head(file), file.tell()
        lengths = [section.length for section in head.sections.values()]
        if begin + sum(lengths) != os.fstat(file.fileno()).st_size or min(lengths, default=0) < 0:
            raise SnapshotIgnored("damaged", f"{path} is not as long as it says")
        return Snapshot(head, SectionsOnDisk(path, os.dup(file.fileno()), begin, head.sections))


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise SnapshotIgnored("damaged", f"{path} cannot be read: {error}") from error


def _read_head(file: BinaryIO) -> Head:
    path = Path(file.name)
    first = _take(file, len(MAGIC) + _LENGTH_BYTES, path)
    length = int.from_bytes(first[len(MAGIC) :], "big")
    if not first.startswith(MAGIC) or length > HEAD_BYTES_MAX:
        raise SnapshotIgnored("damaged", f"{path} is no snapshot of this form")
    packed = _take(file, length, path)
    if _take(file, _DIGEST_BYTES, path) != _digest(first + packed):
        raise SnapshotIgnored("damaged", f"the head of {path} was altered since it was written")
    try:
        return msgspec.msgpack.decode(packed, type=Head)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise SnapshotIgnored("damaged", f"{path} has no head that can be read: {error}") from error


def _take(file: BinaryIO, length: int, path: Path) -> bytes:
    found = file.read(length)
    if len(found) != length:
        raise SnapshotIgnored("damaged", f"{path} is cut off")
    return found


def _read_at(handle: int, begin: int, length: int) -> bytes:
    """These bytes, or fewer where the file ends; one call of the system gives two gigabytes at the most."""
    found = os.pread(handle, length, begin)
    while len(found) < length:
        more = os.pread(handle, length - len(found), begin + len(found))
        if not more:
            break
        found += more
    return found


def _digest(found: bytes) -> bytes:
    return hashlib.blake2b(found, digest_size=_DIGEST_BYTES).digest()


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
