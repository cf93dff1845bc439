"""All that the field may say, of both modes, over a plan: any order and repetition shows readers the same."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from pamwal.contracts.claims import MODES, Claims
from pamwal.contracts.codec import Fact, encode
from pamwal.contracts.envelope import Decision
from pamwal.contracts.field import AmendIncident, CheckIn, ReportIncident, StartPoll
from pamwal.contracts.reporting import Sight
from services.reporting.picture import Pictures
from services.reporting.picture.decided import decode_decided
from services.reporting.views.polls import operation_polls
from services.reporting.views.presences import presences_of
from services.reporting.views.situation import situation_of
from tests.properties.checkin.everything import KELURAHAN, everything, once
from tests.properties.reporting.planning import OFFICERS, Planner
from tests.unit.checkin.said import Heard, decision_of, moment, request
from tests.unit.reporting.telling import OPERATION, Teller, name_of

SIGHTS: tuple[Sight, ...] = ("full", "guarded", "counts")


HEAD = Claims(role="ops_head", operation=OPERATION, mode="exercise")
OF_X = [
    request("secret-1", "01:05", StartPoll(poll_id="secret", window_min=30, place="rally/a"), claims=HEAD),
    request("secret-2", "01:05", ReportIncident(
        incident_id="secret", kind="fire", severity="minor", kelurahan=KELURAHAN), claims=HEAD),
    request("secret-3", "01:06", AmendIncident(incident_id="secret", assignees=["officer/x"]), claims=HEAD),
    request("secret-4", "01:06", CheckIn(officer_id="x", place="rally/a", method="gps"), claims=HEAD),
]  # fmt: skip
"""A poll, an incident and a check-in from which a reader could learn of x."""


@st.composite
def told(draw: st.DrawFn) -> list[bytes]:
    """A plan of some steps and the decisions on what the field said, as both logs keep them.

    Officer x is on intel at rally a, and the field speaks of him.
    """
    teller = Teller()
    planner = Planner(draw, teller)
    planner.open()
    teller.order("x", "a", "08:30", "12:00", role="intel", deployment_id="secret")
    for _ in range(draw(st.integers(0, 12))):
        planner.say()
    heard, field = Heard(), []
    for offset, one in enumerate([*once(draw(everything())), *OF_X]):
        verdict = heard.hear(one)
        data = decision_of(one, verdict)
        field.append(_written(data, verdict, offset))
    return [encode(each) for each in [*teller.told, *field]]


def _written(data: Any, verdict: Any, offset: int) -> Decision[Fact]:
    """The decision as the partition decider writes it, also of what was refused."""
    request = replace(data.request, offset=offset)
    return Decision(
        specversion="1.0",
        id=f"pamwal.field.requests.v1/0/{offset}",
        source="/deciders/test",
        type="pamwal.decision.v1",
        time=data.knownat,
        operationid=OPERATION,
        data=replace(data, request=request, outcome=verdict.outcome, reason=verdict.reason),
    )


def shown(decisions: list[bytes]) -> Any:
    """What every reader of every mode sees, at four moments of two days."""
    pictures = Pictures()
    for each in decisions:
        pictures.fold(decode_decided(each))
    found: list[Any] = []
    for mode in MODES:
        picture = pictures.of[mode].operations[OPERATION]
        for now in (moment("01:10"), moment("02:20"), moment("03:00"), moment("02:00", "2024-10-04")):
            for sight in SIGHTS:
                found.append(situation_of(picture, now, sight=sight, name_of=name_of))
                found.append(operation_polls(picture, now, sight=sight))
                found += [presences_of(picture, each, now, sight=sight) for each in OFFICERS]
    return found


@given(told(), st.randoms(use_true_random=False))
@settings(max_examples=80, deadline=None)
def test_any_order_and_repetition_shows_the_same(decisions: list[bytes], chance: Any) -> None:
    shuffled = decisions + [each for each in decisions if chance.random() < 0.4]
    chance.shuffle(shuffled)
    assert shown(shuffled) == shown(decisions)


@given(told())
@settings(max_examples=80, deadline=None)
def test_no_reader_but_the_head_of_operations_is_told_who_is_on_intel(decisions: list[bytes]) -> None:
    pictures = Pictures()
    for each in decisions:
        pictures.fold(decode_decided(each))
    for mode in MODES:
        picture = pictures.of[mode].operations[OPERATION]
        plan = picture.plan
        secret = {
            officer
            for of in (plan.of_officer, plan.reserved_of)
            for officer, own in of.items()
            if any(each.role == "intel" for each in own)
        }
        assert "x" in secret
        for now in (moment("01:10"), moment("02:20"), moment("03:00")):
            for sight in ("guarded", "counts"):
                for row in situation_of(picture, now, sight=sight, name_of=name_of).incidents.rows:
                    assert secret.isdisjoint(each.removeprefix("officer/") for each in row.assignees)
                for row in operation_polls(picture, now, sight=sight).polls.rows:
                    assert secret.isdisjoint(each.officer_id for each in row.officers)
                for officer in sorted(secret):
                    assert presences_of(picture, officer, now, sight=sight).stays == []
