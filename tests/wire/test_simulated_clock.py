"""A decider on a simulated clock decides exercises, and nothing that was said in earnest."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from pamwal.contracts import codec
from pamwal.contracts.envelope import Request
from pamwal.wire.audit import audit
from pamwal.wire.decider import PartitionDecider
from pamwal.wire.log import Log
from pamwal.wire.memory import MemoryLog
from pamwal.wire.metrics import Unobserved
from tests.wire.counting import NOW, Count, CountingCore, a_request
from tests.wire.witness import decisions, everything, outcomes, post

REQUESTS = CountingCore.requests_topic


def said(name: str, mode: str) -> Request[Any]:
    claims = f"role=command_post operation=op mode={mode} post=posko"
    return replace(a_request(name), claims=claims)


async def decide(log: Log, *, simulated: bool) -> None:
    decider: PartitionDecider[Count] = PartitionDecider(
        CountingCore(), log, 0, now=lambda: NOW, observer=Unobserved(), simulated=simulated
    )
    await decider.take_over()
    await decider.decide(await everything(log, REQUESTS))
    await decider.drop()


async def test_a_simulated_clock_decides_no_real_operation_and_takes_no_id_from_one() -> None:
    # given a request of an exercise and one of a real operation
    log = MemoryLog(partitions=1)
    log.create_topics()
    await post(log, said("a", "exercise"), said("b", "real"))

    # when a decider on a simulated clock has them, and later one on the system's has the second again
    await decide(log, simulated=True)
    await post(log, said("b", "real"))
    await decide(log, simulated=False)

    # then only the second time it was decided, as if never asked before
    assert await outcomes(log) == ["accepted", "clock_refused", "accepted"]
    refused = (await decisions(log))[1].data
    assert refused.reason is not None
    assert "simulated clock" in refused.reason.message
    assert refused.facts == []


async def test_an_audit_finds_nothing_wrong_with_that() -> None:
    log = MemoryLog(partitions=1)
    log.create_topics()
    await post(log, said("a", "exercise"), said("b", "real"), said("b", "real"))
    await decide(log, simulated=True)
    await decide(log, simulated=False)
    report = await audit(log, topics=[REQUESTS], redecide={REQUESTS: CountingCore()})
    assert report.findings == ()
    assert codec.decode_decision((await everything(log, CountingCore.decisions_topic))[0].value).data.facts
