"""An edge whose clock is off, is set, or stands still: nothing is kept with the time of such a clock."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from pamwal.contracts.errors import HttpProblem
from pamwal.contracts.instants import to_ms
from pamwal.edge.clock import Clock, system_ms
from pamwal.wire.clock_proof import monotonic_ms
from pamwal.wire.log import Outgoing
from pamwal.wire.memory import Faults, MemoryLog
from tests.edge.house import House, a_house, check_in, until
from tests.wire.machine import HOUR_MS, YEAR_MS
from tests.wire.witness import everything

WRONG = [HOUR_MS, 7 * YEAR_MS, -HOUR_MS]


class Shifted:
    """This machine's clocks, each moved by so much; a test sets them."""

    def __init__(self) -> None:
        self.system_ms = self.monotonic_ms = 0
        self.clock = Clock(
            system=lambda: system_ms() + self.system_ms,
            monotonic=lambda: monotonic_ms() + self.monotonic_ms,
        )

    def stop_for(self, ms: int) -> None:
        """The process stands still; both clocks of the machine go on."""
        self.system_ms += ms
        self.monotonic_ms += ms


def a_log() -> MemoryLog:
    log = MemoryLog(partitions=1, clock_ms=system_ms)
    log.create_topics()
    return log


async def kept(house: House) -> int:
    return len(await house.requests())


@pytest.mark.parametrize("ahead_ms", WRONG)
async def test_at_start_nothing_is_taken_before_the_clock_is_right(tmp_path: Path, ahead_ms: int) -> None:
    # given an edge that starts with a wrong clock
    shifted = Shifted()
    shifted.system_ms = ahead_ms
    async with a_house(tmp_path, log=a_log(), clock=shifted.clock, ready=False) as house:
        await until(lambda: "the broker's; set it" in (house.edge.clock.proof.trouble() or ""))

        # when somebody sends it a request
        answer = await house.post(check_in("a"))

        # then it is not kept, its sender is told to send it again, and /readyz says how far the clock is off
        assert (answer.status_code, answer.json()["code"]) == (503, "clock_unproven")
        assert answer.json()["title"] == "Clock not proven"
        assert answer.json()["detail"].startswith(
            "not kept: this server's clock is not proven (this system's clock"
        )
        assert answer.json()["detail"].endswith("send again with the same id")
        assert answer.headers["retry-after"] == "1"
        ready = await house.operators("/readyz")
        assert ready.status_code == 503
        assert "the broker's; set it" in ready.json()["checks"]["clock"]["reason"]
        assert await kept(house) == 0

        # and with the same id it is kept once the clock is right
        shifted.system_ms = 0
        await house.until_ready()
        assert (await house.post(check_in("a"))).status_code == 201
    (record,) = await house.requests()
    assert abs(_recorded_ms(record.value) - record.timestamp_ms) < 60_000


@pytest.mark.parametrize("by_ms", WRONG)
async def test_a_clock_that_is_set_while_it_runs_is_noticed_by_the_next_request(
    tmp_path: Path, by_ms: int
) -> None:
    shifted = Shifted()
    async with a_house(tmp_path, log=a_log(), clock=shifted.clock) as house:
        assert (await house.post(check_in("a"))).status_code == 201
        shifted.system_ms = by_ms
        answer = await house.post(check_in("b"))
        assert (answer.status_code, answer.json()["code"]) == (503, "clock_unproven")
        assert await kept(house) == 1
        shifted.system_ms = 0
        await house.until_ready()
        assert (await house.post(check_in("b"))).status_code == 201
    assert await house.outcomes() == ["accepted", "accepted"]


async def test_a_process_that_stood_still_asks_the_broker_first(tmp_path: Path) -> None:
    shifted = Shifted()
    async with a_house(tmp_path, log=a_log(), clock=shifted.clock) as house:
        shifted.stop_for(HOUR_MS)
        house.log.faults = Faults(send_lost=1.0)
        answer = await house.post(check_in("a"))
        assert (answer.status_code, answer.json()["code"]) == (503, "clock_unproven")
        assert "last compared" in answer.json()["detail"]
        house.log.faults = Faults()
        # the broker's time went on as well
        house.log._clock_ms = lambda: system_ms() + HOUR_MS
        await house.until_ready()
        assert (await house.post(check_in("a"))).status_code == 201


@pytest.mark.parametrize("accept", [None, "application/x-ndjson"])
async def test_no_row_of_a_batch_is_kept_with_a_wrong_time(tmp_path: Path, accept: str | None) -> None:
    shifted = Shifted()
    async with a_house(tmp_path, log=a_log(), clock=shifted.clock) as house:
        rows = [check_in(f"r{number}") for number in range(3)]
        shifted.system_ms = HOUR_MS
        headers = {} if accept is None else {"accept": accept}
        answer = await house.post(rows, path="/batch", **headers)
        assert (answer.status_code, answer.json()["code"]) == (503, "clock_unproven")
        assert await kept(house) == 0


async def test_rows_that_were_stamped_when_the_clock_was_set_are_not_sent(tmp_path: Path) -> None:
    """The clock is asked again behind the stamp, for each chunk of a batch as for a single request."""
    shifted = Shifted()
    async with a_house(tmp_path, log=a_log(), clock=shifted.clock) as house:
        prepare: Any = house.edge.submit.intake.prepare  # type: ignore[union-attr]

        def set_behind_the_stamp(*asked: Any) -> Any:
            prepared = prepare(*asked)
            shifted.system_ms = HOUR_MS
            return prepared

        house.edge.submit.intake.prepare = set_behind_the_stamp  # type: ignore[union-attr,method-assign]
        answer = await house.post([check_in("a"), check_in("b")], path="/batch")
        assert [(row["status"], row["code"]) for row in answer.json()] == [(503, "clock_unproven")] * 2
        shifted.system_ms = 0
        await house.until_ready()
        answer = await house.post(check_in("c"))
        assert (answer.status_code, answer.json()["code"]) == (503, "clock_unproven")
        assert await kept(house) == 0


async def test_nothing_about_persons_is_kept_either(tmp_path: Path) -> None:
    shifted = Shifted()
    async with a_house(tmp_path, log=a_log(), clock=shifted.clock) as house:
        shifted.system_ms = HOUR_MS
        with pytest.raises(HttpProblem, match="clock is not proven"):
            await house.edge.sender.send("pamwal.personal.v1", Outgoing(b"op/x", b"{}"))
        assert await everything(house.log, "pamwal.personal.v1") == []


async def test_a_token_that_a_wrong_clock_takes_for_expired_is_no_401(tmp_path: Path) -> None:
    """A queue that is told 401 asks its user for a new token, and stops."""
    shifted = Shifted()
    async with a_house(tmp_path, log=a_log(), clock=shifted.clock) as house:
        shifted.system_ms = 7 * YEAR_MS
        answer = await house.post(check_in("a"), authorization="Bearer expired")
        assert (answer.status_code, answer.json()["code"]) == (503, "clock_unproven")


async def test_reads_go_on_while_the_clock_is_wrong(tmp_path: Path) -> None:
    shifted = Shifted()
    async with a_house(tmp_path, log=a_log(), clock=shifted.clock) as house:
        shifted.system_ms = HOUR_MS
        assert (await house.get("/guard/v1/operations/op/seen")).status_code == 200
        assert (await house.client.get("/healthz")).status_code == 200


async def test_without_a_log_at_start_the_clock_is_red_and_says_so(tmp_path: Path) -> None:
    log = MemoryLog(partitions=1)
    async with a_house(tmp_path, log=log, decides=False, ready=False) as house:
        await until(lambda: "could not be compared" in (house.edge.clock.proof.trouble() or ""))
        reason = (await house.operators("/readyz")).json()["checks"]["clock"]["reason"]
        assert "there is no topic pamwal.cluster.probes.v1" in reason
        assert (await house.post(check_in("a"))).json()["code"] == "clock_unproven"


def _recorded_ms(value: bytes) -> int:
    return to_ms(msgspec.json.decode(value)["recordedat"])
