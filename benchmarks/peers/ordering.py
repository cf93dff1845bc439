"""Orders in an operation of so many live deployments: the scheduler's rules, and a scan in their place."""

from __future__ import annotations

import gc
import json
import os
import statistics
import sys
import time
from collections.abc import Iterator
from typing import Any, Final

from benchmarks.measured import usage_of
from pamwal.contracts.claims import Claims
from pamwal.contracts.envelope import DecisionData, Request, Verdict
from pamwal.contracts.instants import from_ms, to_ms
from pamwal.contracts.places import Point, Venue
from pamwal.contracts.scheduling import (
    DeploymentOrdered,
    OfficerEntry,
    OpenOperation,
    Order,
    OrderDeployments,
    PlanRally,
    Policy,
    Post,
    RegisterOfficers,
    TaskForce,
)
from pamwal.contracts.zones import DAY_MS, HOUR_MS
from services.scheduler.core import SchedulerCore
from services.scheduler.deciding.state import Schedule

ASKED: Final = 3_000
SCANS: Final = 40
A_DAY: Final = 2
"""Deployments an officer has each day, two hours each."""
DAYS: Final = 50
MORNING_MS: Final = to_ms("2024-09-25T22:00:00.000Z")
NOW: Final = "2024-09-25T00:00:00.000Z"
PLACES: Final = 100
_CLAIMS: Final = Claims(role="ops_head", operation="bench", mode="exercise").to_text()


class Asked:
    """One operation that is asked one thing after the other."""

    def __init__(self) -> None:
        self.core, self.count = SchedulerCore(), 0
        self.state: Schedule = self.core.new_state("bench")

    def request(self, data: Any, claims: str = _CLAIMS) -> Request[Any]:
        """A request as the log has it."""
        self.count += 1
        return Request(
            specversion="1.0", id=f"q{self.count}", source="/posts/p/devices/1", type="", time=NOW,
            channel="web", operationid="bench", postid="p", recordedat=NOW, actor="bench", claims=claims,
            data=data,
        )  # fmt: skip

    def ask(self, request: Request[Any]) -> Verdict[Any]:
        """Decides and takes in."""
        verdict = self.core.decide(self.state, request, NOW)
        self.take_in(verdict.facts)
        return verdict

    def take_in(self, facts: list[Any]) -> None:
        """Facts as the fold has them."""
        data = DecisionData(
            request=None, knownat=NOW, decider_version="bench", outcome="accepted", facts=facts
        )
        self.state = self.core.evolve(self.state, data)

    def must(self, data: Any, claims: str = _CLAIMS) -> None:
        """`ask`; it has to be accepted."""
        verdict = self.ask(self.request(data, claims))
        if verdict.reason is not None:
            raise ValueError(verdict.reason.message)


def planned(officers: int) -> Asked:
    """An operation with so many officers and a hundred rallies with points."""
    asked = Asked()
    asked.must(
        OpenOperation(
            name="bench", mode="exercise", zone="Asia/Makassar", region="53.71", starts_on="2024-09-25",
            ends_on="2024-12-31", posts=[Post(post_id="p", name="p")],
            task_forces=[TaskForce(satgas_id="s", name="s")], policy=Policy(longest_duty_h=16),
        ),
        Claims(role="admin", operation="*", mode="exercise").to_text(),
    )  # fmt: skip
    for first in range(0, officers, 1000):
        entries = [
            OfficerEntry(officer_id=f"o{number}", rank="BRIPDA", unit="u", satgas="s", home_post="p")
            for number in range(first, min(first + 1000, officers))
        ]
        asked.must(RegisterOfficers(officers=entries))
    for number in range(PLACES):
        point = Point(latitude=-10.1 - number / 2000, longitude=123.6)
        venue = Venue(venue_id=f"v{number}", name="v", kelurahan="53.71.04.1001", point=point)
        asked.must(
            PlanRally(
                rally_id=f"r{number}", kind="dialogue", pairs=["walikota/1"], venue=venue,
                starts_at=from_ms(MORNING_MS), ends_at=from_ms(MORNING_MS + 12 * HOUR_MS),
            )
        )  # fmt: skip
    return asked


def hours(day: int, turn: int) -> tuple[str, str]:
    """The turn's two hours on a day: from 06:00 and from 12:00 local."""
    starts_ms = MORNING_MS + day * DAY_MS + turn * 6 * HOUR_MS
    return from_ms(starts_ms), from_ms(starts_ms + 2 * HOUR_MS)


def standing(live: int, officers: int) -> Iterator[DeploymentOrdered]:
    """So many deployments, dealt over officers, days and places."""
    for number in range(live):
        turn, officer = divmod(number, officers)
        starts_at, ends_at = hours(turn // A_DAY, turn % A_DAY)
        yield DeploymentOrdered(
            id=f"f/{number}", version=1, deployment_id=f"d{number}", officer_id=f"o{officer}",
            place=f"rally/r{number % PLACES}", role="guard", starts_at=starts_at, ends_at=ends_at, sprin="S",
            postid="p",
        )  # fmt: skip


def order(number: int, live: int, officers: int) -> Order:
    """Nine of ten in the free hours of a day, the tenth in hours that are taken."""
    days = DAYS if number % 10 else max(1, live // officers // A_DAY)
    day = (number // officers) % days
    starts_ms = MORNING_MS + day * DAY_MS + (3 * HOUR_MS if number % 10 else 0)
    return Order(
        deployment_id=f"new{number}", officer_id=f"o{number * 7919 % officers}",
        place=f"rally/r{number % PLACES}", role="guard", starts_at=from_ms(starts_ms),
        ends_at=from_ms(starts_ms + 2 * HOUR_MS),
    )  # fmt: skip


def scan(state: Schedule, asked: Order) -> str | None:
    """Who holds the officer then, by looking at all."""
    for each in state.deployments.values():
        if (
            each.officer_id == asked.officer_id
            and each.binding
            and each.starts_at < asked.ends_at
            and each.ends_at > asked.starts_at
        ):
            return each.deployment_id
    return None


def main() -> None:
    """`python -m benchmarks.peers.ordering <live deployments>`: one line of JSON."""
    live = int(sys.argv[1])
    officers = max(100, live // (A_DAY * DAYS))
    asked = planned(officers)
    facts = list(standing(live, officers))
    began = time.process_time()
    asked.take_in(facts)
    fold_per_s = live / (time.process_time() - began)
    del facts
    gc.collect()
    gc.freeze()
    rss_mb = usage_of(os.getpid()).rss_mb
    took_us: list[float] = []
    refused = 0
    for number in range(ASKED):
        request = asked.request(OrderDeployments(sprin="S", orders=[order(number, live, officers)]))
        before = time.thread_time_ns()
        verdict = asked.ask(request)
        took_us.append((time.thread_time_ns() - before) / 1000)
        refused += verdict.reason is not None
    scans_us: list[float] = []
    for number in range(SCANS):
        sought = order(number * 10 + 1, live, officers)
        before = time.thread_time_ns()
        scan(asked.state, sought)
        scans_us.append((time.thread_time_ns() - before) / 1000)
    if not 0.08 <= refused / ASKED <= 0.12:
        raise ValueError(f"{refused} of {ASKED} orders were refused, not one of ten")
    took_us.sort()
    said = {
        "order_us": statistics.median(took_us),
        "order_p99_us": took_us[len(took_us) * 99 // 100],
        "scan_us": statistics.median(scans_us),
        "rss_mb": rss_mb,
        "fold_per_s": fold_per_s,
    }
    print(json.dumps(said))


if __name__ == "__main__":
    main()
