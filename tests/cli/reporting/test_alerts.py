"""`pamwal alerts` against reporting on a log in memory."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from pamwal.contracts.alerts_shown import OperationAlerts
from pamwal.contracts.family_reads import FamilyAlerts
from tests.cli.scheduler.conftest import Run
from tests.unit.reporting.house import OPERATION, REPORTING, House, until


@pytest.fixture
async def raised(house: House) -> str:
    """The silence of a post, which explains that an officer is missed."""
    await house.written.beat("maulafa", "08:55")
    await house.written.judge("09:20")
    await house.until_folded()
    place = house.written.log.partition(_place(REPORTING.decisions_topic))
    await until(lambda: house.edge.folded.vector().get(_place(REPORTING.decisions_topic), 0) >= place.end - 1)
    found = msgspec.json.decode((await house.get("/alerts?kind=silent_post")).content, type=OperationAlerts)
    return found.alerts[0].alert_id


def _place(topic: str) -> Any:
    from pamwal.wire.log import TopicPartition

    return TopicPartition(topic, 0)


async def test_what_stands_is_listed_with_what_explains_it(call: Run, raised: str) -> None:
    found = await call("alerts", "list")
    assert found.exit_code == 0, found.stderr
    assert "LATIHAN" in found.stdout
    assert raised in found.stdout
    assert "unconfirmed" in found.stdout
    alone = await call("alerts", "list", "--kind", "silent_post", "--json")
    assert [each.kind for each in msgspec.json.decode(alone.stdout, type=OperationAlerts).alerts] == [
        "silent_post"
    ]


async def test_what_stands_below_too_is_listed_with_whose_it_is(call_head: Run, raised: str) -> None:
    found = await call_head("alerts", "list", "--below", "--operation", OPERATION)
    assert found.exit_code == 0, found.stderr
    assert "and all below it" in found.stdout
    assert [line.split()[:2] for line in found.stdout.splitlines() if raised in line] == [[OPERATION, raised]]
    assert "8 stand, 4 of them new" in found.stdout
    told = await call_head("alerts", "list", "--below", "--operation", OPERATION, "--json")
    family = msgspec.json.decode(told.stdout, type=FamilyAlerts)
    assert {each.operation_id for each in family.alerts} == {OPERATION}


async def test_what_stood_at_an_earlier_moment_is_listed(call: Run, raised: str) -> None:
    before = await call("alerts", "list", "--known", "2024-10-03T09:10:00+08:00", "--json")
    assert before.exit_code == 0, before.stderr
    assert msgspec.json.decode(before.stdout, type=OperationAlerts).alerts == []
    after = await call("alerts", "list", "--known", "2024-10-03T09:21:00+08:00")
    assert raised in after.stdout


@pytest.mark.parametrize(
    "words",
    [
        ("acknowledge",),
        ("snooze", "--until", "2099-10-03T10:00:00+08:00"),
        ("assign", "--to", "post/maulafa"),
    ],
)
async def test_an_alert_is_seen_to(house: House, call: Run, raised: str, words: tuple[str, ...]) -> None:
    asking = asyncio.create_task(call("alerts", words[0], raised, *words[1:]))
    requests = _place(REPORTING.requests_topic)
    await until(lambda: house.written.log.partition(requests).end > 0)
    await house.written.judge("09:32")
    answer = await asking
    assert answer.exit_code == 0, answer.stdout + answer.stderr
    assert "accepted, 1 fact" in answer.stdout


@pytest.mark.parametrize(
    ("typed", "means"),
    [("18:30", "2024-10-03 18:30 WITA"), ("09:20", "2024-10-04 09:20 WITA"), ("30m", "2024-10-03 10:00")],
)
async def test_an_alert_is_snoozed_until_a_time_as_people_type_it_on_the_operations_clock(
    house: House, call: Run, raised: str, typed: str, means: str
) -> None:
    asking = asyncio.create_task(call("alerts", "snooze", raised, "--until", typed))
    requests = _place(REPORTING.requests_topic)
    await until(lambda: house.written.log.partition(requests).end > 0)
    await house.written.judge("09:32")
    answer = await asking
    assert answer.exit_code == 0, answer.stdout + answer.stderr
    assert f"until {means}" in answer.stdout


async def test_an_alert_is_not_snoozed_until_a_time_that_is_over(call: Run, raised: str) -> None:
    over = await call("alerts", "snooze", raised, "--until", "2024-10-03 09:00")
    assert over.exit_code == 1
    assert "is 2024-10-03 09:00 WITA, which is not ahead: it is 2024-10-03 09:30 WITA" in over.stderr


async def test_what_cannot_be_meant_is_said(call: Run) -> None:
    wrong = await call("alerts", "list", "--kind", "weather")
    assert (wrong.exit_code, "none of silent_post" in wrong.stderr) == (1, True)
    when = await call("alerts", "snooze", "no_show-0123456789abcdef", "--until", "soon")
    assert (when.exit_code, "--until" in when.stderr) == (1, True)
    bad = await call("alerts", "acknowledge", "x")
    assert (bad.exit_code, "alert's id" in bad.stdout + bad.stderr) == (5, True)
