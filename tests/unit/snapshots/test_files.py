"""A snapshot's file: whole or ignored, whatever happens to it or to who writes it. Only a few are kept."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pamwal.contracts.errors import SnapshotIgnored
from pamwal.snapshots.files import (
    TEMPORARY,
    Head,
    Mark,
    Snapshot,
    open_snapshot,
    read_head,
    read_snapshot,
    write_snapshot,
)
from pamwal.snapshots.folder import KEPT, KEPT_OF_OTHERS, SnapshotFolder, alone

VERSION, OTHER = "a" * 64, "b" * 64
SECTIONS = {"book": b"\x01\x02", "operation/op": b"state" * 40, "operation/none": b""}
DEADLINE_S = 60


def a_head(offset: int = 7, *, version: str = VERSION, cluster: str = "cluster") -> Head:
    marks = [Mark("pamwal.field.decisions.v1", 3, offset, f"{offset:064x}")]
    return Head(version=version, cluster_id=cluster, marks=marks)


def a_snapshot(offset: int = 7, *, version: str = VERSION) -> Snapshot:
    return Snapshot(a_head(offset, version=version), SECTIONS)


def reason(path: Path) -> str:
    with pytest.raises(SnapshotIgnored) as ignored:
        read_snapshot(path)
    return ignored.value.reason


def test_what_is_written_is_read_and_named_by_version_offset_and_chain_head(tmp_path: Path) -> None:
    path = write_snapshot(tmp_path, a_head(255), SECTIONS)
    found = read_snapshot(path)
    assert found.sections == SECTIONS
    assert found.head == read_head(path)
    assert (found.head.version, found.head.marks) == (VERSION, a_head(255).marks)
    assert path.name == f"{'a' * 12}-{256:020d}-{'0' * 16}.snapshot"
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_only_their_owner_reads_snapshots(tmp_path: Path) -> None:
    """Given a folder of an earlier version that everybody could enter."""
    (tmp_path / "kept").mkdir(mode=0o755)
    with alone(tmp_path / "kept"):
        path = SnapshotFolder(tmp_path / "kept" / "fold", VERSION).write(a_snapshot())
    modes = [stat.S_IMODE(each.stat().st_mode) for each in (path, path.parent, path.parent.parent)]
    assert modes == [0o600, 0o700, 0o700]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_one_altered_bit_is_found_wherever_it_is(tmp_path_factory: Any, data: st.DataObject) -> None:
    path = write_snapshot(tmp_path_factory.mktemp("bits"), a_head(), SECTIONS)
    content = bytearray(path.read_bytes())
    bit = data.draw(st.integers(0, len(content) * 8 - 1))
    content[bit // 8] ^= 1 << bit % 8
    path.write_bytes(content)
    assert reason(path) == "damaged"


def test_a_file_cut_off_anywhere_or_with_more_behind_is_found(tmp_path: Path) -> None:
    path = write_snapshot(tmp_path, a_head(), SECTIONS)
    content = path.read_bytes()
    for length in range(len(content)):
        path.write_bytes(content[:length])
        assert reason(path) == "damaged"
    path.write_bytes(content + b"\0")
    assert reason(path) == "damaged"
    path.unlink()
    assert reason(path) == "damaged", "another process dropped it meanwhile"


def test_a_section_is_read_and_held_to_its_digest_when_it_is_asked_for(tmp_path: Path) -> None:
    path = write_snapshot(tmp_path, a_head(), SECTIONS)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    found = open_snapshot(path)
    path.unlink()
    assert list(found.sections) == list(SECTIONS)
    assert found.sections["book"] == SECTIONS["book"], "it stays open"
    assert found.sections["operation/none"] == b""
    with pytest.raises(SnapshotIgnored) as ignored:
        found.sections["operation/op"]
    assert ignored.value.reason == "damaged"
    with pytest.raises(KeyError):
        found.sections["operation/other"]


def test_what_is_of_another_cluster_or_code_is_not_read(tmp_path: Path) -> None:
    folder = SnapshotFolder(tmp_path, VERSION)
    path = folder.write(a_snapshot())
    assert folder.head(path, "cluster") == read_head(path)
    with pytest.raises(SnapshotIgnored) as ignored:
        folder.head(path, "another")
    assert ignored.value.reason == "other_cluster"
    with pytest.raises(SnapshotIgnored) as ignored:
        SnapshotFolder(tmp_path, VERSION[:12] + OTHER).head(path, "cluster")
    assert ignored.value.reason == "other_code"
    assert SnapshotFolder(tmp_path, OTHER).newest_first() == []


def test_the_newest_few_are_kept_of_this_code_and_of_others(tmp_path: Path) -> None:
    (tmp_path / f"left-behind{TEMPORARY}").write_bytes(b"half")
    own, others = SnapshotFolder(tmp_path, VERSION), SnapshotFolder(tmp_path, OTHER)
    for offset in range(3):
        others.write(a_snapshot(offset, version=OTHER))
        own.write(a_snapshot(offset))
    for offset in range(3, 9):
        own.write(a_snapshot(offset))
    assert [read_head(path).offset for path in own.newest_first()] == [9, 8][:KEPT]
    assert len(others.newest_first()) == KEPT_OF_OTHERS
    assert len(list(tmp_path.iterdir())) == KEPT + KEPT_OF_OTHERS
    newest = own.newest()
    assert newest is not None
    assert newest.head.offset == 9
    own.newest_first()[0].write_bytes(b"")
    newest = own.newest()
    assert newest is not None
    assert newest.head.offset == 8, "a head that cannot be read is passed over"


WRITING_FOR_EVER = """
import sys
from pathlib import Path
from tests.unit.snapshots.test_files import SECTIONS, VERSION, a_head
from pamwal.snapshots.files import Snapshot
from pamwal.snapshots.folder import SnapshotFolder
offset = 8
while True:
    bulk = {"book": b"2", "operation/op": bytes([offset % 256]) * 3_000_000}
    SnapshotFolder(Path(sys.argv[1]), VERSION).write(Snapshot(a_head(offset), bulk))
    print(offset, flush=True)
    offset += 1
"""


@pytest.mark.parametrize("written", range(3))
def test_kill_9_while_writing_leaves_one_that_can_be_used(tmp_path: Path, written: int) -> None:
    """It writes all the time, so the kill nearly always strikes a file that is half there."""
    folder = SnapshotFolder(tmp_path, VERSION)
    folder.write(a_snapshot(1))
    with subprocess.Popen(
        [sys.executable, "-c", WRITING_FOR_EVER, str(tmp_path)], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        for _ in range(written + 1):
            process.stdout.readline()
        os.kill(process.pid, signal.SIGKILL)
        process.wait(DEADLINE_S)
    for path in folder.newest_first():
        read_snapshot(path)
    assert read_head(folder.newest_first()[0]).offset >= 9
    folder.write(a_snapshot(1_000))
    assert not list(tmp_path.glob(f"*{TEMPORARY}")), "the next one sweeps what was left"


def test_only_one_writes_at_a_time(tmp_path: Path) -> None:
    with alone(tmp_path / "snapshots") as first:
        assert first
        with alone(tmp_path / "snapshots") as second:
            assert not second
    with alone(tmp_path / "snapshots") as third:
        assert third


def test_a_disk_that_cannot_be_written_leaves_what_was_there(tmp_path: Path) -> None:
    folder = SnapshotFolder(tmp_path, VERSION)
    first = folder.write(a_snapshot(1))
    half = (tmp_path / a_head(2).name).with_suffix(TEMPORARY)
    half.mkdir()
    with pytest.raises(OSError, match=half.name):
        folder.write(a_snapshot(2))
    assert folder.newest_first() == [first]
    read_snapshot(first)
