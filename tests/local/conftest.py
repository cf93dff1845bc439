"""These tests start, kill and break brokers of their own, whatever broker the rest of the run was given."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pamwal.local.java import brokers_of


@pytest.fixture(autouse=True)
def no_given_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PAMWAL_BOOTSTRAP_SERVERS", raising=False)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    """A state folder on which no broker runs any more when the test is over."""
    yield tmp_path
    left = brokers_of(tmp_path / "kafka" / "data")
    for broker in left:
        broker.end(5.0)
    assert not left, "the test left a broker running"
