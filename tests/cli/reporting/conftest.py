"""The command against reporting on a log in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import Result

from pamwal.contracts.claims import Role
from tests.cli.scheduler.conftest import Across, Run
from tests.unit.reporting.house import OPERATION, House, Written, a_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """One operation with two officers at one rally, half past nine on its day."""
    written = Written()
    await written.plan()
    async with a_house(tmp_path, written) as house:
        await house.until_folded()
        yield house


@pytest.fixture
async def call_alone(house: House, pamwal: Any, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command, by the token of a post."""
    return calling(house, pamwal, monkeypatch, "command_post")


@pytest.fixture
async def call_head(house: House, pamwal: Any, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command, by the token of the head of operations."""
    return calling(house, pamwal, monkeypatch, "ops_head")


def calling(house: House, pamwal: Any, monkeypatch: pytest.MonkeyPatch, role: Role) -> Run:
    """The command with a token of the role."""
    across = Across(asyncio.get_running_loop(), httpx.ASGITransport(house.edge.app))
    plain = httpx.AsyncClient
    token = house.bearer(role)["authorization"].split()[1]

    async def run(*arguments: str, stdin: str | None = None) -> Result:
        with monkeypatch.context() as patched:
            patched.setattr(httpx, "AsyncClient", lambda **more: plain(transport=across, **more))
            return await asyncio.to_thread(pamwal, *arguments, "--token", token, stdin=stdin)

    return run


@pytest.fixture
async def call(call_alone: Run) -> Run:
    """The same of the operation."""

    async def run(*arguments: str, stdin: str | None = None) -> Result:
        return await call_alone(*arguments, "--operation", OPERATION, stdin=stdin)

    return run
