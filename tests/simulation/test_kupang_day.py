"""The demo's day without processes: what is said goes through the services' own judges into the picture."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random
from typing import Any

import pytest

from pamwal.contracts.claim_check import ClaimsToCheck, Stated
from pamwal.contracts.claims import Claims
from pamwal.contracts.codec import decode_decision, encode
from pamwal.contracts.envelope import Decision, Request
from pamwal.contracts.instants import from_ms
from pamwal.contracts.reporting import Situation
from pamwal.demo.checks import Check, claims_checks, picture_checks, strength_checks
from pamwal.demo.day import DAY
from pamwal.demo.player import ADMIN, OPEN, PLANNER
from pamwal.demo.sayings import Saying
from pamwal.demo.scenario import ENDS_MS, STATED, Scenario, scenario
from pamwal.wire.book import Book
from pamwal.wire.judge import Judge
from pamwal.wire.log import Record
from services.checkin.core import CheckinCore
from services.reporting.claims import check_claims
from services.reporting.picture import OperationPicture
from services.reporting.views.situation import situation_of
from services.reporting.words import name_of
from services.scheduler.core import SchedulerCore

OPERATION = "latihan-kupang"
SEEDS = range(12)


class Log:
    """One partition of each service: what is said is decided at once."""

    def __init__(self) -> None:
        self.decisions: list[tuple[Saying, Decision[Any]]] = []
        self._judges = {
            core.service: Judge(
                core, Book("memory", core.requests_topic, core.decisions_topic, 0, 1), lambda _, __: 0
            )
            for core in (SchedulerCore(), CheckinCore())
        }

    def take(self, saying: Saying, holder: str) -> None:
        """Decides one saying, with the claims of whoever holds the token."""
        judge = self._judges[saying.service]
        value, at = encode(_request(saying, holder)), judge.book.next_offset
        record = Record(judge.core.requests_topic, 0, at, OPERATION.encode(), value, (), 0)
        written = judge.judge(record, from_ms(saying.send_ms))
        self.decisions.append((saying, decode_decision(written.value)))


def _request(saying: Saying, holder: str) -> Request[Any]:
    said = saying.submission
    role = holder if holder in {ADMIN, PLANNER} else "command_post"
    claims = Claims(
        role=role,  # type: ignore[arg-type]
        operation=OPERATION,
        mode="exercise",
        post=holder if role == "command_post" else None,
        clock="simulated",
    )
    return Request(
        specversion="1.0",
        id=said.id,
        source=said.source,
        type=said.type,
        subject=said.subject,
        time=said.time,
        sourceseq=said.sourceseq,
        channel=said.channel,
        data=said.data,
        operationid=OPERATION,
        postid=saying.post,
        recordedat=from_ms(saying.send_ms),
        actor=holder,
        claims=claims.to_text(),
    )


def decided(day: Scenario, sayings: Iterable[Saying]) -> Log:
    log = Log()
    for wave in day.planning:
        for saying in wave:
            log.take(saying, ADMIN if saying.path == OPEN else PLANNER)
    for saying in sayings:
        log.take(saying, saying.borrowed_from or saying.post)
    return log


def picture_of(decisions: Iterable[Decision[Any]]) -> OperationPicture:
    picture = OperationPicture(OPERATION, "exercise")
    for decision in decisions:
        picture.fold(decision.data)
    return picture


def situation_at_the_end(picture: OperationPicture) -> Situation:
    return situation_of(picture, from_ms(ENDS_MS), sight="full", name_of=name_of)


def broken(day: Scenario, picture: OperationPicture) -> list[Check]:
    situation = situation_at_the_end(picture)
    claims = check_claims(
        picture,
        ClaimsToCheck(stated=Stated(**STATED), day=DAY),
        from_ms(ENDS_MS),
        sight="full",
        name_of=name_of,
        vector={},
    )
    found = [*strength_checks(day, situation), *picture_checks(day, situation), *claims_checks(claims)]
    return [check for check in found if not check.holds]


@pytest.mark.parametrize("seed", SEEDS)
def test_every_saying_is_decided_as_the_scenario_says(seed: int) -> None:
    day = scenario(seed)
    for saying, decision in decided(day, day.sayings).decisions:
        data = decision.data
        found = data.reason.code if data.outcome == "refused" and data.reason else data.outcome
        assert found == saying.expected, (saying, data.reason)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_number_comes_out_and_in_any_order_the_same(seed: int) -> None:
    day = scenario(seed)
    decisions = [decision for _, decision in decided(day, day.sayings).decisions]
    picture = picture_of(decisions)
    assert broken(day, picture) == []
    shuffled = [*decisions, *decisions]
    Random(seed).shuffle(shuffled)
    assert situation_at_the_end(picture_of(shuffled)) == situation_at_the_end(picture)


def test_a_check_in_that_is_lost_breaks_a_number() -> None:
    day = scenario(1)
    lost = day.truth.arrivals[5].officer.officer_id
    kept = [s for s in day.sayings if getattr(s.submission.data, "officer_id", None) != lost]
    missed = {check.what for check in broken(day, picture_of(d for _, d in decided(day, kept).decisions))}
    assert {"came and went home", "on time", "absent", "numbers missing"} <= missed


def test_an_order_that_is_lost_breaks_a_number() -> None:
    day = scenario(2)
    decisions = [
        decision
        for saying, decision in decided(day, day.sayings).decisions
        if saying.path != "/deployments" or saying.submission.subject != "oeba-1"
    ]
    assert {"ordered", "by kecamatan"} <= {check.what for check in broken(day, picture_of(decisions))}
