"""The life of an incident: its steps, in whatever order they come.

Steps are observations of a state machine that several posts watch, so they arrive late, twice and out of
order. The history is therefore a function of the *set* of steps, not of their order: `walk` takes them by
time and lets a step wait until its predecessor is there. When a late step changes the walk, the facts lead
from the last step that both walks share (`after`) to the new end, so that every recorded step is legal from
the one it follows.
"""

from __future__ import annotations

from bisect import insort
from collections import deque
from collections.abc import Sequence
from typing import Final, NamedTuple

from msgspec import Struct, field

from pamwal.contracts.field import (
    IncidentAdvanced,
    IncidentReported,
    IncidentState,
    IncidentStep,
    IncidentStepHeld,
    IncidentWitnessed,
)
from pamwal.contracts.field.clocks import happened_ms

LEGAL: Final[dict[IncidentState, tuple[IncidentStep, ...]]] = {
    "reported": ("verified", "unfounded"),
    "verified": ("assigned",),
    "unfounded": ("closed", "reopened"),
    "assigned": ("on_scene",),
    "on_scene": ("contained",),
    "contained": ("closed",),
    "closed": ("reopened",),
    "reopened": ("verified", "unfounded", "assigned"),
}
"""State → the steps that may follow (domain section 4)."""
STEPS_MAX: Final = 100
"""A late step makes a decision tell again what follows it; beyond so many steps it is only kept (a busy
incident has twenty), so that nobody fills the log by telling steps backwards.
"""
IncidentFact = IncidentReported | IncidentWitnessed | IncidentAdvanced | IncidentStepHeld


class Step(Struct, frozen=True, kw_only=True, order=True):
    """One step as somebody told it; sorted by when it happened (on a corrected clock), then by fact id."""

    at_ms: int
    id: str
    occurred_at: str
    step: IncidentStep
    author: str
    recorded_at: str
    sent_at: str | None
    assignee: str | None


class Taken(Struct, frozen=True):
    """One line of a history: the fact's version, the state it led to, and which step did."""

    version: int
    state: IncidentState
    step_id: str


class Assigned(NamedTuple):
    """An amendment that says who is to see to an incident."""

    at_ms: int
    fact_id: str
    post: str
    assignees: tuple[str, ...]


class Incident(Struct, kw_only=True):
    """An incident, or only the steps of one that nobody reported yet (then there is no history)."""

    steps: list[Step]
    """Sorted; also those that wait."""
    history: list[Taken]
    """The report, then the steps that were taken."""
    version: int = 0
    said_ms: int = 0
    """When the latest was said of it beside its steps."""
    reports: set[tuple[str, str]] = field(default_factory=set)
    """(fact id, post) of every report, the witnesses' too."""
    assigned: list[Assigned] = field(default_factory=list)
    """Whom amendments assign it to, by when that was said."""

    @property
    def state(self) -> IncidentState | None:
        """Where it stands, or None while nobody reported it."""
        return self.history[-1].state if self.history else None


def walk(steps: Sequence[Step]) -> list[Step]:
    """Of all steps that are known (sorted) those that are taken, in order, each legal after the one before.

    A step whose predecessor is not there waits. A reopening begins a new life: what lies before it and still
    waits belongs to the old one, such as a second witness of a step already taken, and is not taken any more.
    """
    state: IncidentState = "reported"
    taken: list[Step] = []
    waiting: dict[IncidentStep, deque[Step]] = {}
    for step in steps:
        waiting.setdefault(step.step, deque()).append(step)
        while following := _first_legal(state, waiting):
            waiting[following.step].popleft()
            taken.append(following)
            state = following.step
            if state == "reopened":
                _forget_before(following, waiting)
    return taken


def evolve_incident(incident: Incident | None, fact: IncidentFact) -> Incident:
    """The incident after one of its facts; changes and returns `incident` if there is one."""
    incident = incident or Incident(steps=[], history=[])
    match fact:
        case IncidentReported():
            incident.history.append(Taken(fact.version, "reported", fact.id))
            incident.version = fact.version
        case IncidentStepHeld():
            if len(incident.steps) < STEPS_MAX:
                insort(incident.steps, _step_of(fact, fact.step))
        case IncidentAdvanced():
            if fact.of is None and fact.state != "reported":
                insort(incident.steps, _step_of(fact, fact.state))
            follows = fact.version - 1 if fact.after is None else fact.after
            while incident.history and incident.history[-1].version > follows:
                incident.history.pop()
            incident.history.append(Taken(fact.version, fact.state, fact.of or fact.id))
            incident.version = fact.version
        case IncidentWitnessed():
            pass
    return incident


def _first_legal(state: IncidentState, waiting: dict[IncidentStep, deque[Step]]) -> Step | None:
    return min((waiting[step][0] for step in LEGAL[state] if waiting.get(step)), default=None)


def _forget_before(reopening: Step, waiting: dict[IncidentStep, deque[Step]]) -> None:
    for steps in waiting.values():
        while steps and steps[0] < reopening:
            steps.popleft()


def _step_of(fact: IncidentStepHeld | IncidentAdvanced, step: IncidentStep) -> Step:
    return Step(
        at_ms=happened_ms(fact)[0],
        id=fact.id,
        occurred_at=fact.occurred_at,
        step=step,
        author=fact.author,
        recorded_at=fact.recorded_at,
        sent_at=fact.sent_at,
        assignee=fact.assignee,
    )
