"""`pamwal simulate nation`: what it refuses, and what it makes of a day's times. Its day itself is held over
Kafka, in `tests/integration/test_commands.py`."""

from __future__ import annotations

import asyncio
import io

import pytest
from rich.console import Console

from pamwal.cli.simulate import show, simulated
from pamwal.local.kafka import LocalKafka
from pamwal.simulation.boards import Day
from pamwal.simulation.nation import Centre, Country, Nation, Told, run
from tests.cli.conftest import Pamwal

COUNTRY = Country(operations=2, officers=20, per_s=4, seconds=2)


def told(
    *, shown_ms: list[float], unseen: int = 0, status: str = "201", late_ms: float = 0.0, cut: int = 0
) -> Told:
    times = [12.0] * (len(shown_ms) + unseen)
    return Told(
        answered_ms=times, shown_ms=shown_ms, read_ms=[], unseen=unseen, late_ms=[late_ms],
        statuses={status: len(times)}, cut=cut,
    )  # fmt: skip


def text_of(found: Told) -> str:
    to = Console(file=io.StringIO(), width=120)
    show(to, COUNTRY, simulated("nation-x", found))
    return to.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_more_check_ins_than_officers_are_refused(pamwal: Pamwal) -> None:
    found = pamwal("simulate", "nation", "--operations", "10", "--officers", "20", "--per-s", "10")
    assert found.exit_code == 1
    assert "21 officers of each operation would check in and there are 2: take more officers" in found.stderr


def test_without_a_kafka_it_says_what_to_start(pamwal: Pamwal) -> None:
    found = pamwal("simulate", "nation")
    assert found.exit_code == 1
    assert "start one with 'pamwal up'" in found.stderr


@pytest.mark.kafka
def test_a_cluster_that_is_not_marked_for_exercises_is_left_alone(
    pamwal: Pamwal, kafka: LocalKafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAMWAL_BOOTSTRAP_SERVERS", kafka.bootstrap_servers)
    found = pamwal("simulate", "nation")
    assert found.exit_code == 1
    assert "is not marked for exercises" in found.stderr


@pytest.mark.parametrize(
    ("found", "holds"),
    [
        (told(shown_ms=[100.0] * 200 + [1_999.0] * 3), True),
        (told(shown_ms=[100.0] * 200 + [2_001.0] * 3), False),
        (told(shown_ms=[100.0] * 200 + [9_999.0]), True),
        (told(shown_ms=[100.0] * 200, unseen=1), False),
        (told(shown_ms=[100.0] * 200, status="503"), False),
        (told(shown_ms=[100.0] * 200, status="202"), True),
        (told(shown_ms=[]), False),
        (told(shown_ms=[100.0] * 200, cut=1), False),
    ],
)
def test_it_holds_if_all_was_kept_and_shown_in_two_seconds_at_p99(found: Told, holds: bool) -> None:
    assert simulated("nation-x", found).holds is holds


def test_what_is_shown_names_the_operations_the_times_and_the_verdict() -> None:
    text = text_of(told(shown_ms=[100.0] * 98 + [2_500.0] * 2))
    assert "LATIHAN nation-x-000 and on: 2 operations of 10 officers, 100 check-ins at 4 a second" in text
    assert [each.split()[-2:] for each in text.splitlines() if "its board" in each] == [["100", "2,500"]]
    assert "Does not hold: every picture under 2 s old at p99." in text


def test_a_load_that_could_not_keep_its_own_pace_says_so() -> None:
    assert "the load itself is too much" in text_of(told(shown_ms=[100.0], late_ms=900.0))


async def test_a_board_that_is_cut_off_midway_is_counted_and_not_waited_for() -> None:
    """The stream ends as soon as the one officer has checked in."""
    posted = asyncio.Event()

    async def serves(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n")
        if head.startswith(b"GET"):
            writer.write(b'\r\n\r\ndata: {"situation":{"total":{"present":0}}}\n\n')
            await posted.wait()
        else:
            await reader.readexactly(2)
            writer.write(b"content-length: 0\r\npamwal-at: x-0-0\r\n\r\n")
            posted.set()
        writer.close()

    server = await asyncio.start_server(serves, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    address, day = f"http://{host}:{port}", Day(operation="nation-000", post_token="p", board_token="b")
    nation = Nation(per_s=1, seconds=1, checkin=address, reporting=address, operations=[day], bodies=["{}"])
    async with asyncio.timeout(60):
        found = await run(nation)
    server.close()
    await server.wait_closed()
    assert (found.cut, found.unseen, found.shown_ms) == (1, 1, [])
    text = text_of(found)
    assert "1 were on no board in the end" in text
    assert "The connections of 1 of 2 boards were cut" in " ".join(text.split())


async def test_a_service_that_dies_before_it_answers_is_named() -> None:
    async def dies(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(dies, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    address, day = f"http://{host}:{port}", Day(operation="nation-000", post_token="p", board_token="b")
    nation = Nation(per_s=1, seconds=1, checkin=address, reporting=address, operations=[day], bodies=["{}"])
    centre = Centre(nation, day)
    try:
        with pytest.raises(OSError, match=r"POST /checkin/v1/operations/nation-000/\S+ was cut off"):
            await centre.report(told(shown_ms=[]), read_back=False)
    finally:
        centre.close()
        server.close()
        await server.wait_closed()
