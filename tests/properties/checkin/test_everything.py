"""Laws over all that may be said from the field, of both modes, by every kind of token."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pamwal.contracts.claims import MODES, mode_in
from pamwal.contracts.codec import decode_request, encode
from pamwal.contracts.envelope import Request, Verdict
from pamwal.snapshots.packing import Packing
from services.checkin.core import DECIDE, CheckinCore
from services.checkin.deciding.attendance import Attendance
from services.checkin.deciding.state import CheckinState
from tests.properties.checkin.everything import (
    OF_DEVICES,
    OF_INCIDENT,
    SAID,
    everything,
    observed,
    once,
)
from tests.unit.checkin.said import Heard, decision_of

WHATEVER = {"malformed", "not_yours", "key_reused"}
"""For what an observation may be refused (domain section 4)."""
NAMED = {"stale", "illegal_transition"}
"""The same for who names the version he looked at."""
DEVICES = {"code_unknown", "code_used", "code_taken", "code_expired", "device_revoked", "device_enrolled"}


def test_every_type_that_is_decided_is_drawn() -> None:
    assert SAID.keys() == DECIDE.keys()


@given(everything())
@settings(max_examples=250, deadline=None)
def test_whatever_is_said_is_decided(asked: list[Request[Any]]) -> None:
    heard = Heard()
    for one in once(asked):
        assert decode_request(encode(one)) == one, "the contract allows what is drawn"
        verdict = heard.hear(one)
        if verdict.reason is None:
            assert [fact.id for fact in verdict.facts] == [
                f"{one.id}/{number}" for number in range(len(verdict.facts))
            ]
            assert verdict.facts
        else:
            _refused(one, verdict)


def _refused(one: Request[Any], verdict: Verdict[Any]) -> None:
    reason, kind = verdict.reason, type(one.data)
    assert reason is not None
    allowed = WHATEVER | (DEVICES if kind in OF_DEVICES else set())
    if kind in OF_INCIDENT and one.data.expected_version is not None:
        allowed = allowed | NAMED
    assert reason.code in allowed
    assert not verdict.facts
    assert not verdict.warnings
    assert reason.message
    assert reason.possible, "a refusal says what would be possible"
    assert reason.possible != reason.message


@given(everything())
@settings(max_examples=100, deadline=None)
def test_deciding_changes_nothing_and_a_fold_of_the_decisions_is_the_live_state(
    asked: list[Request[Any]],
) -> None:
    live, folded = Heard(), Heard()
    for one in once(asked):
        before = copy.deepcopy(live.by_mode)
        verdict = live.core.decide(live.by_mode, one, one.recordedat)
        assert live.by_mode == before
        assert encode(live.core.decide(before, one, one.recordedat)) == encode(verdict)
        live.hear(one)
        if verdict.outcome == "accepted":
            folded.by_mode = folded.core.evolve(folded.by_mode, decision_of(one, verdict))
    assert folded.by_mode == live.by_mode


@given(everything())
@settings(max_examples=150, deadline=None)
def test_what_one_mode_says_is_decided_as_if_the_other_had_said_nothing(asked: list[Request[Any]]) -> None:
    both = Heard()
    told = [(one, encode(both.hear(one))) for one in once(asked)]
    for mode in MODES:
        alone = Heard()
        for one, verdict in told:
            if mode_in(one.claims) == mode:
                assert encode(alone.hear(one)) == verdict
        assert alone.by_mode[mode] == both.by_mode[mode]


@given(everything())
@settings(max_examples=60, deadline=None)
def test_a_state_put_into_a_snapshot_decides_on_as_if_it_had_not_been(asked: list[Request[Any]]) -> None:
    told, packing = once(asked), Packing(CheckinCore.state_type)
    live, kept = Heard(), Heard()
    for number, one in enumerate(told):
        if number == len(told) // 2:
            kept.by_mode = packing.unpack(packing.pack(kept.by_mode))
            assert kept.by_mode == live.by_mode
        assert encode(kept.hear(one)) == encode(live.hear(one))
    assert kept.by_mode == live.by_mode


def _reports(attendance: Attendance) -> Any:
    """Officer → his reports, with places and posts by name."""
    names = {number: place for place, number in attendance.places.items()}
    return {
        officer: sorted(
            (at_ms, names[what >> 1], what & 1, fact_id, attendance.post_names[post])
            for at_ms, what, fact_id, post in zip(
                seen.at_ms, seen.what, seen.fact_ids, seen.said_by, strict=True
            )
        )
        for officer, seen in attendance.officers.items()
    }


def _ends(state: CheckinState) -> Any:
    """Everything of a state that must not depend on the order, which is all but numbers of versions."""
    lives = {
        name: (
            known.state, [line.step_id for line in known.history[1:]], known.steps, known.reports,
            known.assigned, known.said_ms,
        )
        for name, known in state.incidents.items()
    }  # fmt: skip
    return (
        _reports(state.attendance), _reports(state.rallies), lives, state.merges, state.voided, state.steps,
        state.said_by, state.shared, state.numbers, state.own, state.polls,
    )  # fmt: skip


@given(observed(), st.randoms(use_true_random=False))
@settings(max_examples=300, deadline=None)
def test_any_order_and_repetition_ends_in_the_same_state(asked: list[Request[Any]], chance: Any) -> None:
    shuffled = asked + [one for one in asked if chance.random() < 0.4]
    chance.shuffle(shuffled)
    first, second = Heard(), Heard()
    refused = [{one.id for one in once(told) if heard.hear(one).reason is not None}
               for heard, told in ((first, asked), (second, shuffled))]  # fmt: skip
    assert refused[0] == refused[1], "no observation is refused for what came before it"
    for mode in MODES:
        assert _ends(first.by_mode[mode]) == _ends(second.by_mode[mode])
