"""The commands of an operator, each as a process, on a running product: what they print and how they exit."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from pamwal.contracts.topics import FIELD_REQUESTS
from pamwal.stack.stack import Stack
from pamwal.wire.finding import find_decision
from pamwal.wire.kafka import KafkaLog
from pamwal.wire.log import Outgoing

pytestmark = pytest.mark.kafka

OPERATION = "latihan-perintah"
CHECK_IN = '{"officer_id":"KPG-0001","place":"rally/oebobo-1","method":"radio"}'
OPENING = {
    "name": "Latihan",
    "mode": "exercise",
    "zone": "Asia/Makassar",
    "region": "53.71",
    "starts_on": "2024-09-25",
    "ends_on": "2024-11-23",
    "posts": [{"post_id": "oebobo", "name": "Posko Oebobo"}],
}


class Said(NamedTuple):
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def answer(self) -> dict[str, object]:
        """The one JSON object it printed."""
        found: dict[str, object] = json.loads(self.out)
        return found


class Operator:
    """Calls `pamwal` with what it needs to know of the running product."""

    def __init__(self, stack: Stack, state: Path) -> None:
        addresses = {
            f"PAMWAL_{name.upper()}_URL": stack.plan(name).address
            for name in ("scheduler", "checkin", "reporting")
        }
        self._environment = {**os.environ, **addresses, "PAMWAL_STATE": str(state)}
        self._environment.pop("PAMWAL_TOKEN", None)

    async def call(self, *arguments: str, stdin: str = "") -> Said:
        """Runs one command to its end."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "pamwal.cli.main", *arguments,
            env=self._environment,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await asyncio.wait_for(process.communicate(stdin.encode()), 90)
        said = Said(process.returncode or 0, out.decode(), err.decode())
        assert "Traceback" not in said.err, said.err
        return said

    async def token(self, role: str, *more: str) -> str:
        """What `pamwal token` prints."""
        arguments = ("token", "--role", role, "--operation", OPERATION, "--mode", "exercise", *more)
        return (await self.call(*arguments)).out.strip()


async def test_an_operator_sends_watches_audits_and_looks_at_what_is_parked(
    stack: Stack, state: Path, tmp_path: Path
) -> None:
    operator = Operator(stack, state)
    admin, post = await operator.token("admin"), await operator.token("command_post", "--post", "oebobo")
    receipts = str(tmp_path / "receipts.txt")
    to_this = ("--operation", OPERATION, "--post", "oebobo", "--receipts", receipts)

    # Topics are in place; what is sent is answered, and the exit code says how.
    assert (await operator.call("topics", "check")).code == 0
    opened = await operator.call(
        "send", "open_operation", *to_this, "--token", admin, "--data", json.dumps(OPENING)
    )
    assert (opened.code, opened.answer["meaning"]) == (0, "accepted")
    again = (
        "send",
        "check_in",
        *to_this,
        "--token",
        post,
        "--id",
        "k-1",
        "--time",
        "2024-10-03T00:10:00.000Z",
    )
    first = await operator.call(*again, "--data", CHECK_IN)
    repeat = await operator.call(*again, "--data", CHECK_IN)
    assert (first.code, repeat.code) == (0, 0)
    assert (repeat.answer["facts"], first.answer["facts"]) == (["k-1/0"], ["k-1/0"])
    reused = await operator.call(*again, "--data", CHECK_IN.replace("0001", "0002"))
    assert (reused.code, reused.answer["code"]) == (3, "key_reused")
    foreign = await operator.call(
        "send", "check_in", "--operation", OPERATION, "--post", "alak", "--token", post, "--data", CHECK_IN
    )
    assert (foreign.code, foreign.answer["code"]) == (3, "not_yours")
    nobody = await operator.call("send", "check_in", *to_this, "--token", "garbage", "--data", CHECK_IN)
    assert (nobody.code, nobody.answer["status"]) == (5, 401)
    beat = json.dumps({"type": "pamwal.field.heartbeat.v1", "data": {}})
    queue = await operator.call("send", *to_this, "--token", post, "--file", "-", stdin=f"{beat}\n{beat}\n")
    assert (queue.code, len(queue.out.splitlines())) == (0, 2)

    # The board, once and in a line for each change.
    board = await operator.call("watch", "--operation", OPERATION, "--once", "--token", post)
    assert "LATIHAN" in board.out
    assert "balanced" in board.out
    other = await operator.call("watch", "another", "--once", "--token", post)
    assert (other.code, "is bound to operation" in other.err) == (1, True)

    # A simulated country of its own: every check-in is decided and shown.
    size = ("--operations", "2", "--officers", "20", "--per-s", "8", "--seconds", "2", "--name", "negeri")
    country = await operator.call("simulate", "nation", *size, "--json")
    assert country.code in {0, 1}, country.err  # 1: kept and shown, but not within two seconds at p99
    assert {name: country.answer[name] for name in ("name", "check_ins", "unseen", "refused")} == {
        "name": "negeri", "check_ins": 16, "unseen": 0, "refused": 0,
    }  # fmt: skip

    # A record that nobody can read is parked and shown, and the log stays provable.
    place = str(await _garbage(stack.bootstrap_servers))
    listed = await operator.call("parked", "list")
    assert place in listed.out
    shown = await operator.call("parked", "show", place)
    assert "this is no request" in shown.out
    assert "decision: parked" in shown.out
    refused = await operator.call("parked", "put", place, "--reason", "try")
    assert (refused.code, "cannot be parked" in refused.err) == (1, True)
    audited = await operator.call("audit", "--receipts", receipts, "--redecide")
    assert (audited.code, "consistent" in audited.out) == (0, True), audited.out

    # A receipt that the log does not have is found, and named.
    Path(receipts).write_text(f"{FIELD_REQUESTS.name}-0-987654\n", encoding="utf-8")
    missing = await operator.call("audit", "--receipts", receipts)
    assert missing.code == 1
    assert f"receipt_lost at {FIELD_REQUESTS.name}-0-987654" in missing.out


async def _garbage(servers: str) -> object:
    """Puts bytes that are no request into the requests topic, and waits until they are decided."""
    log = KafkaLog(servers)
    try:
        producer = await log.producer()
        receipt = await producer.send(
            FIELD_REQUESTS.name, Outgoing(OPERATION.encode(), b"this is no request")
        )
        async with asyncio.timeout(60):
            while await find_decision(log, receipt) is None:
                await asyncio.sleep(0)
        return receipt
    finally:
        await log.close()
