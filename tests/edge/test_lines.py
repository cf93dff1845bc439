"""Lines of a homecoming: the same rows whatever pieces they come in, and everything before a cut stands."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pamwal.edge.rows import LINES_MAX, ROW_BYTES_MAX, LineCutter, chunks
from tests.edge.house import House, a_house, check_in, until
from tests.edge.test_batch import LINES, lines
from tests.edge.test_homecoming import Sender

BOM = b"\xef\xbb\xbf"
DEEP = b'{"type":' + b"[" * 10_000 + b"]" * 10_000 + b"}"
DEEP_UNKNOWN = msgspec.json.encode(check_in("deep"))[:-1] + b',"more":' + b"[" * 10_000 + b"]" * 10_000 + b"}"


async def rows_of(pieces: list[bytes], *, cut: bool = False) -> list[bytes]:
    """What a body in these pieces is read as; `cut`: the peer goes away behind the last."""
    messages = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    messages.append({"type": "http.disconnect"} if cut else {"type": "http.request", "body": b""})

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    headers = {b"content-type": b"application/x-ndjson"}
    return [row async for chunk in chunks(headers, receive, 1 << 30) for row in chunk]


def cut_at(body: bytes, places: list[int]) -> list[bytes]:
    bounds = [0, *sorted(place % (len(body) + 1) for place in places), len(body)]
    return [body[start:end] for start, end in itertools.pairwise(bounds)]


line = st.one_of(
    st.binary(max_size=40).map(lambda raw: raw.replace(b"\n", b"")),
    st.sampled_from([b"", b"  ", b"\r", BOM, BOM + b"{}", b"{} {}", b'{"a":1}\r', b"x" * 70]),
)


@given(
    st.lists(line, max_size=8), st.sampled_from([b"\n", b"\r\n"]), st.lists(st.integers(0, 500), max_size=9)
)
@settings(deadline=None)
def test_any_pieces_give_the_same_rows(given_lines: list[bytes], end: bytes, places: list[int]) -> None:
    body = end.join(given_lines)
    whole, pieces = LineCutter(50), LineCutter(50)
    expected = whole.feed(body) + whole.end()
    found = [row for piece in cut_at(body, places) for row in pieces.feed(piece)] + pieces.end()
    assert found == expected
    assert all(0 < len(row) <= 51 and b"\n" not in row for row in found)


@given(st.data())
@settings(deadline=None, max_examples=60)
def test_of_a_body_cut_at_any_byte_the_whole_lines_stand_and_no_other(data: st.DataObject) -> None:
    rows = [msgspec.json.encode(check_in(f"r{number}")) for number in range(4)]
    body = b"".join(row + b"\n" for row in rows)
    at = data.draw(st.integers(0, len(body)))
    pieces = cut_at(body[:at], data.draw(st.lists(st.integers(0, 2_000), max_size=5)))
    found = asyncio.run(rows_of(pieces, cut=True))
    assert found == rows[: body[:at].count(b"\n")]


@pytest.mark.parametrize("size", [1, 2, 3, 7])
async def test_a_byte_order_mark_in_pieces_is_dropped(size: int) -> None:
    body = BOM + b"[1]\n[2]"
    assert await rows_of([body[at : at + size] for at in range(0, len(body), size)]) == [b"[1]", b"[2]"]


async def test_rows_before_a_limit_are_handed_on_and_then_it_is_said(tmp_path: Path) -> None:
    body = lines(*(check_in(f"r{number}") for number in range(5)))
    limit = 2 * (len(body) // 5) + 10
    async with a_house(tmp_path, batch_bytes_max=limit) as house:
        sender = Sender(house)
        sender.say_bytes(body, more=False)
        await sender.over()
        assert [(row["status"], row.get("code")) for row in sender.rows] == [(201, None)] * 2 + [
            (413, "too_large")
        ]
        assert "send fewer rows" in sender.rows[-1]["detail"]


@pytest.mark.parametrize("piece", [64 * 1024, 16 * 1024 * 1024])
async def test_a_huge_line_is_one_bad_row_however_it_comes_and_the_others_stand(
    house: House, piece: int
) -> None:
    huge = msgspec.json.encode(check_in("huge", more="x" * 3 * ROW_BYTES_MAX))
    body = lines(check_in("a"), huge, check_in("b"))
    sender = Sender(house)
    for start in range(0, len(body), piece):
        sender.say_bytes(body[start : start + piece], more=True)
    sender.say_bytes(b"", more=False)
    await sender.over()
    assert [row["status"] for row in sender.rows] == [201, 413, 201]
    assert "over 1048576 bytes" in sender.rows[1]["detail"]


async def test_each_strange_line_gets_a_clear_answer_and_harms_no_other(house: House) -> None:
    two = msgspec.json.encode(check_in("x")) + b" " + msgspec.json.encode(check_in("y"))
    body = BOM + lines(
        check_in("a"), b"", DEEP, DEEP_UNKNOWN, two, b"\xff\xfe", b"null", check_in("b"), end=b"\r\n"
    )
    rows = (await house.post(body + b"{cut", path="/batch", **LINES)).json()
    assert [row["status"] for row in rows] == [201, 400, 400, 400, 400, 400, 201, 400]
    assert all(row["detail"] for row in rows if row["status"] == 400)
    assert len(await house.requests()) == 2


async def test_what_stood_before_a_cut_is_answered_the_same_when_all_is_sent_again(house: House) -> None:
    queue = [check_in(f"r{number}", time=f"2024-10-03T01:{number:02}:00.000Z") for number in range(10)]
    body = lines(*queue)
    cut = Sender(house)
    cut.say_bytes(body[:-20], more=True)
    await until(lambda: len(cut.rows) == 9)
    cut.leave()
    await cut.over()
    again = (await house.post(body, path="/batch", **LINES)).json()
    before = cut.rows
    for row in before + again:
        row.pop("receipt")
    assert before == again[:9]
    assert await house.outcomes() == ["accepted"] * 9 + ["repeat"] * 9 + ["accepted"]
    kept = [msgspec.json.decode(record.value) for record in await house.requests()]
    assert [each["time"] for each in kept[:9]] == [each["time"] for each in queue[:9]]
    assert all(each["recordedat"] > each["time"] for each in kept)


async def test_a_line_is_answered_while_the_next_is_not_there_yet(house: House) -> None:
    sender = Sender(house)
    for number in range(3):
        sender.say(check_in(f"r{number}"), more=True)
        await until(lambda count=number + 1: len(sender.rows) == count)
    assert not sender.ended
    sender.leave()
    await sender.over()


async def test_ten_thousand_lines_in_many_pieces_are_taken_and_no_more(tmp_path: Path) -> None:
    async with a_house(tmp_path, decides=False, rows_per_s=1e6, decision_wait_ms=1) as house:
        body = lines(*(check_in(f"r{number}") for number in range(LINES_MAX + 3)))
        sender = Sender(house)
        for start in range(0, len(body), 100_000):
            sender.say_bytes(body[start : start + 100_000], more=True)
        sender.say_bytes(b"", more=False)
        await sender.over()
        assert [row["status"] for row in sender.rows] == [202] * LINES_MAX + [413]
        assert len(await house.requests()) == LINES_MAX
