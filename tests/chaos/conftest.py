"""A fleet of a test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.chaos.fleet import Fleet


@pytest.fixture
async def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Fleet]:
    """A broker of its own and no processes yet; all of it ends with the test."""
    monkeypatch.delenv("PAMWAL_BOOTSTRAP_SERVERS", raising=False)
    async with Fleet(tmp_path / "state") as fleet:
        yield fleet
