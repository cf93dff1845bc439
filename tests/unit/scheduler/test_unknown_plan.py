"""A plan with a fact that this version does not know is not shown: it would be another plan."""

from __future__ import annotations

import asyncio

import msgspec

from pamwal.contracts.topics import SCHEDULING_DECISIONS
from pamwal.wire.log import Outgoing
from tests.unit.scheduler.asked import OPERATION, order, orders
from tests.unit.scheduler.conftest import DEADLINE_S, Desk
from tests.wire.witness import everything


async def test_an_operation_with_a_fact_that_is_not_known_is_answered_503(planned_desk: Desk) -> None:
    answer = await planned_desk.say(orders(order("d1")))
    assert (await planned_desk.read(after=answer)).status_code == 200
    last = (await everything(planned_desk.log, SCHEDULING_DECISIONS.name))[-1]
    newer = msgspec.json.decode(last.value)
    newer["data"]["facts"] = [{"type": "rally_merged", "id": "new/0"}]
    value = msgspec.json.encode(newer)
    planned_desk.log.store(SCHEDULING_DECISIONS.name, 0, Outgoing(OPERATION.encode(), value, ()))
    planned_desk.log.store(SCHEDULING_DECISIONS.name, 0, Outgoing(OPERATION.encode(), last.value, ()))
    async with asyncio.timeout(DEADLINE_S):
        while (found := await planned_desk.read()).status_code == 200:
            await asyncio.sleep(0.001)
    assert (found.status_code, found.json()["code"]) == (503, "unknown_facts"), found.text
    assert "rally_merged (1)" in found.json()["detail"]
    assert (await planned_desk.get("/readyz")).status_code == 200
