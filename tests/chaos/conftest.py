"""A fleet of a test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.chaos.fleet import Fleet, a_fleet


@pytest.fixture
async def fleet(tmp_path: Path) -> AsyncIterator[Fleet]:
    """A broker of its own and no processes yet; all of it ends with the test."""
    async with a_fleet(tmp_path / "state") as fleet:
        yield fleet
