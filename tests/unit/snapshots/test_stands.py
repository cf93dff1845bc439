"""When a snapshot is worth making again."""

from __future__ import annotations

from pathlib import Path

import pytest

from pamwal.snapshots.files import Head, Mark, Snapshot
from pamwal.snapshots.folder import SnapshotFolder
from pamwal.snapshots.keeper import Stand, stand_of

VERSION = "5" * 64


def kept(path: Path, records: int) -> SnapshotFolder:
    folder = SnapshotFolder(path, VERSION)
    mark = Mark("decisions", 0, records - 1, "0" * 64)
    folder.write(Snapshot(Head(version=VERSION, cluster_id="here", marks=[mark]), {}))
    return folder


@pytest.mark.parametrize(
    ("records", "among", "due_behind"),
    [(100, 1, 500), (100, 12, 41), (10_000, 12, 500), (2_000, 12, 100), (100, 1_000, 5), (1, 1_000, 1)],
)
def test_one_is_due_behind_its_share_or_a_twentieth_of_itself(
    tmp_path: Path, records: int, among: int, due_behind: int
) -> None:
    folder = kept(tmp_path, records)
    due = [stand_of(folder, records + more, share=20, among=among).is_due(500) for more in range(501)]
    assert due.index(True) == due_behind
    assert all(due[due_behind:])


def test_where_there_is_none_all_of_the_log_is_behind(tmp_path: Path) -> None:
    folder = SnapshotFolder(tmp_path, VERSION)
    assert stand_of(folder, 41, share=20, among=12) == Stand(41, 0.0, among=12)
    assert stand_of(folder, 41, share=20, among=12).is_due(500)
    assert not stand_of(folder, 40, share=20, among=12).is_due(500)


def test_one_of_more_than_the_log_has_is_none(tmp_path: Path) -> None:
    assert stand_of(kept(tmp_path, 100), 99, share=20).behind == 99
