"""`pamwal incident` against checkin on a log in memory."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from click.testing import Result

from tests.cli.scheduler.conftest import Across, Run
from tests.unit.checkin.conftest import field
from tests.unit.checkin.house import OPERATION, Field
from tests.unit.checkin.test_incidents_over_http import Desk
from tests.unit.checkin.test_media import FILES

__all__ = ["field"]
PHOTO = FILES["image/jpeg"][:-2] + bytes(999) + b"\xff\xd9"


@pytest.fixture
async def call(field: Field, pamwal: Any, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command, by the token of post Maulafa."""
    across, plain = Across(asyncio.get_running_loop(), field.transport), httpx.AsyncClient
    token = field.token("command_post", "maulafa", None, "operator-1")["authorization"].split()[1]

    async def run(*arguments: str, stdin: str | None = None) -> Result:
        with monkeypatch.context() as patched:
            patched.setattr(httpx, "AsyncClient", lambda **more: plain(transport=across, **more))
            words = ["incident", *arguments, "--operation", OPERATION, "--token", token]
            return await asyncio.to_thread(pamwal, *words, stdin=stdin)

    return run


@pytest.fixture
async def told(field: Field) -> Field:
    """Two incidents that are one, amended and in somebody's hands."""
    desk = Desk(field)
    await desk.report("k-1", "03:00")
    await desk.report("k-2", "03:01", kind="medical")
    await desk.say("amend_incident", "03:10", {"incident_id": "k-1", "assignees": ["post/maulafa"]})
    await desk.say("merge_incident", "03:11", {"incident_id": "k-2", "duplicate_of": "k-1"})
    assert await desk.listed() == ["k-2", "k-1"]
    return field


async def test_a_list_as_a_table_and_as_json(told: Field, call: Run) -> None:
    table = (await call("list")).stdout
    assert "duplicate of k-1" in table
    assert "post/maulafa" in table
    assert "2024-10-03 11:01 WITA" in table, "in the operation's zone"
    found = msgspec.json.decode((await call("list", "--mine", "--open", "--json")).stdout)
    assert [one["incident_id"] for one in found["incidents"]] == ["k-1"]
    over = msgspec.json.decode((await call("list", "--over", "--json")).stdout)
    assert over["incidents"] == []
    assert (await call("list", "--state", "lost")).exit_code == 1


async def test_all_that_was_said_with_the_duplicates(told: Field, call: Run) -> None:
    shown = (await call("show", "k-1")).stdout
    for words in (
        "k-1: fire, minor, reported, version 2",
        "amended: assignees post/maulafa",
        "2024-10-03 11:10 WITA",
        "k-2",
        "medical",
    ):
        assert words in shown, shown
    unknown = await call("show", "k-9")
    assert unknown.exit_code == 5
    assert "no incident 'k-9'" in unknown.stderr


async def test_a_file_goes_and_comes(told: Field, call: Run, tmp_path: Path) -> None:
    path, copy = tmp_path / "foto.jpg", tmp_path / "copy.jpg"
    path.write_bytes(PHOTO)
    attached = await call("attach", "k-1", str(path), "--post", "maulafa")
    assert attached.exit_code == 0, attached.output
    assert msgspec.json.decode(attached.stdout)["meaning"] == "accepted"
    await Desk(told).report("k-3", "03:30")
    assert (await call("file", hashlib.sha256(PHOTO).hexdigest(), "--to", str(copy))).exit_code == 0
    assert copy.read_bytes() == PHOTO
    wrong = tmp_path / "notes.txt"
    wrong.write_text("catatan", "utf-8")
    refused = await call("attach", "k-1", str(wrong), "--post", "maulafa")
    assert (refused.exit_code, "image/jpeg" in refused.stderr) == (5, True)
    assert (await call("attach", "k-1", str(tmp_path / "nowhere"), "--post", "maulafa")).exit_code == 1


async def test_the_kinds(told: Field, call: Run) -> None:
    assert "kemacetan" in (await call("kinds")).stdout
