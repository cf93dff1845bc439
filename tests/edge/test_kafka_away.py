"""The log is away, or does not answer: nothing is promised, and with the same id nothing happens twice."""

from __future__ import annotations

from pathlib import Path

from pamwal.contracts.topics import FIELD_DECISIONS, FIELD_REQUESTS
from pamwal.edge.clock import system_ms
from pamwal.wire.memory import Faults
from tests.edge.house import House, a_house, check_in, until


async def test_unanswered_is_503_and_the_same_id_later_is_accepted_once(house: House) -> None:
    """The first send was written although nobody said so."""
    house.log.faults = Faults(send_unanswered=1.0)
    house.edge.submit.caught_up = lambda: False  # type: ignore[union-attr]
    answer = await house.post(check_in("a"))
    assert (answer.status_code, answer.json()["code"]) == (503, "not_kept")
    assert "same id" in answer.json()["detail"]
    assert answer.headers["retry-after"] == "1"
    house.log.faults = Faults()
    await house.until_ready()
    house.edge.submit.caught_up = lambda: True  # type: ignore[union-attr]
    assert (await house.post(check_in("a"))).status_code == 201
    assert await house.outcomes() == ["accepted", "repeat"]


async def test_lost_is_503_and_the_same_id_later_is_accepted_once(house: House) -> None:
    house.log.faults = Faults(send_lost=1.0)
    assert (await house.post(check_in("a"))).status_code == 503
    house.log.faults = Faults()
    await house.until_ready()
    assert (await house.post(check_in("a"))).status_code == 201
    assert await house.outcomes() == ["accepted"]


async def test_while_no_producer_is_there_nothing_is_kept_in_memory(house: House) -> None:
    house.log.faults = Faults(send_lost=1.0)
    await house.post(check_in("a"))
    house.edge.sender.trouble = "away"
    house.edge.sender._producer = None
    answer = await house.post(check_in("b"))
    assert answer.status_code == 503
    assert house.edge.sender.unacked == 0


async def test_a_producer_that_failed_is_replaced_and_readiness_tells(house: House) -> None:
    before = house.edge.sender._producer
    house.log.faults = Faults(send_lost=1.0)
    await house.post(check_in("a"))
    assert not house.edge.health.readiness().ready
    assert house.edge.health.readiness().checks["producer"].reason
    house.log.faults = Faults()
    await house.until_ready()
    assert house.edge.sender._producer is not before


async def test_a_decision_that_comes_without_its_acknowledgement_is_believed(tmp_path: Path) -> None:
    """The tail proves what the producer could not say."""
    async with a_house(tmp_path) as house:
        sender, topic = house.edge.sender, "pamwal.field.requests.v1"

        async def written_but_unanswered(_topic: str, record: object) -> None:
            real = house.log.store(topic, None, record)  # type: ignore[arg-type]
            await until(lambda: _decided(house, real.offset))
            from pamwal.contracts.errors import LogUnavailable

            raise LogUnavailable("no answer")

        sender.send = written_but_unanswered  # type: ignore[method-assign,assignment]
        answer = await house.post(check_in("a"))
        assert (answer.status_code, answer.headers["pamwal-at"]) == (201, f"{topic}-0-0")


def _decided(house: House, offset: int) -> bool:
    assert house.edge.decisions is not None
    return any(at[1] == offset for at in house.edge.decisions._recent)


async def test_too_many_on_their_way_are_503_busy(tmp_path: Path) -> None:
    async with a_house(tmp_path, unacked_max=0) as house:
        answer = await house.post(check_in("a"))
        assert (answer.status_code, answer.json()["code"]) == (503, "busy")
        assert await house.requests() == []


async def test_alive_but_not_ready_while_the_log_is_away(tmp_path: Path) -> None:
    from pamwal.wire.memory import MemoryLog

    async with a_house(tmp_path, log=MemoryLog(partitions=1), decides=False, ready=False) as house:
        await until(lambda: "log" in house.edge.health.readiness().checks)
        assert (await house.client.get("/healthz")).status_code == 200
        answer = await house.client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["checks"]["log"]["ok"] is False
        assert (await house.post(check_in("a"))).status_code == 503


async def test_with_other_partitions_than_were_decided_for_an_edge_takes_nothing(tmp_path: Path) -> None:
    from pamwal.wire.memory import MemoryLog

    # given a request that was decided while there was one partition, and two now
    log = MemoryLog(partitions=1, clock_ms=system_ms)
    log.create_topics()
    async with a_house(tmp_path, log=log) as house:
        assert (await house.post(check_in("a"))).status_code == 201
    for topic in (FIELD_REQUESTS, FIELD_DECISIONS):
        log.grow(topic.name, 2)

    # when an edge starts on that
    async with a_house(tmp_path, log=log, decides=False, ready=False) as house:
        await until(lambda: "partition_count" in (house.edge.sender.trouble or ""))

        # then it is not ready, says so, and keeps nothing
        reason = house.edge.health.readiness().checks["producer"].reason or ""
        assert reason.startswith("partition_count: ")
        assert "was written for 1 partitions; there are 2" in reason
        assert (await house.post(check_in("a"))).status_code == 503
        assert len(await house.requests()) == 1


async def test_a_stuck_partition_stops_its_own_operations_only(tmp_path: Path) -> None:
    from pamwal.wire.log import TopicPartition
    from pamwal.wire.memory import MemoryLog
    from pamwal.wire.partitioning import partition_of

    # given two operations in two partitions, of which one takes no records
    log = MemoryLog(partitions=2, clock_ms=system_ms)
    log.create_topics()
    number = partition_of(b"op", 2)
    other = next(name for name in ("a", "b", "c", "d") if partition_of(name.encode(), 2) != number)
    async with a_house(tmp_path, log=log, decides=False) as house:
        producer = house.edge.sender._producer
        log.stuck.add(TopicPartition(FIELD_REQUESTS.name, number))

        # when both are written to, one at a time and in batches
        for path, body in (("/check-ins", check_in("a")), ("/batch", [check_in("b")])):
            answer = await house.post(body, path=path, prefer="respond-async")
            row = answer.json() if path == "/check-ins" else answer.json()[0]
            assert (row["status"], row["code"]) == (503, "not_kept")
            assert "same id" in row["detail"]
        root = f"/guard/v1/operations/{other}"
        kept = await house.post(
            check_in("c"), root=root, prefer="respond-async", **house.bearer(operation=other)
        )
        assert kept.status_code == 202, kept.text

        # then the edge goes on with the same producer, is ready, and names the stuck partition
        found = house.edge.health.readiness()
        assert (house.edge.sender._producer is producer, found.ready) == (True, True)
        assert f"no records are taken by {FIELD_REQUESTS.name}-{number};" in found.notices[0]

        # and it is not ready when no partition is left
        log.stuck.add(TopicPartition(FIELD_REQUESTS.name, 1 - number))
        found = house.edge.health.readiness()
        assert (found.writes, found.checks["producer"].ok) == (False, False)
