"""All snapshots from which a core's partitions can be taken over."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from pamwal.snapshots.partition import DeciderSnapshots
from pamwal.snapshots.seen import SeenSnapshots
from pamwal.wire.core import Ruling, WatchingCore


class CoreSnapshots(NamedTuple):
    """Of its own decisions; and of what it follows, if it does."""

    own: DeciderSnapshots[Any] | None = None
    seen: SeenSnapshots[Any] | None = None

    @staticmethod
    def of(core: Ruling[Any], root: Path) -> CoreSnapshots:
        """Those in this folder."""
        return CoreSnapshots(
            DeciderSnapshots(root, core),
            SeenSnapshots(root, core) if isinstance(core, WatchingCore) else None,
        )
