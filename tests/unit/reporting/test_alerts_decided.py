"""Alerts as the partition decider writes them: by takeovers, beside requests, and made again by the audit."""

from __future__ import annotations

import pytest

from pamwal.contracts.reporting_alerts import AcknowledgeAlerts, AlertRaised, AlertRetracted
from pamwal.wire.audit import audit
from tests.unit.reporting.house import REPORTING, Written


@pytest.fixture
async def written() -> Written:
    written = Written()
    await written.plan()
    return written


async def test_each_owner_goes_on_where_the_last_one_stopped_and_the_audit_makes_the_same_again(
    written: Written,
) -> None:
    await written.beat("maulafa", "08:55")
    await written.judge("09:12")
    await written.judge("09:16")
    raised = [fact for each in await written.decided() for fact in each.data.facts]
    told = ("silent_post", "no_show")
    silent, first, second = [fact for fact in raised if isinstance(fact, AlertRaised) and fact.kind in told]
    assert (silent.kind, first.under, second.under) == ("silent_post", silent.alert_id, silent.alert_id)
    assert [first.intel, second.intel] == [False, True]

    await written.ask(AcknowledgeAlerts(alerts=[silent.alert_id]), "09:17")
    await written.judge("09:18")
    await written.come("KPG-1", "09:05")
    await written.judge("09:20")
    await written.judge("09:20")

    decided = await written.decided()
    assert [each.data.cause.n for each in decided if each.data.cause is not None] == [1, 2, 3]
    assert [type(fact) for fact in decided[-1].data.facts][:2] == [AlertRetracted, AlertRetracted]
    report = await audit(written.log, redecide={REPORTING.requests_topic: REPORTING})
    assert report.findings == ()
    assert report.redecided
