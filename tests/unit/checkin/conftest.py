"""The service of these tests, running."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.checkin.app import edge_spec
from services.checkin.core import CheckinCore
from tests.unit.checkin.house import Field
from tests.unit.edges import an_edge


@pytest.fixture
async def field(tmp_path: Path) -> AsyncIterator[Field]:
    async with an_edge(tmp_path, edge_spec, CheckinCore()) as running:
        yield Field(running.log, running.client, running.issuer, running.edge, tmp_path)
