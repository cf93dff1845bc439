"""SitReps of times of day: due once, in the operation's zone, on its days; published without being asked."""

from __future__ import annotations

from functools import partialmethod
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace

from pamwal.contracts.claims import Claims
from pamwal.contracts.scheduling import AmendOperation, Policy, SitRepTime
from pamwal.contracts.sitreps import PublishSitRep
from pamwal.wire.audit import audit
from pamwal.wire.judge import IdRules, Judge
from pamwal.wire.log import TopicPartition
from services.reporting.core import ReportingCore
from services.reporting.deciding.sitrep_times import sitreps_due
from services.reporting.deciding.sitreps import SitRepBook
from services.reporting.picture.charter import Charter
from services.reporting.sitreps import due_name
from tests.unit.reporting.house import REPORTING, ROOT, Written, a_house, until
from tests.unit.reporting.telling import OPERATION, Teller, at

REQUESTS = TopicPartition(REPORTING.requests_topic, 0)


def charter_with(*times: SitRepTime) -> Charter:
    teller = Teller()
    teller.open(Policy(sitreps=list(times)))
    charter = teller.picture().charter
    assert charter is not None
    return charter


class Due:
    """Asks at wall clocks, and keeps what is stated."""

    def __init__(self, *times: SitRepTime) -> None:
        self.charter, self.book = charter_with(*times), SitRepBook()
        self.next_at: str | None = None

    def ask(self, clock: str, first: int = 0) -> list[tuple[str, str]]:
        facts, self.next_at = sitreps_due(self.charter, self.book, at(clock), "c0~1", first)
        assert [fact.id for fact in facts] == [f"c0~1/{first + number}" for number in range(len(facts))]
        for fact in facts:
            self.book.want(fact)
        return [(fact.form, fact.at) for fact in facts]


def test_each_is_due_once_at_its_time_and_the_next_is_known() -> None:
    due = Due(SitRepTime(at="09:00"), SitRepTime(at="14:05"), SitRepTime(at="21:00", form="daily"))
    assert due.ask("08:59") == []
    assert due.next_at == at("09:00")
    assert due.ask("09:00", first=3) == [("situation", at("09:00"))]
    assert due.ask("09:00") == []
    assert due.next_at == at("14:05")
    assert due.ask("14:06") == [("situation", at("14:05"))]
    assert due.ask("21:00:01") == [("daily", at("21:00"))]
    assert due.next_at == at("33:00"), "tomorrow's first"


def test_what_was_due_long_ago_is_not_made_up_for() -> None:
    due = Due(SitRepTime(at="09:00"), SitRepTime(at="10:00"))
    assert due.ask("11:00:01") == []
    assert Due(SitRepTime(at="09:00"), SitRepTime(at="10:00")).ask("10:30") == [("situation", at("10:00"))]


def test_one_before_midnight_is_still_due_after_it() -> None:
    assert Due(SitRepTime(at="23:50")).ask("24:10") == [("situation", at("23:50"))]


@pytest.mark.parametrize(("weekday", "told"), [(4, 1), (5, 0)])
def test_one_of_a_weekday_is_due_on_that_alone(weekday: int, told: int) -> None:
    """3 October 2024 was a Thursday."""
    due = Due(SitRepTime(at="18:00", form="weekly", weekday=weekday))
    assert len(due.ask("18:00")) == told
    assert due.next_at is not None


def test_none_is_due_outside_the_operation_or_once_it_is_closed() -> None:
    late = Due(SitRepTime(at="09:00"))
    days = 24 * 52  # 24 November, the day after its last
    assert late.ask(f"{days + 9}:00") == []
    assert late.next_at is None
    closed = Due(SitRepTime(at="09:00"))
    closed.charter = replace(closed.charter, closed=True)
    assert (closed.ask("09:00"), closed.next_at) == ([], None)


def test_a_daily_report_at_six_tells_of_yesterday_also_on_the_morning_after_the_last_day() -> None:
    due = Due(SitRepTime(at="06:00", form="daily", days_before=1))
    facts, _ = sitreps_due(due.charter, due.book, at("06:00:30"), "c0~1", 0)
    assert [(fact.form, fact.at, fact.day) for fact in facts] == [("daily", at("06:00"), "2024-10-02")]
    first, last = (replace(due.charter, starts_on=day, ends_on=day) for day in ("2024-10-03", "2024-10-02"))
    assert sitreps_due(first, SitRepBook(), at("06:00:30"), "c0~1", 0)[0] == []
    assert len(sitreps_due(last, SitRepBook(), at("06:00:30"), "c0~1", 0)[0]) == 1


async def test_a_report_of_yesterday_is_published_by_itself(tmp_path: Path) -> None:
    written = Written()
    await written.plan()
    wanted = [SitRepTime(at="06:00", form="daily", days_before=1)]
    await written.ask(AmendOperation(policy=Policy(sitreps=wanted)), "30:00")
    await written.judge("30:01")
    async with a_house(tmp_path, written, "30:05") as house:
        await until(lambda: written.log.partition(REQUESTS).end >= 1)
        await written.judge("30:02")
        await house.until_folded()
        [found] = (await house.read("/sitreps"))["sitreps"]
        assert (found["form"], found["kind"], found["day"]) == ("daily", "initial", "2024-10-03")


async def test_a_due_one_is_published_and_signed_by_the_service_alone(tmp_path: Path) -> None:
    written = Written()
    await written.plan()
    await written.ask(
        AmendOperation(policy=Policy(sitreps=[SitRepTime(at="09:15"), SitRepTime(at="09:20", form="daily")]))
    )
    await written.judge("09:10")
    await written.judge("09:21")
    await written.judge("09:22")
    async with a_house(tmp_path, written) as house:
        await until(lambda: written.log.partition(REQUESTS).end >= 2)
        await written.judge("09:23")
        await until(lambda: written.log.partition(REQUESTS).end >= 4)
        await written.judge("09:24")
        await house.until_folded()
        found = (await house.read("/sitreps"))["sitreps"]
        assert [(each["number"], each["form"], each["kind"], each["at"]) for each in found] == [
            (2, "daily", "initial", at("09:20")), (1, "situation", "initial", at("09:15")),
        ]  # fmt: skip
        assert all(each["signed_by"] == [house.issuer.kid] for each in found)
    async with a_house(tmp_path, written) as again:  # what was asked for is asked for no more
        await written.ask(PublishSitRep(), post="ops")
        await written.judge("09:25")
        await until(lambda: written.log.partition(REQUESTS).end >= 6)
        await written.judge("09:26")
        answer: httpx.Response = await again.get("/sitreps")
        assert len(answer.json()["sitreps"]) == 3


async def test_nobody_takes_the_id_of_a_due_one_before_the_operation_is_opened(tmp_path: Path) -> None:
    """Given an officer who sent a request with the id that the service will use, in the name of no post."""
    written = Written()
    officer = Claims(role="officer", operation=OPERATION, mode="exercise", officer="KPG-1")
    await written.ask(PublishSitRep(), post="ops", name=due_name("situation", at("09:15")), claims=officer)
    await written.judge("06:00")
    [taken] = await written.decided()
    assert (taken.data.reason and taken.data.reason.code, taken.data.digest) == ("not_yours", None)
    await written.plan()
    await written.ask(AmendOperation(policy=Policy(sitreps=[SitRepTime(at="09:15")])))
    await written.judge("09:10")
    await written.judge("09:21")
    async with a_house(tmp_path, written) as house:
        await until(lambda: written.log.partition(REQUESTS).end >= 2)
        await written.judge("09:23")
        await house.until_folded()
        assert [each["at"] for each in (await house.read("/sitreps"))["sitreps"]] == [at("09:15")]


@pytest.mark.parametrize("name", ["due-situation-x", "sitrep-1-x", "told-default-3"])
async def test_the_edge_takes_no_request_with_a_reserved_id(tmp_path: Path, name: str) -> None:
    written = Written()
    await written.plan()
    body = {
        "id": name,
        "source": "/posts/maulafa/devices/1",
        "time": at("09:20"),
        "channel": "app",
        "data": {},
    }
    async with a_house(tmp_path, written) as house:
        answer = await house.client.post(f"{ROOT}/sitreps", json=body, headers=house.bearer("ops_head"))
    assert (answer.status_code, answer.json()["code"]) == (403, "not_yours")
    assert "send it with another id" in answer.json()["detail"]
    assert written.log.partition(REQUESTS).end == 0


async def test_what_the_service_asked_before_its_ids_were_reserved_is_still_consistent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Given a log in which the service's own requests do not say that they are a service's."""
    written = Written()
    await written.plan()
    with monkeypatch.context() as before:
        before.setattr(Judge, "propose", partialmethod(Judge.propose, rules=IdRules(reserved=False)))
        before.setattr(ReportingCore, "version", "reporting/5")
        await written.judge("09:10")
        await written.ask(PublishSitRep(), "09:15", post="ops", name=due_name("situation", at("09:15")))
        await written.judge("09:21")
    [sitrep] = [each for each in await written.decided() if each.data.request is not None]
    assert sitrep.data.outcome == "accepted"
    report = await audit(written.log, redecide={REPORTING.requests_topic: REPORTING})
    assert report.findings == ()
