"""Where the snapshots of one fold are kept: the newest few, and who may write there."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from pamwal.contracts.errors import SnapshotIgnored
from pamwal.private_files import open_private
from pamwal.snapshots.files import TEMPORARY, Head, Snapshot, read_head, write_snapshot

KEPT: Final = 2
"""Of the own code's: the newest, and one before it should that one be of no use."""
KEPT_OF_OTHERS: Final = 2
"""Of all other code's: a release that is taken back finds its own again."""


class Newest(NamedTuple):
    """What the newest snapshot says it is of, and when it was written, in seconds since 1970."""

    head: Head
    written_at: float


class SnapshotFolder:
    """The snapshots of one fold by one version of its code. The folder need not exist."""

    def __init__(self, path: Path, version: str) -> None:
        self.path, self.version = path, version

    def newest_first(self) -> list[Path]:
        """Files that this code's fold can go on from, by their names."""
        return sorted(self.path.glob(f"{self.version[:12]}-*.snapshot"), reverse=True)

    def newest(self) -> Newest | None:
        """The newest one of which the head can be read; None if there is none."""
        for path in self.newest_first():
            with contextlib.suppress(SnapshotIgnored, FileNotFoundError):
                return Newest(read_head(path), path.stat().st_mtime)
        return None

    def head(self, path: Path, cluster_id: str) -> Head:
        """What one of them is of. SnapshotIgnored if it is of another cluster or made by other code."""
        head = read_head(path)
        if head.version != self.version:
            raise SnapshotIgnored("other_code", f"{path} was made by other code")
        if head.cluster_id != cluster_id:
            raise SnapshotIgnored("other_cluster", f"{path} is of cluster {head.cluster_id}")
        return head

    def write(self, snapshot: Snapshot) -> Path:
        """Adds one and drops those that are too many. Only under `alone`. OSError."""
        _make_private(self.path)
        path = write_snapshot(self.path, *snapshot)
        own = self.newest_first()
        others = sorted(
            (each for each in self.path.glob("*.snapshot") if each not in own),
            key=lambda each: each.stat().st_mtime_ns,
            reverse=True,
        )
        for old in (*own[KEPT:], *others[KEPT_OF_OTHERS:], *self.path.glob(f"*{TEMPORARY}")):
            old.unlink(missing_ok=True)
        return path

    def drop(self, path: Path) -> None:
        """Takes one away that was found to be of no use."""
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def _make_private(path: Path) -> None:
    """Makes a folder that only its owner enters; one that is there becomes so, with all that is in it."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    with contextlib.suppress(PermissionError):  # a volume of somebody else, who says who enters it
        path.chmod(0o700)


@contextlib.contextmanager
def alone(path: Path) -> Iterator[bool]:
    """Whether nobody else writes below this folder now; inside, nobody else will."""
    _make_private(path)
    with open_private(path / "lock", "a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True
