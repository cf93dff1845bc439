"""What posts say in these tests: requests as they stand in the log, and an operation that hears them."""

from __future__ import annotations

from typing import Any

from pamwal.contracts.claims import Claims, mode_in
from pamwal.contracts.codec import TYPE_OF
from pamwal.contracts.envelope import DecisionData, Request, RequestData, RequestRef, Verdict
from pamwal.contracts.field import (
    AdvanceIncident,
    CheckIn,
    CheckOut,
    Heartbeat,
    IncidentStep,
    ReportIncident,
    Void,
)
from pamwal.contracts.rights import own_source
from services.checkin.core import ByMode, CheckinCore
from services.checkin.deciding.state import CheckinState

OPERATION = "omp-kupang-2024"
SIKUMANA = "rally/r-sikumana-1"
OESAPA = "rally/r-oesapa-1"


def moment(clock: str, day: str = "2024-10-03") -> str:
    """`08:15` or `08:15:30` UTC as an instant of 3 October 2024."""
    return f"{day}T{clock if len(clock) > 5 else clock + ':00'}.000Z"


def request(
    identity: str,
    clock: str,
    data: RequestData,
    *,
    post: str = "maulafa",
    claims: Claims | None = None,
    source: str | None = None,
    sent: str | None = None,
    recorded: str | None = None,
    actor: str = "operator-7",
) -> Request[Any]:
    """One request; recorded when it happened unless said otherwise, by the post's own token."""
    allowed = claims or Claims(role="command_post", operation=OPERATION, mode="exercise", post=post)
    return Request(
        specversion="1.0",
        id=identity,
        source=source or own_source(allowed) or f"/posts/{post}/devices/1",
        type=TYPE_OF[type(data)],
        time=moment(clock),
        sentat=moment(sent) if sent else None,
        recordedat=moment(recorded or clock),
        channel="app",
        operationid=OPERATION,
        postid=post,
        actor=actor,
        claims=allowed.to_text(),
        data=data,
    )


def check_in(
    identity: str, clock: str, *, officer: str = "NTT-0001", place: str = SIKUMANA, **more: Any
) -> Any:
    """A check-in by GPS; `more` goes to `request`."""
    return request(identity, clock, CheckIn(officer_id=officer, place=place, method="gps"), **more)


def check_out(
    identity: str, clock: str, *, officer: str = "NTT-0001", place: str = SIKUMANA, **more: Any
) -> Any:
    """A check-out by GPS."""
    return request(identity, clock, CheckOut(officer_id=officer, place=place, method="gps"), **more)


def void(identity: str, clock: str, observation: str, **more: Any) -> Any:
    """A void with a cause."""
    return request(identity, clock, Void(observation=observation, cause="wrong officer ticked"), **more)


def incident(identity: str, clock: str, incident_id: str = "i-1", **more: Any) -> Any:
    """A report of an incident in Sikumana."""
    data = ReportIncident(
        incident_id=incident_id, kind="crowd_clash", severity="moderate", kelurahan="53.71.02.1008"
    )
    return request(identity, clock, data, **more)


def step(
    identity: str,
    clock: str,
    name: IncidentStep,
    incident_id: str = "i-1",
    *,
    expected: int | None = None,
    assignee: str | None = None,
    **more: Any,
) -> Any:
    """One step of an incident."""
    data = AdvanceIncident(incident_id=incident_id, step=name, expected_version=expected, assignee=assignee)
    return request(identity, clock, data, **more)


def heartbeat(identity: str, clock: str, highest: dict[str, int] | None = None, **more: Any) -> Any:
    """A heartbeat."""
    return request(identity, clock, Heartbeat(highest=highest or {}, queue_length=2), **more)


class Heard:
    """An operation's state and everything that was decided, in order. Repeats are the partition decider's."""

    def __init__(self) -> None:
        self.core = CheckinCore()
        self.by_mode: ByMode = self.core.new_state(OPERATION)
        self.facts: list[Any] = []

    @property
    def state(self) -> CheckinState:
        """What tokens of the exercise said; these tests have no others."""
        return self.by_mode["exercise"]

    def hear(self, asked: Request[Any]) -> Verdict[Any]:
        """Decides and, if it is accepted, remembers."""
        verdict = self.core.decide(self.by_mode, asked, asked.recordedat)
        if verdict.outcome == "accepted":
            self.facts += verdict.facts
            self.by_mode = self.core.evolve(self.by_mode, decision_of(asked, verdict))
        return verdict

    def hear_all(self, *asked: Request[Any]) -> list[Verdict[Any]]:
        """Hears several, each of which must be accepted."""
        verdicts = [self.hear(one) for one in asked]
        assert [verdict.reason for verdict in verdicts] == [None] * len(asked)
        return verdicts


def decision_of(asked: Request[Any], verdict: Verdict[Any]) -> DecisionData[Any]:
    """The decision that the partition decider makes of an accepted verdict."""
    return DecisionData(
        request=RequestRef(
            offset=0,
            sha256="0" * 64,
            id=asked.id,
            postid=asked.postid,
            source=asked.source,
            sourceseq=asked.sourceseq,
            mode=mode_in(asked.claims),
        ),
        knownat=asked.recordedat,
        decider_version="test",
        outcome="accepted",
        facts=verdict.facts,
        warnings=verdict.warnings,
    )


def codes(verdict: Verdict[Any]) -> list[str]:
    """The codes of a verdict's warnings."""
    return [warning.code for warning in verdict.warnings]


def refusal(verdict: Verdict[Any]) -> str | None:
    """The code of a refusal, or None; a refusal brings no facts and no warnings."""
    if verdict.reason is None:
        return None
    assert (verdict.facts, verdict.warnings) == ([], [])
    return verdict.reason.code
