"""Child processes stay within their limits, and none is left behind."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from typing import Any

import pytest
from msgspec.structs import replace

from pamwal.contracts.errors import HttpProblem, ProcessFailed
from pamwal.processes import LimitedProcesses, ProcessLimits
from pamwal.processes.child import LENGTH_BYTES
from pamwal.processes.limited import CHILD

MB = 1024 * 1024
DEADLINE_S = 300.0
LIMITS = ProcessLimits(
    at_once=1, waiting_max=1, memory_bytes=256 * MB, cpu_s=60, wall_s=600, output_bytes_max=MB
)
JOBS = "tests.unit.processes.jobs"


def processes(**limits: Any) -> LimitedProcesses:
    return LimitedProcesses(replace(LIMITS, **limits))


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def running(own: LimitedProcesses) -> int:
    """The process that runs, once there is one."""
    async with asyncio.timeout(DEADLINE_S):
        while not own.running:
            await asyncio.sleep(0.01)
    (pid,) = own.running
    return pid


async def test_a_function_is_called_in_another_process() -> None:
    given = bytes(range(256)) * 1000

    assert await processes().call(f"{JOBS}:echo", given, "a", "b") == given + b"a b"


async def test_what_a_function_writes_to_standard_output_is_no_part_of_its_answer() -> None:
    assert await processes().call(f"{JOBS}:chatter", b"given") == b"given"


@pytest.mark.parametrize(
    ("job", "limits", "reason", "says"),
    [
        ("fill_memory", {}, "memory", "over 256 MB"),
        ("compute", {"cpu_s": 1}, "time", "over 1 s of CPU time"),
        ("never_end", {"wall_s": 0.5}, "time", "over 0.5 s"),
        ("complain", {}, "ended", "ValueError: this cannot be done"),
        ("be_killed", {}, "ended", "(-9)"),
    ],
)
async def test_a_process_that_exceeds_a_limit_is_ended_and_says_which(
    job: str, limits: dict[str, Any], reason: str, says: str
) -> None:
    own = processes(**limits)

    with pytest.raises(ProcessFailed) as failed:
        await own.call(f"{JOBS}:{job}", b"")

    assert (failed.value.reason, own.running) == (reason, set())
    assert says in str(failed.value)
    assert await own.call(f"{JOBS}:echo", b"next") == b"next"


async def test_a_result_that_is_too_long_is_not_taken() -> None:
    assert len(await processes().call(f"{JOBS}:write", b"", str(MB))) == MB
    with pytest.raises(ProcessFailed, match="1,048,576 bytes") as failed:
        await processes().call(f"{JOBS}:write", b"", str(MB + 1))
    assert failed.value.reason == "output"


async def test_a_call_that_is_cancelled_leaves_no_process() -> None:
    own = processes()
    call = asyncio.ensure_future(own.call(f"{JOBS}:never_end", b""))
    pid = await running(own)
    assert alive(pid)

    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call

    assert not alive(pid)
    assert await own.call(f"{JOBS}:echo", b"next") == b"next"


async def test_calls_beyond_those_that_may_wait_are_refused_at_once() -> None:
    own = processes()
    first = asyncio.ensure_future(own.call(f"{JOBS}:never_end", b""))
    await running(own)
    second = asyncio.ensure_future(own.call(f"{JOBS}:echo", b"second"))
    await asyncio.sleep(0)

    with pytest.raises(HttpProblem, match="try again in 5 s") as refused:
        await own.call(f"{JOBS}:echo", b"third")

    assert (refused.value.status, refused.value.code) == (503, "busy")
    assert dict(refused.value.headers) == {"retry-after": "5"}
    first.cancel()
    assert await second == b"second"


def test_a_child_ends_with_its_parent() -> None:
    child = subprocess.Popen(
        [sys.executable, "-P", CHILD, str(256 * MB), "60", f"{JOBS}:compute"],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    assert child.stdin is not None
    try:
        child.stdin.write((3).to_bytes(LENGTH_BYTES, "big") + b"abc")
        child.stdin.close()

        assert child.wait(DEADLINE_S) == 1
    finally:
        child.kill()
        child.wait()
