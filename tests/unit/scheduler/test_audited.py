"""What the scheduler decides is found in order by the audit: each subject has versions of its own."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from pamwal.contracts.codec import encode
from pamwal.contracts.envelope import Request, Verdict
from pamwal.contracts.scheduling import (
    AbsenceEntry,
    AdmitChild,
    AmendOperation,
    CloseDay,
    DiscardProposal,
    DismissChild,
    LendOfficers,
    LoanEntry,
    OperationOpened,
    ProposeDeployments,
    RecordAbsences,
    RegisterOfficers,
    RegisterSites,
    ReopenDay,
    RevertImport,
    SchedulingFact,
    SiteEntry,
    WithdrawAbsences,
)
from pamwal.contracts.topics import SCHEDULING_REQUESTS
from pamwal.edge.clock import system_ms
from pamwal.wire.audit import audit
from pamwal.wire.decider import PartitionDecider
from pamwal.wire.log import Outgoing, TopicPartition
from pamwal.wire.memory import MemoryLog
from pamwal.wire.metrics import Unobserved
from services.scheduler.core import SchedulerCore
from services.scheduler.deciding import imports
from services.scheduler.deciding.state import Schedule
from tests.unit.scheduler.asked import (
    ADMIN,
    OEBOBO,
    OPERATION,
    at,
    cancel,
    entry,
    opening,
    order,
    orders,
    request,
)
from tests.unit.scheduler.conftest import Desk

HOURS = {"starts_at": at("08:00"), "ends_at": at("12:00")}


async def test_officers_who_are_withdrawn_together_have_versions_each(
    planned_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "ONE_BY_ONE_MAX", 1)
    for data in (
        RegisterOfficers(officers=[entry("k-8"), entry("k-9")], import_id="i"),
        RevertImport(import_id="i", cause="wrong file"),
        RegisterOfficers(officers=[entry("k-9")]),
    ):
        answer = await planned_desk.say(data)
        assert answer.status_code == 201, answer.text
    topics = {SCHEDULING_REQUESTS.name: SchedulerCore()}
    assert (await audit(planned_desk.log, topics=topics, redecide=topics)).findings == ()
    known = (await planned_desk.read("/officers?withdrawn=true", after=answer)).json()["officers"]
    assert [(each["officer_id"], each["version"], each.get("withdrawn", False)) for each in known[-2:]] == [
        ("k-8", 2, True),
        ("k-9", 3, False),
    ]


async def test_the_audit_finds_nothing_amiss_in_a_plan_of_every_kind_of_subject(planned_desk: Desk) -> None:
    site = SiteEntry(site_id="s", kind="logistics", name="Gudang", kelurahan=OEBOBO)
    absence = AbsenceEntry(absence_id="k-3", officer_id="k-3", kind="izin", **HOURS)
    loan = LoanEntry(loan_id="k-3", officer_id="k-3", to_operation="omp-ntt", **HOURS)
    for data in (
        AdmitChild(child="omp-rote"),
        DismissChild(child="omp-sabu", cause="not ours"),
        AmendOperation(name="Latihan dua"),
        CloseDay(day="2024-10-05"),
        ReopenDay(day="2024-10-05", cause="after all"),
        RegisterSites(sites=[site]),
        RecordAbsences(absences=[absence]),
        WithdrawAbsences(absence_ids=["k-3"], cause="came"),
        LendOfficers(loans=[loan]),
        ProposeDeployments(proposal_id="p", orders=[order("d9")]),
        DiscardProposal(proposal_id="p"),
        orders(order("d1")),
        cancel("d1"),
        RegisterOfficers(officers=[entry("k-1", rank="AIPDA"), entry("k-9")], import_id="i"),
        RevertImport(import_id="i", cause="wrong file"),
    ):
        answer = await planned_desk.say(data)
        assert answer.status_code == 201, answer.text

    topics = {SCHEDULING_REQUESTS.name: SchedulerCore()}
    report = await audit(planned_desk.log, topics=topics, redecide=topics)

    assert report.findings == ()
    assert report.decisions == 19


class BeforeParentsWereAsked(SchedulerCore):
    """Decides openings as `scheduler-7` did."""

    version = "scheduler-7"

    def decide(self, state: Schedule, request: Request[Any], knownat: str) -> Verdict[SchedulingFact]:
        verdict = super().decide(state, request, knownat)
        facts = [
            replace(fact, asks_parent=False) if isinstance(fact, OperationOpened) else fact
            for fact in verdict.facts
        ]
        return Verdict(facts=facts, warnings=verdict.warnings, reason=verdict.reason)


async def test_of_a_child_of_before_the_audit_says_only_that_another_version_decided() -> None:
    log = MemoryLog(partitions=1, clock_ms=system_ms)
    log.create_topics()
    sent = Outgoing(OPERATION.encode(), encode(request("q1", opening(parent="ntt"), by=ADMIN)))
    producer = await log.producer()
    await producer.send(SCHEDULING_REQUESTS.name, sent)
    await producer.close()
    requests = TopicPartition(SCHEDULING_REQUESTS.name, 0)
    core = BeforeParentsWereAsked()
    decider = PartitionDecider(core, log, 0, now=lambda: at("07:00"), observer=Unobserved())
    reader = await log.reader({requests: await decider.take_over()}, "uncommitted")
    found = await reader.read(max_records=500, wait_ms=10)
    await decider.decide(found[requests])
    await reader.close()
    await decider.drop()
    topics = {SCHEDULING_REQUESTS.name: SchedulerCore()}
    assert (await audit(log, topics=topics)).findings == ()
    again = (await audit(log, topics=topics, redecide=topics)).findings
    assert again
    assert all(f"scheduler-7 decided, this code is {SchedulerCore.version}" in str(each) for each in again)
