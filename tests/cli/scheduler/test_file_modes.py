"""What a command writes is for its owner alone, whatever the umask: it names persons, or is a secret."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.scheduler.conftest import Served
from tests.unit.scheduler.asked import OPERATION

CHECK_IN = '{"officer_id":"KPG-0001","place":"rally/oebobo-1","method":"manual"}'
SAID = ("--operation", "op-1", "--post", "oebobo", "--token", "t", "--url", "http://127.0.0.1:9")


@pytest.fixture(autouse=True)
def umask() -> Iterator[None]:
    """The usual one, which lets everybody read."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode_of(path: Path) -> str:
    """Its permissions, as `ls` shows them."""
    return stat.filemode(path.stat().st_mode)


async def test_every_file_that_a_command_writes_is_private(planned: Served, tmp_path: Path) -> None:
    # given a file that is written over, and folders that are there already
    (tmp_path / "old.csv").write_text("old", encoding="utf-8")
    assert mode_of(tmp_path / "old.csv") == "-rw-r--r--"
    # when commands export, download, keep a queue, receipts and keys
    for name, words in {
        "roster.csv": ("export", "roster", "--operation", OPERATION),
        "old.csv": ("export", "orders", "--operation", OPERATION),
        "template.csv": ("template", "roster"),
    }.items():
        done = await planned.call(*words, "--form", "csv", "--to", str(tmp_path / name))
        assert done.exit_code == 0, done.output
    for words in (
        ("queue", "add", "check_in", "--data", CHECK_IN, *SAID[:4], "--queue", str(tmp_path / "queue")),
        ("send", "check_in", "--data", CHECK_IN, *SAID, "--within", "0.1",
         "--receipts", str(tmp_path / "sent")),
        ("token", "--role", "viewer", "--operation", OPERATION, "--mode", "real"),
    ):  # fmt: skip
        await planned.call(*words, by=None)
    # then all that is there is private
    files = {path: mode_of(path) for path in tmp_path.rglob("*") if path.is_file()}
    assert {path.name for path in files} >= {
        "roster.csv", "old.csv", "template.csv", "queue", "sent", "secret", "issuer.pem",
    }  # fmt: skip
    assert {path: mode for path, mode in files.items() if mode != "-rw-------"} == {}
