"""Whatever the order: the same attendance, the same incident, and no illegal history."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pamwal.contracts.codec import encode
from pamwal.contracts.envelope import RequestData
from pamwal.contracts.field import (
    CallRoll,
    CheckInSquad,
    EndRally,
    IncidentAdvanced,
    IncidentReported,
    IncidentStepHeld,
    NotPresent,
    Relieve,
    StartRally,
)
from services.checkin.deciding.incident_life import LEGAL, Incident
from tests.unit.checkin.said import (
    OESAPA,
    SIKUMANA,
    Heard,
    check_in,
    check_out,
    decision_of,
    heartbeat,
    incident,
    request,
    step,
    void,
)

KINDS = [
    "in", "out", "relief", "squad", "roll", "rally", "void", "incident", "step", "step", "step", "heartbeat",
]  # fmt: skip
BOTH = ["NTT-0001", "NTT-0002"]
STEPS = sorted({name for following in LEGAL.values() for name in following})
clocks = st.integers(0, 90).map(lambda minute: f"{1 + minute // 60:02d}:{minute % 60:02d}")
officers = st.sampled_from(["NTT-0001", "NTT-0002"])
places = st.sampled_from([SIKUMANA, OESAPA])
versions = st.none() | st.integers(1, 6)


@st.composite
def lists(draw: st.DrawFn, kind: str) -> RequestData:
    """What is said of two officers at once, or of a rally."""
    match kind:
        case "relief":
            goes, comes = draw(st.permutations(BOTH))
            return Relieve(officer_id=goes, relieved_by=comes, place=draw(places), method="manual")
        case "squad":
            return CheckInSquad(place=draw(places), method="paper", precision="list", present=BOTH)
        case "roll":
            missing = NotPresent(officer_id=draw(officers), cause="izin")
            return CallRoll(unit="Sektor Maulafa", not_present=[missing])
        case _:
            return draw(st.sampled_from([StartRally(rally_id="r"), EndRally(rally_id="r")]))


@st.composite
def observations(draw: st.DrawFn, *, interactive: bool) -> list[Any]:
    """Up to 14 requests with ids q0, q1 …; `interactive` ones may name a version."""
    made: list[Any] = []
    for number in range(draw(st.integers(1, 14))):
        name, clock = f"q{number}", draw(clocks)
        match draw(st.sampled_from(KINDS)):
            case "in":
                made.append(check_in(name, clock, officer=draw(officers), place=draw(places)))
            case "out":
                made.append(check_out(name, clock, officer=draw(officers), place=draw(places)))
            case "relief" | "squad" | "roll" | "rally" as kind:
                made.append(request(name, clock, draw(lists(kind))))
            case "void":
                made.append(void(name, clock, f"q{draw(st.integers(0, 14))}/0"))
            case "incident":
                made.append(incident(name, clock))
            case "step":
                expected = draw(versions) if interactive else None
                made.append(step(name, clock, draw(st.sampled_from(STEPS)), expected=expected))
            case _:
                made.append(heartbeat(name, clock))
    return made


def histories(facts: Iterable[Any]) -> list[list[str]]:
    """Every history that a reader of the facts sees, one per version, read backwards as the contract says."""
    lines: dict[int, tuple[int, str]] = {}
    seen: list[list[str]] = []
    for fact in facts:
        if isinstance(fact, IncidentReported):
            assert fact.version == 1
            lines[1] = (0, "reported")
        elif isinstance(fact, IncidentAdvanced):
            assert fact.version == len(lines) + 1, "versions are dense"
            lines[fact.version] = (fact.version - 1 if fact.after is None else fact.after, fact.state)
        else:
            continue
        states, version = [], len(lines)
        while version:
            before, state = lines[version]
            states.append(state)
            assert before < version
            version = before
        seen.append(states[::-1])
    return seen


def life(known: Incident | None) -> tuple[Any, ...] | None:
    """What must not depend on the order: where it stands, by which steps, and what is known."""
    if known is None:
        return None
    return known.state, [line.step_id for line in known.history[1:]], known.steps


def said(facts: Iterable[Any]) -> list[bytes]:
    """The facts that are no incident's and no void's, which may name the post that spoke first."""
    return sorted(
        encode(fact) for fact in facts if not type(fact).__name__.startswith(("Incident", "Voided"))
    )


@given(observations(interactive=True))
@settings(max_examples=300, deadline=None)
def test_no_history_holds_an_illegal_transition(asked: list[Any]) -> None:
    heard = Heard()
    for one in asked:
        heard.hear(one)
    for states in histories(heard.facts):
        assert states[0] == "reported"
        for before, following in pairwise(states):
            assert following in LEGAL[before]  # type: ignore[index]
    known = heard.state.incidents.get("i-1")
    if known is not None and known.history:
        assert [line.state for line in known.history] == histories(heard.facts)[-1]


@given(observations(interactive=False), st.randoms(use_true_random=False))
@settings(max_examples=300, deadline=None)
def test_any_order_ends_in_the_same_state(asked: list[Any], chance: Any) -> None:
    shuffled = list(asked)
    chance.shuffle(shuffled)
    first, second = Heard(), Heard()
    first.hear_all(*asked)
    second.hear_all(*shuffled)
    assert life(first.state.incidents.get("i-1")) == life(second.state.incidents.get("i-1"))
    assert said(first.facts) == said(second.facts), "what somebody saw does not depend on who else spoke"
    assert first.state.voided == second.state.voided
    for name in ("attendance", "rallies"):
        one, two = getattr(first.state, name).officers, getattr(second.state, name).officers
        assert one.keys() == two.keys()
        for subject, seen in one.items():
            other = two[subject]
            assert sorted(zip(seen.at_ms, seen.fact_ids, strict=True)) == sorted(
                zip(other.at_ms, other.fact_ids, strict=True)
            )


@given(observations(interactive=False))
@settings(max_examples=100, deadline=None)
def test_every_observation_has_its_own_fact(asked: list[Any]) -> None:
    heard = Heard()
    for one in asked:
        assert heard.hear(one).facts[0].id == f"{one.id}/0"
    assert len({fact.id for fact in heard.facts}) == len(heard.facts)
    held = {fact.id for fact in heard.facts if isinstance(fact, IncidentStepHeld)}
    settled = {fact.of for fact in heard.facts if isinstance(fact, IncidentAdvanced) and fact.of}
    assert settled <= held | {fact.id for fact in heard.facts if isinstance(fact, IncidentAdvanced)}


@given(observations(interactive=True))
@settings(max_examples=100, deadline=None)
def test_deciding_changes_nothing_and_is_the_same_again(asked: list[Any]) -> None:
    heard = Heard()
    for one in asked:
        before = copy.deepcopy(heard.by_mode)
        verdict = heard.core.decide(heard.by_mode, one, one.recordedat)
        assert heard.by_mode == before
        assert encode(heard.core.decide(before, one, one.recordedat)) == encode(verdict)
        heard.hear(one)


@given(observations(interactive=True))
@settings(max_examples=100, deadline=None)
def test_a_fold_of_the_decisions_is_the_live_state(asked: list[Any]) -> None:
    live, folded = Heard(), Heard()
    for one in asked:
        verdict = live.hear(one)
        if verdict.outcome == "accepted":
            folded.by_mode = folded.core.evolve(folded.by_mode, decision_of(one, verdict))
    assert folded.by_mode == live.by_mode
