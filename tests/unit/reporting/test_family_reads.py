"""The alerts and the ledger of a parent and all below it, and what changed in its family."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from pamwal.client.differences import differences
from pamwal.contracts.changes import Changes
from pamwal.contracts.claims import Role
from pamwal.contracts.family_reads import FamilyAlerts, FamilyLedger, OperationLedger
from pamwal.contracts.field import Heartbeat
from pamwal.contracts.ledger import Balance
from pamwal.contracts.reporting import Situation
from pamwal.contracts.rolled_up import RolledUp
from services.reporting.views.family_reads import balanced_together
from tests.unit.reporting.house import DEADLINE_S, House, Written, a_house
from tests.unit.reporting.telling import at
from tests.unit.reporting.test_families import come, get, manned, opened, situation


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A nation, a province and two cities of which each misses an officer; one of him is on intel."""
    written = Written()
    await opened(written, "nation", None)
    await opened(written, "ntt", "nation")
    await opened(written, "kupang", "ntt")
    await opened(written, "rote", "ntt")
    await manned(written, "kupang", "KPG-1", "KPG-2")
    await manned(written, "rote", "KPG-3")
    await come(written, "kupang", "KPG-1", "09:05")
    await written.judge("09:20")
    async with a_house(tmp_path, written) as house:
        yield house


async def alerts(house: House, operation: str, asked: str = "", **more: str) -> FamilyAlerts:
    answer = await get(house, operation, f"/children/alerts?{asked}", **more)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=FamilyAlerts)


async def test_a_parent_reads_every_alert_below_it_newest_first(house: House) -> None:
    found = await alerts(house, "nation")
    assert found.operations == 4
    assert {each.operation_id for each in found.alerts} >= {"kupang", "rote"}
    assert found.standing.standing == len(found.alerts) == sum(found.standing.by_kind.values())
    raised = [each.alert.raised_at for each in found.alerts]
    assert raised == sorted(raised, reverse=True)
    own = (await get(house, "kupang", "/alerts")).json()["alerts"]
    below = [msgspec.to_builtins(each.alert) for each in found.alerts if each.operation_id == "kupang"]
    assert below == own
    assert found.unseen == []


async def test_they_are_read_a_page_at_a_time_and_by_kind(house: House) -> None:
    whole, pages, after = await alerts(house, "nation"), [], ""
    while True:
        page = await alerts(house, "nation", f"limit=2{after}")
        pages += page.alerts
        if page.next_after is None:
            break
        after = f"&after={page.next_after}"
    assert pages == whole.alerts
    silent = await alerts(house, "nation", "kind=silent_post")
    assert {each.alert.kind for each in silent.alerts} == {"silent_post"}
    wrong = await get(house, "nation", "/children/alerts?after=there")
    assert (wrong.status_code, "next_after" in wrong.text) == (422, True)


async def test_as_of_a_moment_those_that_stood_then(house: House) -> None:
    early = await alerts(house, "nation", f"known={at('09:10')}")
    assert (early.alerts, early.settled, early.at) == ([], True, at("09:10"))
    late = await alerts(house, "nation", f"known={at('09:20')}")
    assert [each.alert.alert_id for each in late.alerts] == [
        each.alert.alert_id for each in (await alerts(house, "nation")).alerts
    ]


async def test_who_sees_counts_is_told_counts_and_who_is_of_one_post_nothing(house: House) -> None:
    counts = await alerts(house, "nation", role="viewer")
    assert counts.alerts == []
    assert counts.standing == (await alerts(house, "nation")).standing
    for path in ("/children/alerts", "/children/ledger"):
        for role in ("command_post", "field_commander", "officer"):
            assert (await get(house, "nation", path, role)).status_code == 403, (path, role)
        assert (await get(house, "nation", path, by="rote")).status_code == 403, path


async def test_a_device_reads_nothing_below_its_operation(house: House) -> None:
    await house.until_folded()
    token = house.issuer.issue(
        role="ops_head", operation="nation", mode="exercise", subject="chief", post="ops", device="d1"
    )
    for path in ("/children/alerts", "/children/ledger"):
        answer = await house.client.get(
            f"/reporting/v1/operations/nation{path}", headers={"authorization": f"Bearer {token}"}
        )
        assert (answer.status_code, "a device reads its own operation" in answer.text) == (403, True), path


async def ledger(house: House, asked: str = "", role: Role = "ops_head") -> FamilyLedger:
    path = f"/reporting/v1/operations/nation/children/ledger?{asked}"
    answer = await house.client.get(path, headers=house.bearer(role, "nation"))
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=FamilyLedger)


async def test_a_ledger_is_green_only_if_each_balances(house: House) -> None:
    await house.until_folded()
    found = await ledger(house, role="viewer")
    assert [row.operation_id for row in found.rows] == ["kupang", "nation", "ntt", "rote"]
    assert (found.operations, found.balanced, found.total.balanced) == (4, True, True)
    assert found.total.received == sum(row.balance.received for row in found.rows) > 4
    early = await ledger(house, f"known={at('06:00')}")
    assert early.total.received < found.total.received
    assert early.settled
    await house.written.ask(Heartbeat(), "09:25", operation="rote")
    async with asyncio.timeout(DEADLINE_S):
        while (behind := await ledger(house)).total.pending != 1:
            await asyncio.sleep(0.01)
    assert behind.balanced, "what waits is pending, and that balances"
    assert [row.operation_id for row in behind.rows if row.balance.pending] == ["rote"]


async def test_what_changed_below_is_told_of_the_parent(house: House) -> None:
    then = await situation(house, "nation", f"/situation?known={at('09:10')}")
    await come(house.written, "rote", "KPG-3", "09:25")
    answer = await get(house, "nation", f"/changes?since={at('09:20')}")
    change = msgspec.json.decode(answer.content, type=Changes).change
    assert isinstance(change.rolled_up, RolledUp)
    assert change.rolled_up.strength.present == 2
    assert change.rows is not None
    assert change.rows.children is not None
    assert [row.operation_id for row in change.rows.children] == ["ntt"]
    told = dict(differences(msgspec.convert(msgspec.to_builtins(then), Situation), change))
    assert "present 1 → 2" in told["with all below"]
    assert "present 1 → 2" in told["with all below it, OMP ntt"]
    same = await get(house, "nation", f"/changes?since={at('09:25')}&known={at('09:25')}&at={at('09:25')}")
    assert msgspec.json.decode(same.content, type=Changes).change.rolled_up is msgspec.UNSET


def test_a_sum_balances_only_if_each_part_does() -> None:
    good = Balance(
        received=2, accepted=2, repeat=0, refused=0, parked=0, pending=0, undeclared=0, balanced=True
    )
    lost, made_up = replace(good, received=3, balanced=False), replace(good, received=1, balanced=False)
    rows = [
        OperationLedger(operation_id=name, name=name, vector={}, balance=balance, missing=0)
        for name, balance in (("a", lost), ("b", made_up))
    ]
    assert (balanced_together(rows).received, balanced_together(rows).balanced) == (4, False)
