"""An edge with a decider, ready, for every test that asks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog

from tests.edge.house import House, a_house


@pytest.fixture(autouse=True)
def plain_log_lines() -> Iterator[None]:
    """As a service sets them up; what structlog shows a person at a terminal takes seconds to draw."""
    structlog.configure(
        processors=[structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    yield
    structlog.reset_defaults()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path) as built:
        yield built
