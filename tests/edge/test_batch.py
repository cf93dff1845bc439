"""An offline queue comes home in one POST: every row its own answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, MutableMapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pamwal.edge.rows import ARRAY_ROWS_MAX, LINES_MAX
from pamwal.wire.memory import Faults
from tests.edge.guard_core import TAKEN
from tests.edge.house import REPORT, ROOT, House, a_house, check_in, until

LINES = {"content_type": "application/x-ndjson"}


def lines(*rows: Any, end: bytes = b"\n") -> bytes:
    return b"".join((row if isinstance(row, bytes) else msgspec.json.encode(row)) + end for row in rows)


def a_report(name: str) -> dict[str, Any]:
    data = {"incident_id": name, "kind": "crowd_clash", "severity": "minor", "kelurahan": "53.71.02.1001"}
    return check_in(name) | {"type": REPORT, "data": data}


async def test_each_row_of_an_array_gets_its_answer(house: House) -> None:
    answer = await house.post([check_in("a"), check_in("b", officer=TAKEN), a_report("c")], path="/batch")
    assert answer.status_code == 200
    rows = answer.json()
    assert [row["row"] for row in rows] == [0, 1, 2]
    assert [row["status"] for row in rows] == [201, 409, 201]
    assert [row["receipt"] for row in rows] == [f"pamwal.field.requests.v1-0-{n}" for n in range(3)]
    assert (rows[0]["facts"], rows[1]["reason"]["code"]) == (["a/0"], "double_booked")


async def test_one_bad_row_harms_no_other(house: House) -> None:
    bad = check_in("b") | {"channel": "pigeon"}
    answer = await house.post(
        lines(check_in("a"), b"{broken", bad, b'{"id": "x"}', check_in("c")), path="/batch", **LINES
    )
    rows = answer.json()
    assert [row["status"] for row in rows] == [201, 400, 422, 400, 201]
    assert (rows[2]["code"], rows[2]["path"]) == ("malformed", "$.channel")
    assert "receipt" not in rows[2]
    assert house.edge.turned_away()["op", "posko"] == {"undecodable": 2, "malformed": 1}


async def test_two_values_on_one_line_are_one_bad_row(house: House) -> None:
    two = msgspec.json.encode(check_in("a")) + b" " + msgspec.json.encode(check_in("b"))
    rows = (await house.post(lines(two, check_in("c")), path="/batch", **LINES)).json()
    assert [row["status"] for row in rows] == [400, 201]
    assert len(await house.requests()) == 1


async def test_marks_returns_and_empty_lines_are_no_rows(house: House) -> None:
    body = (
        b"\xef\xbb\xbf"
        + lines(check_in("a"), b"", check_in("b"), b"   ", end=b"\r\n")
        + msgspec.json.encode(check_in("c"))
    )
    rows = (await house.post(body, path="/batch", **LINES)).json()
    assert [(row["row"], row["status"]) for row in rows] == [(0, 201), (1, 201), (2, 201)]


async def test_rows_cut_anywhere_by_the_network_stay_whole(house: House) -> None:
    body = lines(*(check_in(f"r{n}") for n in range(40)))

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 37):
            yield body[start : start + 37]

    answer = await house.client.post(
        "/guard/v1/operations/op/batch",
        content=pieces(),
        headers={**house.bearer(), "content-type": "application/x-ndjson"},
    )
    assert [row["status"] for row in answer.json()] == [201] * 40


async def test_a_batch_again_answers_as_before_and_decides_nothing_twice(house: House) -> None:
    batch = [check_in("a"), check_in("b", officer=TAKEN)]
    first = (await house.post(batch, path="/batch")).json()
    again = (await house.post(batch, path="/batch")).json()
    for row in first + again:
        row.pop("receipt")
    assert again == first
    assert await house.outcomes() == ["accepted", "refused", "repeat", "repeat"]


async def test_an_unknown_or_missing_type_is_that_rows_problem(house: House) -> None:
    untyped = check_in("b")
    del untyped["type"]
    rows = (await house.post([check_in("a", type="pamwal.field.sing.v1"), untyped], path="/batch")).json()
    assert [(row["status"], row["code"]) for row in rows] == [(422, "unknown_type"), (400, "undecodable")]


async def test_lines_come_back_as_lines_if_asked_for(house: House) -> None:
    answer = await house.post(lines(check_in("a")), path="/batch", accept="application/x-ndjson", **LINES)
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert [msgspec.json.decode(line)["status"] for line in answer.content.splitlines()] == [201]


async def test_an_array_of_a_thousand_is_taken_and_more_is_not(house: House) -> None:
    rows = [check_in(f"r{n}") for n in range(ARRAY_ROWS_MAX)]
    answer = await house.post(rows, path="/batch", prefer="respond-async")
    assert {row["status"] for row in answer.json()} == {202}
    assert (await house.post([*rows, check_in("more")], path="/batch")).status_code == 413


async def test_ten_thousand_lines_are_taken_and_what_is_beyond_is_told(tmp_path: Path) -> None:
    async with a_house(tmp_path, decides=False, rows_per_s=1e6) as house:
        body = lines(*(check_in(f"r{n}") for n in range(LINES_MAX + 7)))
        answer = await house.post(body, path="/batch", prefer="respond-async", **LINES)
        rows = answer.json()
        assert [row["status"] for row in rows] == [202] * LINES_MAX + [413]
        assert rows[-1]["row"] == LINES_MAX
        assert len(await house.requests()) == LINES_MAX


@pytest.mark.parametrize("body", [b"{}", b"[1", b"", b"7"])
async def test_what_is_no_array_is_400(house: House, body: bytes) -> None:
    answer = await house.post(body, path="/batch")
    assert (answer.status_code, answer.json()["code"]) == (400, "undecodable")


async def test_nothing_is_a_batch_too(house: House) -> None:
    assert (await house.post([], path="/batch")).json() == []
    assert (await house.post(b"", path="/batch", **LINES)).json() == []


async def test_too_many_bytes_are_413(tmp_path: Path) -> None:
    async with a_house(tmp_path, batch_bytes_max=1000) as house:
        answer = await house.post([check_in("a")] * 10, path="/batch")
        assert (answer.status_code, "send fewer rows" in answer.text) == (413, True)
        assert (await house.post(lines(*[check_in("a")] * 10), path="/batch", **LINES)).status_code == 413


async def test_rows_the_log_did_not_acknowledge_are_503_and_come_later_once(house: House) -> None:
    house.log.faults = Faults(send_lost=0.5)
    first = (await house.post([check_in(f"r{n}") for n in range(30)], path="/batch")).json()
    assert {row["status"] for row in first} == {201, 503}
    assert {row["code"] for row in first if row["status"] == 503} == {"not_kept"}
    house.log.faults = Faults()
    await house.until_ready()
    again = (await house.post([check_in(f"r{n}") for n in range(30)], path="/batch")).json()
    assert {row["status"] for row in again} == {201}
    assert (await house.outcomes()).count("accepted") == 30


async def test_a_batch_is_taken_whole_and_paid_for_afterwards(tmp_path: Path) -> None:
    async with a_house(tmp_path, rows_per_s=5) as house:
        token = house.bearer()
        rows = (await house.post([check_in(f"r{n}") for n in range(50)], path="/batch", **token)).json()
        assert {row["status"] for row in rows} == {201}
        answer = await house.post([check_in("more")], path="/batch", **token)
        assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
        assert (await house.post(check_in("live"), **token)).status_code == 201, "live reports go on"


async def test_of_many_batches_sent_at_once_only_the_first_is_taken_on_credit(tmp_path: Path) -> None:
    async with a_house(tmp_path, rows_per_s=10) as house:
        token = house.bearer()
        bodies = [[check_in(f"b{n}-{row}") for row in range(100)] for n in range(20)]
        sent = await asyncio.gather(*(house.post(body, path="/batch", **token) for body in bodies))
        assert sorted(answer.status_code for answer in sent) == [200, *[429] * 19]
        assert len(await house.requests()) == 100


@pytest.mark.parametrize("path", ["/batch", "/check-ins"])
async def test_uploads_nobody_finishes_hold_so_many_bytes_and_no_more(tmp_path: Path, path: str) -> None:
    part = 100_000
    async with a_house(tmp_path, underway_bytes_max=4 * part) as house:
        give_up = asyncio.Event()
        token = house.bearer()
        uploads = [asyncio.create_task(_unfinished(house, path, part, give_up, token)) for _ in range(9)]
        await until(lambda: sum(task.done() for task in uploads) == 5)
        assert {task.result() for task in uploads if task.done()} == {429}
        live = await house.post(check_in("small"), **house.bearer(post="another"))
        assert live.status_code == 409, "another caller is let in, and answered"
        assert sum(task.done() for task in uploads) == 5
        give_up.set()
        await asyncio.wait(uploads)
        assert (await house.post(check_in("small"), **token)).status_code == 201


async def _unfinished(
    house: House, path: str, part: int, give_up: asyncio.Event, token: dict[str, str]
) -> int | None:
    """The status of a request whose body stops after one part until it is given up."""
    parts = [b"[" + b" " * (part - 1)]
    status = []

    async def receive() -> dict[str, Any]:
        if parts:
            return {"type": "http.request", "body": parts.pop(), "more_body": True}
        await give_up.wait()
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        status.append(message.get("status"))

    headers = [(b"authorization", token["authorization"].encode()), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": ROOT + path, "query_string": b"", "headers": headers}
    await house.edge.app(scope, receive, send)
    return status[0] if status else None


async def test_no_token_is_401_for_the_whole(house: House) -> None:
    answer = await house.client.post("/guard/v1/operations/op/batch", json=[check_in("a")])
    assert answer.status_code == 401
