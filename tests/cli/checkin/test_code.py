"""`pamwal code`, `device` and `pin` against checkin on a log in memory."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import jwt
import msgspec
import pytest
from click.testing import Result
from pypdf import PdfReader

from pamwal.client.bearer import bearer_of
from pamwal.contracts.field import Heartbeat
from tests.cli.scheduler.conftest import Across, Run
from tests.unit.checkin.district import District, district
from tests.unit.scheduler.asked import OPERATION

PLACE = ("--place", "rally/oebobo-1")
UNBOUND = {("device", "enrol"), ("queue", "send")}


def codes_in(cards: Path) -> list[str]:
    """The codes as they are printed: groups of four letters."""
    text = PdfReader(cards).pages[0].extract_text()
    return [" ".join(each.split()) for each in re.findall(r"(?:\b[a-z2-7]{4}\s+){7}[a-z2-7]{4}\b", text)]


@pytest.fixture
async def kupang(tmp_path: Path) -> AsyncIterator[District]:
    async with district(tmp_path / "edge") as found:
        yield found


@pytest.fixture
async def call(kupang: District, pamwal: Any, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command, by the token of post Oebobo."""
    inner = httpx.ASGITransport(kupang.edges["checkin"].app)
    across, plain = Across(asyncio.get_running_loop(), inner), httpx.AsyncClient
    token = kupang.token()["authorization"].split()[1]

    async def run(*arguments: str, stdin: str | None = None) -> Result:
        with monkeypatch.context() as patched:
            patched.setattr(httpx, "AsyncClient", lambda **more: plain(transport=across, **more))
            unbound = arguments[:2] in UNBOUND
            words = [*arguments, *([] if unbound else ["--operation", OPERATION])]
            words += [] if unbound or "--token" in arguments else ["--token", token]
            return await asyncio.to_thread(pamwal, *words, stdin=stdin)

    return run


async def test_a_code_is_shown_and_written_as_a_picture_and_a_sheet(call: Run, tmp_path: Path) -> None:
    shown = (await call("code", "show", *PLACE)).stdout
    found = msgspec.json.decode((await call("code", "show", *PLACE, "--json")).stdout)
    assert found["address"] in shown
    assert found["letters"] in shown
    assert "from 2024-10-03 04:00 WITA until 2024-10-04 08:00 WITA" in shown
    assert (await call("code", "svg", *PLACE, "--to", str(tmp_path / "oebobo.svg"))).exit_code == 0
    assert (tmp_path / "oebobo.svg").read_bytes().startswith(b"<svg")
    assert (await call("code", "sheet", *PLACE, "--to", str(tmp_path / "oebobo.pdf"))).exit_code == 0
    assert (tmp_path / "oebobo.pdf").read_bytes().startswith(b"%PDF")


async def test_what_the_service_turns_away_and_what_is_not_asked_whole(call: Run) -> None:
    nowhere = await call("code", "show", "--place", "rally/nowhere")
    assert (nowhere.exit_code, "rally/ID" in nowhere.stderr) == (5, True)
    neither = await call("code", "sheet")
    assert (neither.exit_code, "--place or --day" in neither.stderr) == (1, True)


async def test_codes_of_devices_are_printed_and_one_becomes_a_token(
    kupang: District, call: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await kupang.say(kupang.body(Heartbeat()))).status_code == 201
    file = tmp_path / "cards.pdf"
    assert (await call("device", "invite", "--officer", "k-1", "--to", str(file))).exit_code == 0
    whole = tmp_path / "roster.pdf"
    assert (await call("device", "invite", "--roster", "--to", str(whole))).exit_code == 0
    assert len(codes_in(whole)) == 3
    [code] = codes_in(file)
    enrolled = await call("device", "enrol", *code.split(), "--json")
    assert enrolled.exit_code == 0, enrolled.stderr
    assert msgspec.json.decode(enrolled.stdout)["officer"] == "k-1"
    again = await call("device", "enrol", code, "--json")
    assert again.exit_code == 0, "the first answer may have been lost"
    names = [msgspec.json.decode(each.stdout)["device"] for each in (enrolled, again)]
    assert (names[0], (await kupang.decisions())[-1].data.outcome) == (names[1], "repeat")
    monkeypatch.setenv("PAMWAL_STATE", str(tmp_path / "another machine"))
    other = await call("device", "enrol", code)
    assert (other.exit_code, "used already" in other.stderr) == (5, True)


async def test_an_enrolled_device_speaks_in_its_own_name_at_once_and_by_its_queue(
    kupang: District, call: Run, tmp_path: Path
) -> None:
    assert (await kupang.say(kupang.body(Heartbeat()))).status_code == 201
    cards, token, queue = tmp_path / "cards.pdf", tmp_path / "pc.token", str(tmp_path / "pc.queue")
    assert (await call("device", "invite", "--pcs", "1", "--to", str(cards))).exit_code == 0
    typed = codes_in(cards)[0].upper().replace(" ", "-")
    kept = await call("device", "enrol", *typed.split(), "--to", str(token))
    assert (kept.exit_code, token.stat().st_mode & 0o777) == (0, 0o600), kept.stderr
    there = await call("device", "enrol", typed, "--to", str(token))
    assert (there.exit_code, "name a new file" in there.stderr) == (1, True)
    data = ("--data", '{"officer_id":"k-1","place":"rally/oebobo-1","method":"manual"}')
    by = ("--token", token.read_text())
    said = await call("send", "check_in", *data, *by)
    assert said.exit_code == 0, said.stdout + said.stderr
    for _ in range(2):
        added = await call("queue", "add", "check_in", *data, "--queue", queue, *by)
        assert added.exit_code == 0, added.stderr
    sent = await call("queue", "send", "--queue", queue, "--token-file", str(token), "--heartbeat")
    assert (sent.exit_code, msgspec.json.decode(sent.stdout)["accepted"]) == (0, 2), sent.stderr
    device = bearer_of(token.read_text()).device
    spoke = [(each.source, each.sourceseq) for each in (await kupang.requests())[-4:]]
    own = f"/posts/oebobo/devices/{device}"
    assert spoke == [(own, None), (own, 1), (own, 2), (f"{own}/queue", None)]
    assert [each.data.outcome for each in (await kupang.decisions())[-4:]] == ["accepted"] * 4


async def test_a_lost_device_is_found_and_revoked_since_when_it_was_lost(
    kupang: District, call: Run, tmp_path: Path
) -> None:
    assert (await kupang.say(kupang.body(Heartbeat()))).status_code == 201
    cards = tmp_path / "cards.pdf"
    assert (await call("device", "invite", "--officer", "k-1", "--to", str(cards))).exit_code == 0
    token = (await call("device", "enrol", codes_in(cards)[0])).stdout.strip()
    name = bearer_of(token).device or ""
    assert name in (await call("device", "list")).stdout
    found = msgspec.json.decode((await call("device", "list", "--officer", "k-1", "--json")).stdout)
    assert [(one["device_id"], one["state"]) for one in found["devices"]] == [(name, "enrolled")]
    since = ("--lost-since", "2024-10-03T15:30:00+08:00")
    revoked = await call("device", "revoke", name, *since, "--cause", "left in a taxi")
    assert (revoked.exit_code, "accepted" in revoked.stdout) == (0, True), revoked.stderr
    listed = msgspec.json.decode((await call("device", "list", "--state", "revoked", "--json")).stdout)
    assert [(one["device_id"], one["lost_since"]) for one in listed["devices"]] == [
        (name, "2024-10-03T07:30:00.000Z")
    ]
    assert "2024-10-03 15:30 WITA" in (await call("device", "list")).stdout
    denied = await call("device", "list", "--token", token)
    assert denied.exit_code == 5, denied.stderr
    unsaid = await call("device", "revoke", name, "--lost-since", "15:30")
    assert (unsaid.exit_code, "--lost-since" in unsaid.stderr) == (1, True)


async def test_a_pin_is_set_used_and_removed(call: Run) -> None:
    assert (await call("pin", "set", "k-1", "--pin", "482913")).exit_code == 0
    token = (await call("pin", "sign-on", "k-1", "--pin", "482913")).stdout.strip()
    assert jwt.decode(token, options={"verify_signature": False})["sub"] == "k-1"
    wrong = await call("pin", "sign-on", "k-1", "--pin", "482914")
    assert (wrong.exit_code, "4 tries are left" in wrong.stderr) == (5, True)
    for _ in range(4):
        await call("pin", "sign-on", "k-1", "--pin", "482914")
    locked = await call("pin", "sign-on", "k-1", "--pin", "482913")
    assert (locked.exit_code, "try again in 15 min" in locked.stderr) == (5, True)
    assert (await call("pin", "remove", "k-1")).exit_code == 0
    assert (await call("pin", "sign-on", "k-1", "--pin", "482913")).exit_code == 5


async def test_a_report_is_sent_with_the_code_that_was_read(call: Run) -> None:
    letters = msgspec.json.decode((await call("code", "show", *PLACE, "--json")).stdout)["letters"]
    data = '{"officer_id":"k-1","place":"rally/oebobo-1","method":"manual"}'
    said = ("send", "check_in", "--data", data, "--post", "oebobo", "--time", "2024-10-03T16:00:00+08:00")
    assert (await call(*said, "--code", letters)).exit_code == 0
    forged = await call(*said, "--code", "ZZZZ-ZZZZ")
    assert (forged.exit_code, "qr_forged" in forged.stdout) == (5, True)
