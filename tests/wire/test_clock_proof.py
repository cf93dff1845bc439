"""When a system clock is proven, what loses the proof, and what goes on meanwhile."""

from __future__ import annotations

import asyncio

import pytest

from pamwal.contracts.errors import ClockUnproven
from pamwal.contracts.instants import from_ms
from pamwal.wire.clock_proof import (
    DIFFERENCE_MAX_MS,
    JUMP_MS,
    TOGETHER_MAX_MS,
    VALID_MS,
    ClockProof,
    ClockReading,
)
from tests.wire.machine import HOUR_MS, YEAR_MS, Machine


def proven(ahead_ms: int = 0) -> Machine:
    machine = Machine(ahead_ms)
    machine.probe()
    assert machine.proof.trouble() is None
    return machine


def test_a_clock_that_nobody_compared_is_not_proven() -> None:
    proof = Machine().proof
    assert "not compared" in (proof.trouble() or "")
    with pytest.raises(ClockUnproven, match="not compared"):
        proof.require()
    with pytest.raises(ClockUnproven, match="not compared"):
        proof.latest()


@pytest.mark.parametrize("ahead_ms", [0, 1_900, -1_900])
def test_a_probe_proves_a_clock_within_two_seconds(ahead_ms: int) -> None:
    machine = proven(ahead_ms)
    machine.go_on(1_000)
    machine.proof.require()
    assert machine.proof.now_ms() == machine.system_ms


@pytest.mark.parametrize(
    ("ahead_ms", "told"),
    [
        (2_100, "2.1 s ahead of"),
        (-2_100, "2.1 s behind"),
        (HOUR_MS, "1:00:00 ahead of"),
        (7 * YEAR_MS, "2555 days, 0:00:00 ahead of"),
        (-HOUR_MS, "1:00:00 behind"),
    ],
)
def test_a_clock_further_off_is_refused_and_it_is_said_by_how_much(ahead_ms: int, told: str) -> None:
    machine = Machine(ahead_ms)
    machine.probe()
    assert machine.proof.trouble() == f"this system's clock is {told} the broker's; set it"


@pytest.mark.parametrize(
    ("by_ms", "told"),
    [
        (JUMP_MS + 1, "set forward by 0.5 s"),
        (HOUR_MS, "set forward by 1:00:00"),
        (7 * YEAR_MS, "set forward by 2555 days, 0:00:00"),
        (-HOUR_MS, "set back by 1:00:00"),
    ],
)
def test_a_jump_loses_the_proof_at_once_and_the_brokers_time_is_shown(by_ms: int, told: str) -> None:
    # given a clock that is proven
    machine = proven()
    machine.go_on(1_000)

    # when it is set
    machine.set(by_ms)

    # then that is noticed by whoever asks next, and what is shown is near the broker's time
    assert told in (machine.proof.trouble() or "")
    machine.go_on(60_000)
    assert abs(machine.proof.now_ms() - machine.broker_ms) < 5

    # and setting it back proves nothing before the next probe does
    machine.set(-by_ms)
    assert machine.proof.trouble() is not None
    machine.probe()
    machine.proof.require()
    assert machine.proof.now_ms() == machine.system_ms


def test_a_clock_that_was_set_right_is_proven_by_the_next_probe() -> None:
    machine = Machine(HOUR_MS)
    machine.probe()
    machine.set(-HOUR_MS)
    assert "1:00:00 ahead" in (machine.proof.trouble() or "")
    machine.probe()
    machine.proof.require()


@pytest.mark.parametrize(
    ("by_ms", "told"),
    [
        (TOGETHER_MAX_MS + 10, "both set forward by 0:01:00"),
        (7 * YEAR_MS, "both set forward by 2555 days, 0:00:00"),
        (-HOUR_MS, "both set back by 1:00:00"),
    ],
)
def test_a_clock_that_is_also_the_brokers_is_not_believed_when_it_is_set(by_ms: int, told: str) -> None:
    # given broker and services on one machine
    machine = proven()
    right_ms = machine.broker_ms + 2_000

    # when its clock is set
    machine.set(by_ms, brokers=True)
    machine.go_on(1_000)
    machine.probe()
    machine.go_on(996)

    # then no probe proves it, and time goes on as before
    machine.probe()
    assert told in (machine.proof.trouble() or "")
    assert "restart this process if they are right now" in (machine.proof.trouble() or "")
    assert abs(machine.proof.now_ms() - right_ms) < 10

    # until it is set right
    machine.set(-by_ms, brokers=True)
    machine.probe()
    machine.proof.require()


@pytest.mark.parametrize("by_ms", [TOGETHER_MAX_MS - 10, -TOGETHER_MAX_MS + 10])
def test_a_small_correction_of_one_clock_for_all_is_believed_with_the_next_probe(by_ms: int) -> None:
    machine = proven()
    machine.set(by_ms, brokers=True)
    assert machine.proof.trouble() is not None
    machine.probe()
    machine.proof.require()


def test_a_machine_that_was_paused_goes_on_once_its_clock_is_set() -> None:
    """Both of its clocks stood still, so that the broker's seems to have been set when the system's is."""
    machine = proven()
    machine.broker_ms += HOUR_MS
    machine.probe()
    assert "1:00:00 behind" in (machine.proof.trouble() or "")
    machine.set(HOUR_MS)
    machine.probe()
    machine.proof.require()


def test_the_brokers_clock_alone_may_be_set_right() -> None:
    machine = Machine(HOUR_MS)
    machine.probe()
    machine.broker_ms += HOUR_MS
    machine.probe()
    machine.proof.require()


def test_a_clock_that_goes_too_fast_is_noticed_between_two_probes() -> None:
    machine = proven(DIFFERENCE_MAX_MS - 100)
    machine.set(JUMP_MS - 1)
    assert "ahead of the broker's" in (machine.proof.trouble() or "")


def test_a_probe_proves_nothing_for_ever() -> None:
    """Whoever stood still, or has lost the log, does not believe his clock before the next probe."""
    machine = proven()
    machine.go_on(VALID_MS)
    machine.proof.require()
    machine.go_on(1)
    assert "last compared with the broker's 30.0 s ago" in (machine.proof.trouble() or "")


def test_a_probe_that_took_too_long_neither_proves_nor_refutes() -> None:
    machine = Machine()
    machine.probe(took_ms=3 * DIFFERENCE_MAX_MS)
    assert "took 6000 ms to answer" in (machine.proof.trouble() or "")
    machine.probe()
    machine.probe(took_ms=3 * DIFFERENCE_MAX_MS)
    machine.proof.require()


def test_a_clock_that_is_set_while_it_is_compared_is_not_proven() -> None:
    machine = Machine(-HOUR_MS)
    before = machine.proof.read()
    stamp_ms = machine.broker_ms
    machine.set(HOUR_MS)
    machine.proof.take(before, stamp_ms, machine.proof.read())
    assert "was set while it was compared" in (machine.proof.trouble() or "")


def test_a_log_that_is_away_takes_no_proof_and_is_the_reason_where_there_is_none() -> None:
    machine = Machine()
    machine.proof.no_probe("no broker answers")
    assert machine.proof.trouble() == (
        "the system clock could not be compared with the broker's: no broker answers"
    )
    machine.probe()
    machine.proof.no_probe("no broker answers")
    machine.proof.require()
    machine.set(HOUR_MS)
    assert machine.proof.trouble() is not None
    machine.proof.no_probe("no broker answers")
    assert "set forward" in (machine.proof.trouble() or ""), "what is wrong says more than what is not known"


def test_a_thread_that_is_interrupted_between_the_two_clocks_sees_no_jump() -> None:
    # given a machine so busy that reading one clock after the other once takes a second
    monotonic = iter([0, 0, 10, 1_010, 1_010, 1_010])
    system = iter([10_000, 10_010, 11_010])
    proof = ClockProof(lambda: next(system), monotonic=lambda: next(monotonic))

    # when it is compared before and behind that
    first, second = proof.read(), proof.read()

    # then both readings are of one moment each
    assert (first, second) == (ClockReading(10_000, 0), ClockReading(11_010, 1_010))


async def test_who_waits_for_the_proof_goes_on_with_it() -> None:
    machine = Machine(HOUR_MS)
    machine.probe()
    waiting = asyncio.create_task(machine.proof.proven())
    await asyncio.sleep(0)
    machine.set(-HOUR_MS)
    await asyncio.sleep(0)
    assert not waiting.done()
    machine.probe()
    async with asyncio.timeout(60):
        await waiting
    await machine.proof.proven()


def test_nothing_can_be_known_later_than_two_seconds_behind_the_brokers_time() -> None:
    machine = proven(1_000)
    machine.go_on(10_000)
    latest_ms = machine.broker_ms + DIFFERENCE_MAX_MS
    assert from_ms(latest_ms) <= machine.proof.latest() <= from_ms(latest_ms + 4)
