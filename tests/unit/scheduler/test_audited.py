"""What the scheduler decides is found in order by the audit: each subject has versions of its own."""

from __future__ import annotations

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
from tests.unit.scheduler.asked import OEBOBO, at, cancel, entry, order, orders
from tests.unit.scheduler.conftest import Desk

HOURS = {"starts_at": at("08:00"), "ends_at": at("12:00")}


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
