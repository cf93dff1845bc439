"""The circuit breaker of a webhook's sink: many attempts while it works, one probe while it does not."""

from __future__ import annotations

from pamwal.client.backoff import Backoff
from services.reporting.webhook_circuit import SENDS_MAX, SinkCircuit


def circuit() -> SinkCircuit:
    """Waits 1, 2, 4, 4, 4 … seconds."""
    return SinkCircuit(Backoff(first_ms=1_000, most_ms=4_000), lambda: 1.0)


def test_while_the_sink_works_there_is_room_for_several() -> None:
    given = circuit()
    assert [given.room(under_way, 0) for under_way in (0, 3, SENDS_MAX)] == [SENDS_MAX, SENDS_MAX - 3, 0]
    assert not given.is_open


def test_while_it_is_down_there_is_one_probe_and_longer_and_longer_waits() -> None:
    given, now_s, waits = circuit(), 0.0, []
    given.failed(now_s)
    for _ in range(4):
        assert given.is_open
        began_s = now_s
        while given.room(0, now_s) == 0:
            now_s += 0.5
        waits.append(now_s - began_s)
        assert given.room(0, now_s) == 1
        assert given.room(1, now_s) == 0
        given.failed(now_s)
    assert waits == [1, 2, 4, 4]


def test_attempts_that_began_before_it_opened_do_not_lengthen_the_wait() -> None:
    given = circuit()
    for _ in range(SENDS_MAX):
        given.failed(0.5)
    assert given.room(0, 1.5) == 1


def test_one_success_closes_it_and_the_next_failure_begins_anew() -> None:
    given = circuit()
    for now_s in (0.0, 1.0, 3.0):
        given.failed(now_s)
    given.succeeded()
    assert given.room(0, 3.0) == SENDS_MAX
    given.failed(10.0)
    assert given.room(0, 11.0) == 1
