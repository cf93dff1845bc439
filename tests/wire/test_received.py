"""What a connection to Kafka brought comes out as it was sent, however it came in."""

from __future__ import annotations

import asyncio
from itertools import accumulate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pamwal.wire.kafka_received import OurProtocol, Received

LIMIT = 4


class Transport:
    """Says whether it may go on reading."""

    paused = False

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False


def opened(transport: Transport) -> Received:
    """A reader as a connection has it."""
    loop = asyncio.get_running_loop()
    reader: Any = asyncio.StreamReader(limit=LIMIT, loop=loop)
    OurProtocol(loop.create_future(), reader, loop=loop)
    assert type(reader) is Received
    reader.set_transport(transport)
    return reader


@given(st.lists(st.binary(max_size=9), max_size=12), st.data())
def test_all_of_it_and_in_its_order(pieces: list[bytes], data: st.DataObject) -> None:
    sent = b"".join(pieces)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(sent)), max_size=6)))
    ends = [*cuts, len(sent)]
    sizes = [end - begin for begin, end in zip([0, *ends], ends, strict=False)]

    async def read() -> list[bytes]:
        transport = Transport()
        reader, waiting = opened(transport), list(pieces)

        async def feed() -> None:
            while waiting:
                await asyncio.sleep(0)
                if not transport.paused:
                    reader.feed_data(waiting.pop(0))
            reader.feed_eof()

        feeding = asyncio.create_task(feed())
        found = [await reader.readexactly(size) for size in sizes]
        await feeding
        assert reader.at_eof()
        return found

    begins = accumulate([0, *sizes])
    assert asyncio.run(read()) == [
        sent[begin : begin + size] for begin, size in zip(begins, sizes, strict=False)
    ]


async def test_more_than_is_waited_for_stays_outside() -> None:
    transport = Transport()
    reader = opened(transport)
    reader.feed_data(b"a" * 9)
    assert transport.paused
    assert await reader.readexactly(2) == b"aa"
    assert transport.paused
    assert await reader.readexactly(3) == b"aaa"
    assert not transport.paused
    reading = asyncio.create_task(reader.readexactly(20))
    await asyncio.sleep(0)
    reader.feed_data(b"b" * 15)
    assert not transport.paused, "somebody waits for it"
    reader.feed_data(b"c" * 10)
    assert transport.paused
    assert await reading == b"aaaa" + b"b" * 15 + b"c"


async def test_what_ends_too_early_says_so() -> None:
    reader = opened(Transport())
    reader.feed_data(b"abc")
    assert await reader.readexactly(1) == b"a"
    reading = asyncio.create_task(reader.readexactly(4))
    await asyncio.sleep(0)
    assert not reader.at_eof()
    reader.feed_eof()
    with pytest.raises(asyncio.IncompleteReadError) as ended:
        await reading
    assert ended.value.partial == b"bc"
    assert reader.at_eof()


async def test_what_broke_it_is_raised() -> None:
    reader = opened(Transport())
    reading = asyncio.create_task(reader.readexactly(4))
    await asyncio.sleep(0)
    reader.set_exception(ConnectionResetError("gone"))
    with pytest.raises(ConnectionResetError):
        await reading
    with pytest.raises(ConnectionResetError):
        await reader.readexactly(1)
