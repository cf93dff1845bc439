"""Lines of a batch as chance has them, in pieces as chance has them: an answer a row, and never a 5xx."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pamwal.edge.rows import ROW_BYTES_MAX
from tests.edge.house import DEADLINE_S, House, check_in
from tests.edge.test_homecoming import Sender

BOM = b"\xef\xbb\xbf"
json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=9), inside, max_size=3),
    max_leaves=8,
)
field = st.sampled_from(
    ["id", "source", "type", "time", "channel", "data", "subject", "sentat", "sourceseq", "more"]
)


@st.composite
def row(draw: st.DrawFn) -> bytes:
    """A check-in, whole or with something wrong in it; or anything at all."""
    body: Any = check_in(f"r{draw(st.integers(0, 30))}")
    match draw(st.integers(0, 7)):
        case 0 | 1:
            return msgspec.json.encode(body)
        case 2:
            return msgspec.json.encode(body | {draw(field): draw(json)})
        case 3:
            body["data"] |= {draw(st.sampled_from(["officer_id", "place", "method", "position"])): draw(json)}
            return msgspec.json.encode(body)
        case 4:
            raw = bytearray(msgspec.json.encode(body))
            raw[draw(st.integers(0, len(raw) - 1))] = draw(st.integers(0, 255))
            return bytes(raw).replace(b"\n", b" ")
        case 5:
            return draw(st.binary(max_size=60)).replace(b"\n", b" ")
        case 6:
            return msgspec.json.encode(draw(json))
        case _:
            nested = draw(st.sampled_from([b"[", b'{"a":'])) * draw(st.sampled_from([10, 1_000, 10_000]))
            wide = b'{"id":"wide","more":"' + b"x" * ROW_BYTES_MAX + b'"}'
            return draw(st.sampled_from([nested, msgspec.json.encode(body)[:-1] + b',"a":' + nested, wide]))


async def test_every_row_is_answered_and_none_by_a_failure(house: House) -> None:
    loop = asyncio.get_running_loop()

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(
        st.lists(row() | st.sampled_from([b"", b" ", b"\r"]), max_size=12),
        st.sampled_from([b"", BOM]),
        st.sampled_from([b"\n", b"\r\n"]),
        st.lists(st.integers(0, 1 << 21), max_size=6),
    )
    def one(rows: list[bytes], start: bytes, end: bytes, places: list[int]) -> None:
        body = start + end.join(rows)
        asyncio.run_coroutine_threadsafe(answered(house, body, places), loop).result(DEADLINE_S)

    await asyncio.to_thread(one)
    assert house.edge.health.readiness().ready


async def answered(house: House, body: bytes, places: list[int]) -> None:
    """Sends it in pieces; as many answers as there are rows, each one that a sender can act on."""
    sender = Sender(house)
    bounds = [0, *sorted(place % (len(body) + 1) for place in places), len(body)]
    for first, last in itertools.pairwise(bounds):
        sender.say_bytes(body[first:last], more=True)
    sender.say_bytes(b"", more=False)
    await sender.over()
    count = sum(bool(line.strip()) for line in body.removeprefix(BOM).split(b"\n"))
    assert (sender.status, sender.ended) == (200, True)
    assert [each["row"] for each in sender.rows] == list(range(count))
    assert {each["status"] for each in sender.rows} <= {201, 400, 409, 413, 422}
    assert all("receipt" in each or each["detail"] for each in sender.rows)
