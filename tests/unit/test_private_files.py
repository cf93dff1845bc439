"""Private files are for their owner, and a write that fails leaves what was there."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

from pamwal.private_files import write_private

ON_A_FULL_DISK = """
import pathlib, resource, sys
from pamwal.private_files import write_private
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, 1_000))
write_private(pathlib.Path(sys.argv[1]), b"new" * 1_000)
"""


def test_what_was_there_stays_if_the_new_content_cannot_be_written(tmp_path: Path) -> None:
    file = tmp_path / "anchor.json"
    write_private(file, b"earlier")

    ended = subprocess.run(
        [sys.executable, "-c", ON_A_FULL_DISK, str(file)], capture_output=True, text=True, check=False
    )

    assert ended.returncode == 1
    assert "OSError" in ended.stderr
    assert file.read_bytes() == b"earlier"
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_gets_its_new_content_and_is_its_owners_alone(tmp_path: Path) -> None:
    file, link = tmp_path / "real", tmp_path / "link"
    file.write_bytes(b"earlier")
    file.chmod(0o644)
    link.symlink_to(file)

    write_private(link, b"new")

    assert link.is_symlink()
    assert file.read_bytes() == b"new"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    reads, writes = os.pipe()
    try:
        write_private(Path(f"/dev/fd/{writes}"), b"through")
        assert os.read(reads, 100) == b"through"
    finally:
        os.close(reads)
        os.close(writes)
