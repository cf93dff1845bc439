"""Whatever is asked of all there is to ask: what stands agrees with itself, and every answer says why."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from pamwal.contracts.claims import Claims
from pamwal.contracts.codec import Fact, encode
from pamwal.contracts.envelope import DecisionData, Reason, Request
from services.scheduler.core import SchedulerCore
from services.scheduler.deciding.state import Schedule
from tests.properties.reporting.agreement import assert_agreed
from tests.properties.scheduler.everything import given_operation, histories
from tests.properties.scheduler.test_plans import KNOWN_AT, as_bytes
from tests.unit.reporting.telling import SCHEDULING, Teller
from tests.unit.scheduler.asked import decision_of

_WIRE_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z")
_SUBJECTS = (
    "deployment_id", "proposal_id", "rally_id", "site_id", "absence_id", "loan_id", "officer_id", "day",
    "import_id",
)  # fmt: skip


@settings(max_examples=250, deadline=None)
@given(histories())
def test_what_stands_never_contradicts_itself(asked: list[Request[Any]]) -> None:
    core, state = SchedulerCore(), given_operation().state
    folded, as_stored = given_operation().state, msgspec.json.Decoder(DecisionData[Fact])
    versions: dict[tuple[str, str], int] = _versions_of(state)
    for each in asked:
        before = as_bytes(state)
        verdict = core.decide(state, each, KNOWN_AT)
        assert as_bytes(state) == before
        assert core.decide(copy.deepcopy(state), each, KNOWN_AT) == verdict
        decision = decision_of(verdict)
        state = core.evolve(state, decision)
        folded = core.evolve(folded, as_stored.decode(encode(decision)))
        assert [fact.id for fact in verdict.facts] == [f"{each.id}/{n}" for n in range(len(verdict.facts))]
        for fact in verdict.facts:
            subject = next(((n, getattr(fact, n)) for n in _SUBJECTS if hasattr(fact, n)), ("operation", ""))
            assert fact.version == versions.get(subject, 0) + 1, fact
            versions[subject] = fact.version
        assert_sound(state)
    assert as_bytes(folded) == as_bytes(state)


@settings(max_examples=250, deadline=None)
@given(histories())
def test_every_answer_can_be_acted_on(asked: list[Request[Any]]) -> None:
    core, state = SchedulerCore(), given_operation().state
    for each in asked:
        verdict = core.decide(state, each, KNOWN_AT)
        assert not (verdict.reason and verdict.facts)
        for reason in _reasons(verdict.reason):
            assert reason.code
            assert reason.message
            assert reason.possible, reason
            assert (reason.code == "double_booked") <= (reason.winner is not None)
        for told in [*_reasons(verdict.reason), *verdict.warnings]:
            said = f"{told.message} {told.possible}"
            assert not _WIRE_TIME.search(said), said
            if "role=ops_head" not in each.claims and "role=admin" not in each.claims:
                assert_hides_intel(state, each, said)
        state = core.evolve(state, decision_of(verdict))


@settings(max_examples=120, deadline=None)
@given(histories(), st.randoms(use_true_random=False))
def test_the_picture_reads_whatever_was_decided_as_the_scheduler_does(
    asked: list[Request[Any]], chance: Any
) -> None:
    opened, core, teller = given_operation(), SchedulerCore(), Teller()
    state = opened.state
    teller.decide(opened.facts, topic=SCHEDULING, request_id="q-1")
    for each in asked:
        verdict = core.decide(state, each, KNOWN_AT)
        state = core.evolve(state, decision_of(verdict))
        teller.decide(verdict.facts, topic=SCHEDULING, outcome=verdict.outcome, request_id=each.id)
    chance.shuffle(teller.told)

    assert_agreed(teller.picture(), state)


def assert_hides_intel(state: Schedule, asked: Request[Any], said: str) -> None:
    """What a sender is told names the place of no `intel` deployment but his own and one he named himself."""
    own, claims = encode(asked).decode(), Claims.from_text(asked.claims)
    for each in state.deployments.values():
        if each.role == "intel" and each.place not in own and each.officer_id != claims.officer:
            assert f"{each.place} " not in f"{said} ", (each, said)


def assert_sound(state: Schedule) -> None:
    """Nobody is bound twice at one moment, the indexes follow, and what is live can be carried out."""
    of_officer: dict[str, list[tuple[str, str, str]]] = {}
    at_place: dict[str, list[str]] = {}
    for each in state.deployments.values():
        assert each.starts_at < each.ends_at
        if each.binding:
            of_officer.setdefault(each.officer_id, []).append(each.booking)
        if each.live:
            at_place.setdefault(each.place, []).append(each.deployment_id)
            assert not state.officers[each.officer_id].withdrawn
            rally, site = state.rally_at(each.place), state.site_at(each.place)
            assert rally is None or rally.status != "cancelled"
            assert site is None or not site.withdrawn
            assert rally or site
            assert rally is None or rally.status != "notified" or not each.dispatched
    for bookings in of_officer.values():
        for (_, ends_at, _), (starts_at, _, _) in pairwise(sorted(bookings)):
            assert ends_at <= starts_at
    assert {officer: sorted(found) for officer, found in of_officer.items()} == state.bookings.table()
    assert {place: sorted(found) for place, found in at_place.items()} == state.at_place.table()
    assert_within(state)


def assert_within(state: Schedule) -> None:
    """Rallies and deployments lie within the operation, and rallies before its quiet period."""
    operation = state.operation
    assert operation is not None
    for rally in state.rallies.values():
        if rally.status in {"notified", "planned"}:
            assert operation.begins_at <= rally.starts_at < rally.ends_at <= operation.rallies_before
            assert not operation.quiet or rally.ends_at <= operation.quiet[0]
    for each in state.deployments.values():
        if each.binding:
            assert operation.begins_at <= each.starts_at < each.ends_at <= operation.ends_before


def _versions_of(state: Schedule) -> dict[tuple[str, str], int]:
    found = {("operation", ""): state.operation.version} if state.operation else {}
    tables = {"officer_id": state.officers, "rally_id": state.rallies, "site_id": state.sites}
    return found | {
        (kind, name): each.version for kind, table in tables.items() for name, each in table.items()
    }


def _reasons(reason: Reason | None) -> Iterator[Reason]:
    if reason is not None:
        yield reason
        yield from reason.rows
