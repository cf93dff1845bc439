"""Snapshots as they are set from outside."""

from __future__ import annotations

from pathlib import Path

import pytest

from pamwal.contracts.errors import SettingsError
from pamwal.snapshots.settings import SnapshotSettings

STATE = Path("state")


def test_by_default_they_are_kept_in_the_state_folder() -> None:
    assert SnapshotSettings.from_environment(STATE, {}) == SnapshotSettings(folder=STATE / "snapshots")


def test_folder_interval_and_distance_can_be_set_and_all_of_it_be_off() -> None:
    told = {
        "PAMWAL_SNAPSHOTS": "elsewhere",
        "PAMWAL_SNAPSHOT_EVERY_S": "7.5",
        "PAMWAL_SNAPSHOT_BEHIND": "1000",
    }
    expected = SnapshotSettings(folder=Path("elsewhere"), every_s=7.5, behind=1_000)
    assert SnapshotSettings.from_environment(STATE, told) == expected
    assert SnapshotSettings.from_environment(STATE, {"PAMWAL_SNAPSHOTS": "off"}) is None


@pytest.mark.parametrize("name", ["PAMWAL_SNAPSHOT_EVERY_S", "PAMWAL_SNAPSHOT_BEHIND"])
@pytest.mark.parametrize("text", ["often", "0", "-1", "nan", "1e12"])
def test_what_cannot_be_used_is_named(name: str, text: str) -> None:
    with pytest.raises(SettingsError, match=f"{name}='{text}' is no number from 1"):
        SnapshotSettings.from_environment(STATE, {name: text})
