"""An edge with a decider, ready, for the tests of this folder that ask."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.edge.house import House, a_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path, requests_per_s=1e6, rows_per_s=1e6) as built:
        yield built
