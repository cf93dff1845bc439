"""Whose snapshots a process has made: of what it folds itself, and of nothing where they are off."""

from __future__ import annotations

from pathlib import Path

import pytest

from pamwal.service import Role, Service, main
from pamwal.snapshots.process import make_snapshots
from pamwal.snapshots.settings import SnapshotSettings
from services.checkin.app import CHECKIN
from services.reporting.app import REPORTING
from services.scheduler.app import SCHEDULER

NONE, OWN = [], ["DeciderKeeper"]
ALL = ["ReplicaKeeper", "DeciderKeeper", "SeenKeeper"]


@pytest.mark.parametrize(
    ("service", "role", "expected"),
    [
        (SCHEDULER, "edge", NONE),
        (SCHEDULER, "decider", OWN),
        (CHECKIN, "edge", NONE),
        (CHECKIN, "all", OWN),
        (REPORTING, "edge", ["ReplicaKeeper"]),
        (REPORTING, "decider", ["DeciderKeeper", "SeenKeeper"]),
        (REPORTING, "all", ALL),
    ],
)
def test_a_process_keeps_what_it_folds(
    tmp_path: Path, service: Service, role: Role, expected: list[str]
) -> None:
    keepers = service.keepers(SnapshotSettings(folder=tmp_path), role)
    assert [type(each).__name__ for each in keepers] == expected


def test_where_they_are_off_none_are_made(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PAMWAL_SNAPSHOTS", "off")
    monkeypatch.setenv("PAMWAL_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    assert main(SCHEDULER, ["--role", "snapshots"]) == 2
    assert "PAMWAL_SNAPSHOTS" in capsys.readouterr().err


def test_where_none_can_be_written_it_says_where_and_what_to_do(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    folder = tmp_path / "file" / "snapshots"
    assert make_snapshots([], "127.0.0.1:1", SnapshotSettings(folder=folder)) == 1
    (said,) = [each.getMessage() for each in caplog.records if each.levelname == "WARNING"]
    assert said.startswith(f"no snapshot can be kept in {folder}: Not a directory. The service goes on")
    assert "PAMWAL_SNAPSHOTS" in said
