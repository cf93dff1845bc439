"""How a test calls the command: in this process, on a state folder of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from pamwal.cli.main import app

Pamwal = Callable[..., Result]


@pytest.fixture
def pamwal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pamwal:
    """`pamwal("token", "--role", "viewer")` → exit code and output."""
    monkeypatch.setenv("PAMWAL_STATE", str(tmp_path / "state"))
    for name in (
        "PAMWAL_TOKEN", "PAMWAL_ADMIN_TOKEN", "PAMWAL_HEAD_TOKEN", "PAMWAL_BOOTSTRAP_SERVERS",
        "PAMWAL_ISSUER", "PAMWAL_CHECKIN_URL", "PAMWAL_SCHEDULER_URL", "PAMWAL_CLOCK",
    ):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    runner = CliRunner()

    def call(*arguments: str, stdin: str | None = None) -> Result:
        return runner.invoke(app, list(arguments), input=stdin)

    return call
