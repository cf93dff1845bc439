"""What the scheduler decides is found in order by the audit: each subject has versions of its own."""

from __future__ import annotations

import pytest

from pamwal.contracts.scheduling import (
    AbsenceEntry,
    AmendOperation,
    CloseDay,
    DiscardProposal,
    LendOfficers,
    LoanEntry,
    ProposeDeployments,
    RecordAbsences,
    RegisterOfficers,
    RegisterSites,
    ReopenDay,
    RevertImport,
    SiteEntry,
    WithdrawAbsences,
)
from pamwal.contracts.topics import SCHEDULING_REQUESTS
from pamwal.wire.audit import audit
from services.scheduler.core import SchedulerCore
from services.scheduler.deciding import imports
from tests.unit.scheduler.asked import OEBOBO, at, cancel, entry, order, orders
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
    assert report.decisions == 17
