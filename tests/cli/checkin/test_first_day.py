"""`docs/first_day_of_a_post.md`: every line of it is run, in order, and is accepted."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from click.testing import Result

from tests.cli.checkin.test_code import codes_in
from tests.cli.scheduler.conftest import Across
from tests.unit.checkin.district import District, district
from tests.unit.checkin.test_media import FILES
from tests.unit.scheduler.asked import OPERATION

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "first_day_of_a_post.md").read_text()
ASKS_REPORTING = ["field", "polls"]
TOKEN = re.compile(r"export ([A-Z_]+)=\$\((.*)\)")
PLAIN = re.compile(r"export ([A-Z_]+)=(\S+)")
PORTS = {8101: "scheduler", 8102: "checkin"}


class ByPort(httpx.AsyncBaseTransport):
    """Reaches each service of a district at its own port."""

    def __init__(self, kupang: District) -> None:
        loop = asyncio.get_running_loop()
        self._across = {
            port: Across(loop, httpx.ASGITransport(kupang.edges[name].app)) for port, name in PORTS.items()
        }

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._across[request.url.port or 0].handle_async_request(request)


def commands() -> Iterator[str]:
    """The commands of the page, about the operation and the officers of this test."""
    for block in re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
        command = ""
        for line in block.replace("\\\n", "").splitlines():
            command = f"{command}\n{line}" if command else line
            if command.count("'") % 2 == 0:
                yield command.replace("kupang-2024", OPERATION).replace("KPG-000", "k-")
                command = ""


async def test_a_posts_first_day_goes_as_its_page_says(
    tmp_path: Path, pamwal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("foto.jpg").write_bytes(FILES["image/jpeg"] + bytes(999))
    ran, plain = list[str](), httpx.AsyncClient
    async with district(tmp_path / "state") as kupang:
        by_port = ByPort(kupang)

        async def run(*words: str) -> Result:
            with monkeypatch.context() as patched:
                patched.setattr(httpx, "AsyncClient", lambda **more: plain(transport=by_port, **more))
                found: Result = await asyncio.to_thread(pamwal, *words)
            assert found.exit_code == 0, f"{words}\n{found.output}"
            return found

        async def meant(word: str) -> str:
            if word == "CODE":
                return codes_in(Path("kartu.pdf"))[-1]
            if word == "DEVICE":
                listed = (
                    await run("device", "list", "--operation", OPERATION, "--state", "enrolled", "--json")
                ).stdout
                return str(msgspec.json.decode(listed)["devices"][0]["device_id"])
            return os.environ[word[1:]] if word.startswith("$") else word

        for command in commands():
            if given := TOKEN.fullmatch(command):
                words = shlex.split(given[2])[1:]
                said = await run(*words, *(["--mode", "exercise"] if words[0] == "token" else []))
                monkeypatch.setenv(given[1], said.stdout.strip())
            elif given := PLAIN.fullmatch(command):
                monkeypatch.setenv(given[1], given[2])
            elif (words := shlex.split(command)[1:])[:2] != ASKS_REPORTING:
                await run(*[await meant(each) for each in words])
                ran.append(words[0])
        warned = [each.code for one in await kupang.decisions() for each in one.data.warnings]
    assert {"device", "code", "pin", "sheet", "queue", "send", "incident", "field"} == set(ran)
    assert len(ran) > 20
    assert warned == ["witness", "still_open"], (
        "the paper list has whom the device told of; who closes sees who is left"
    )
