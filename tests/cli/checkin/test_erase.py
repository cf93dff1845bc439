"""`pamwal erase` against checkin on a log in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from click.testing import Result

from tests.cli.scheduler.conftest import Across, Run
from tests.unit.checkin.district import OPERATION, District, district
from tests.unit.checkin.test_erasing import HEAD, kept, told


@pytest.fixture
async def kupang(tmp_path: Path) -> AsyncIterator[District]:
    async with district(tmp_path) as found:
        yield found


@pytest.fixture
async def call(kupang: District, pamwal: Any, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command, by a token of the head of operations."""
    transport = httpx.ASGITransport(kupang.edges["checkin"].app)
    across, plain = Across(asyncio.get_running_loop(), transport), httpx.AsyncClient
    token = kupang.token(**HEAD)["authorization"].split()[1]

    async def run(*arguments: str, stdin: str | None = None) -> Result:
        with monkeypatch.context() as patched:
            patched.setattr(httpx, "AsyncClient", lambda **more: plain(transport=across, **more))
            words = ["erase", *arguments, "--operation", OPERATION, "--token", token]
            return await asyncio.to_thread(pamwal, *words, stdin=stdin)

    return run


async def test_it_shows_asks_and_erases(call: Run, kupang: District) -> None:
    await told(kupang)
    why = ("--reason", "a request")
    before = await kept(kupang)
    shown = await call("k-1", *why, "--check")
    assert (shown.exit_code, shown.stdout) == (0, "k-1: 2 names, 4 texts, 1 file, a PIN\n")
    unasked = await call("k-1", *why)
    assert (unasked.exit_code, "nothing was erased" in unasked.stderr) == (1, True)
    assert await kept(kupang) == before

    done = await call("k-1", *why, "--yes")
    assert done.exit_code == 0, done.stderr
    assert done.stdout.startswith("k-1: erased 2 names, 4 texts, 1 file, a PIN\n")
    assert "still on the roster" in done.stdout
    assert not {"his name", "his report"} & set(await kept(kupang))
    again = msgspec.json.decode((await call("k-1", *why, "--yes", "--json")).stdout)
    assert (again["names"], again["pin"]) == (2, False)
    unknown = await call("nobody", *why, "--yes")
    assert (unknown.exit_code, "nothing is known of an officer nobody" in unknown.stderr) == (5, True)
