"""Where snapshots are kept, how often they are made, or that there are none."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from msgspec import Struct

from pamwal.contracts.errors import SettingsError

FOLDER: Final = "PAMWAL_SNAPSHOTS"
EVERY: Final = "PAMWAL_SNAPSHOT_EVERY_S"
BEHIND: Final = "PAMWAL_SNAPSHOT_BEHIND"
OFF: Final = "off"


class SnapshotSettings(Struct, frozen=True, kw_only=True):
    """One process's snapshots."""

    folder: Path
    every_s: float = 120.0
    """How often it is looked whether new ones are due."""
    behind: int = 50_000
    """So many records may stand behind the newest ones of all partitions together: a second's fold or so. One
    is due behind its share of them, or behind a twentieth of what it holds, where that is more.
    """

    @staticmethod
    def from_environment(state: Path, environment: Mapping[str, str]) -> SnapshotSettings | None:
        """None where `PAMWAL_SNAPSHOTS` says `off`; else the folder it names. SettingsError."""
        folder = environment.get(FOLDER, "")
        if folder == OFF:
            return None
        return SnapshotSettings(
            folder=Path(folder) if folder else state / "snapshots",
            every_s=_number(environment, EVERY, SnapshotSettings.__struct_defaults__[0]),
            behind=round(_number(environment, BEHIND, SnapshotSettings.__struct_defaults__[1])),
        )


def _number(environment: Mapping[str, str], name: str, default: float) -> float:
    text = environment.get(name, "")
    try:
        value = float(text) if text else float(default)
    except ValueError:
        value = 0.0
    if not 1 <= value <= 1e9:
        raise SettingsError(f"{name}={text!r} is no number from 1 to a billion; leave it out for {default:g}")
    return value
