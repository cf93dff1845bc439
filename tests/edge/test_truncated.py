"""A log that lost its tail gives offsets out again: no request is answered with an earlier one's decision."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pamwal.contracts.errors import LogTruncated
from pamwal.contracts.field import ReportIncident
from pamwal.edge.asking import Asking
from pamwal.edge.auth import Caller
from pamwal.wire.log import TopicPartition
from tests.edge.guard_core import GuardCore
from tests.edge.house import House, a_house, check_in

REQUESTS = TopicPartition(GuardCore.requests_topic, 0)
FIRST_AND_LOST = 2


async def decided_and_lost(house: House) -> str:
    """Two requests are decided, then the broker loses the second one. The path of its answer."""
    async with house.deciding():
        await house.post(check_in("kept"))
        lost = await house.post(check_in("lost", officer="NTT-0002"))
    assert lost.status_code == 201, lost.text
    house.log.partition(REQUESTS).lose_tail(1)
    return f"/guard/v1/requests/{lost.headers['pamwal-at']}"


async def truncated(house: House, path: str) -> None:
    found = await house.get(path)
    assert (found.status_code, found.json()["code"]) == (503, "log_truncated"), found.text
    assert "facts" not in found.json()
    ready = await house.operators("/readyz")
    assert ready.status_code == 503
    assert ready.json()["checks"]["decisions"]["reason"].startswith("log_truncated: ")
    assert path.rpartition("/")[2] in ready.json()["checks"]["decisions"]["reason"]


@pytest.mark.parametrize("restarted", [False, True], ids=["the edge that saw it", "another edge"])
async def test_a_new_request_is_not_answered_with_an_earlier_ones_facts(
    tmp_path: Path, restarted: bool
) -> None:
    async with a_house(tmp_path, decides=False) as before:
        path = await decided_and_lost(before)
        async with a_house(tmp_path, decides=False, log=before.log) as after:
            house = after if restarted else before
            answer = await house.post(check_in("new", officer="NTT-0003"), prefer="respond-async")
            assert answer.headers["location"] == path, "the broker gave the offset out again"
            await truncated(house, path)


async def test_a_lookup_made_before_the_loss_does_not_hide_it(tmp_path: Path) -> None:
    async with a_house(tmp_path, decides=False) as house:
        waiting = await house.post(check_in("kept"), prefer="respond-async")
        assert (await house.get(waiting.headers["location"])).status_code == 202
        async with house.deciding():
            await house.until_decided(1)
        assert (await house.get(waiting.headers["location"])).json()["facts"] == ["kept/0"]
        house.log.partition(REQUESTS).lose_tail(1)
        again = await house.post(check_in("new"), prefer="respond-async")
        assert again.headers["location"] == waiting.headers["location"]
        await truncated(house, again.headers["location"])


async def test_a_decision_whose_request_is_gone_is_not_told(tmp_path: Path) -> None:
    async with a_house(tmp_path, decides=False) as house:
        path = await decided_and_lost(house)
        found = await house.client.get(path, headers=house.bearer(role="ops_head", post=None))
        assert (found.status_code, found.json()["code"]) == (503, "log_truncated")
        assert not house.edge.health.readiness().ready


@pytest.mark.parametrize("path", ["/check-ins", "/batch"])
async def test_who_waits_for_a_decision_does_not_get_an_earlier_ones(tmp_path: Path, path: str) -> None:
    async with a_house(tmp_path, decides=False, decision_wait_ms=30) as house:
        await decided_and_lost(house)
        body: Any = check_in("new", officer="NTT-0003")
        answer = await house.post(body if path == "/check-ins" else [body], path=path)
        row = answer.json() if path == "/check-ins" else answer.json()[0]
        assert row["outcome"] == "pending", answer.text
        assert not house.edge.health.readiness().ready


async def test_what_an_edge_asks_for_a_caller_is_checked_too(tmp_path: Path) -> None:
    async with a_house(tmp_path, decides=False) as house:
        await decided_and_lost(house)
        caller: Caller = await house.edge.gate.identify(
            {b"authorization": house.bearer()["authorization"].encode()}, "POST"
        )
        asking = Asking(house.edge, caller, "op", post="posko", device="1", channel="import")
        data = ReportIncident(incident_id="i-1", kind="crowd", severity="minor", kelurahan="53.71.02.1001")
        with pytest.raises(LogTruncated, match="log_truncated"):
            await asking.ask("new", data)
        assert not house.edge.health.readiness().ready
