"""Everything told of one incident, and what holds of it: one fold for all who read the field.

Pure, and indifferent to order and repetition: steps by version, all else as a set by post and fact id. Of
what was said several times with different words the latest counts, by when it was said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Generic, NamedTuple, TypeVar

from msgspec import Struct

from pamwal.contracts.field.clocks import happened_ms
from pamwal.contracts.field.incident_details import (
    IncidentAmended,
    IncidentAttached,
    IncidentDetail,
    IncidentDetailBase,
    IncidentEscalated,
    IncidentMerged,
    IncidentUnmerged,
    Location,
)
from pamwal.contracts.field.incidents import (
    Casualties,
    IncidentAdvanced,
    IncidentReported,
    IncidentState,
    IncidentStepHeld,
    IncidentWitnessed,
    Severity,
)
from pamwal.contracts.field.terms import FieldFactBase
from pamwal.contracts.instants import to_ms

F = TypeVar("F", bound=FieldFactBase)
D = TypeVar("D", bound=IncidentDetailBase)
IncidentTold = IncidentReported | IncidentWitnessed | IncidentAdvanced | IncidentStepHeld | IncidentDetail
FactKey = tuple[str, str]
"""(post, fact id): ids are the sender's, so two posts may use the same."""
SaidKey = tuple[int, str, str]
"""When it was said in ms, fact id, post: the greatest is the latest word."""
Voided = Callable[[str, str], bool]
"""(post, fact id) → whether somebody took that back."""


class Told(NamedTuple, Generic[F]):
    """A fact, the post that said it and how it came."""

    fact: F
    post: str
    channel: str

    @property
    def said(self) -> SaidKey:
        """By what the latest word is found: of a step, by the id of the fact that told of it."""
        return happened_ms(self.fact)[0], getattr(self.fact, "of", None) or self.fact.id, self.post


class Edge(NamedTuple):
    """An incident is said to be the same as another."""

    said: SaidKey
    into: str


class Stand(Struct, frozen=True, kw_only=True):
    """What holds of an incident now, by all that nobody took back."""

    reports: list[Told[Any]]
    """Earliest first; never none. The first says what no amendment says otherwise."""
    history: list[Told[IncidentAdvanced]]
    """The steps that hold, newest first."""
    state: IncidentState
    kind: str
    severity: Severity
    location: Location
    pairs: list[str]
    casualties: Casualties | None
    assignees: list[str]
    escalated_to: str | None
    attached: list[Told[IncidentAttached]]
    """Each file once, in the order they were said."""


class IncidentAccount:
    """Everything told of one incident."""

    __slots__ = ("_known", "advanced", "details", "reports", "steps")

    def __init__(self) -> None:
        self.reports: dict[FactKey, Told[Any]] = {}
        self.advanced: dict[int, Told[IncidentAdvanced]] = {}
        """Version → the step taken."""
        self.steps: dict[str, Told[Any]] = {}
        """Fact id → the step as it was told, taken or not."""
        self.details: dict[FactKey, Told[Any]] = {}
        self._known: tuple[int, Stand | None] | None = None

    def take(self, fact: IncidentTold, post: str, channel: str) -> bool:
        """Takes a fact up; False if it only tells again what was told before."""
        told: Told[Any] = Told(fact, post, channel)
        self._known = None
        if isinstance(fact, IncidentReported | IncidentWitnessed):
            self.reports[post, fact.id] = told
        elif isinstance(fact, IncidentStepHeld):
            self.steps[fact.id] = told
        elif isinstance(fact, IncidentAdvanced):
            self.advanced[fact.version] = told
            if fact.of is not None:
                return False
            self.steps[fact.id] = told
        else:
            self.details[post, fact.id] = told
        return True

    def until(self, at: str) -> IncidentAccount:
        """As it was told by what an edge had, or what had happened, by that Instant."""
        at_ms, cut = to_ms(at), IncidentAccount()

        def then(told: Told[Any]) -> bool:
            return bool(told.fact.recorded_at <= at) or happened_ms(told.fact)[0] <= at_ms

        cut.reports = {key: told for key, told in self.reports.items() if then(told)}
        cut.advanced = {version: told for version, told in self.advanced.items() if then(told)}
        cut.steps = {name: told for name, told in self.steps.items() if then(told)}
        cut.details = {key: told for key, told in self.details.items() if then(told)}
        return cut

    @property
    def newest(self) -> IncidentAdvanced | None:
        """The step of the highest version."""
        return self.advanced[max(self.advanced)].fact if self.advanced else None

    @property
    def version(self) -> int:
        """What an interactive caller names as `expected_version`; 0 while it is not reported."""
        told = (*self.reports.values(), *self.details.values())
        known = [getattr(each.fact, "version", None) or 0 for each in told]
        return max([*known, *self.advanced], default=0)

    def history(self) -> list[Told[IncidentAdvanced]]:
        """The steps that hold, newest first: read backwards from the highest version.

        Each with the post and channel of who told it, also where it took its place by another's word.
        """
        found: list[Told[IncidentAdvanced]] = []
        told = self.advanced[max(self.advanced)] if self.advanced else None
        while told is not None:
            fact = told.fact
            teller = self.steps.get(fact.of or fact.id, told)
            found.append(Told(fact, teller.post, teller.channel))
            before = fact.version - 1
            told = self.advanced.get(before if fact.after is None else min(fact.after, before))
        return found

    def edge(self) -> Edge | None:
        """Of which other it is said to be a duplicate; the latest word of merging and unmerging counts."""
        merges = [
            told for told in self.details.values() if isinstance(told.fact, IncidentMerged | IncidentUnmerged)
        ]
        last = max(merges, key=lambda told: told.said, default=None)
        if last is None or isinstance(last.fact, IncidentUnmerged):
            return None
        return Edge(last.said, last.fact.duplicate_of)

    def stand(self, voided: Voided, voids: int) -> Stand | None:
        """What holds; None if nobody reported it, or every report was taken back.

        Found once, and again when more is told of it or when `voids`, any count that grows with the voids
        of the operation, is another: lists and boards look at every incident each time.
        """
        if self._known is None or self._known[0] != voids:
            self._known = voids, self._stand(voided)
        return self._known[1]

    def _stand(self, voided: Voided) -> Stand | None:
        reports = [told for (post, _), told in self.reports.items() if not voided(post, told.fact.id)]
        if not reports:
            return None
        reports.sort(key=lambda told: told.said)
        history, first = self.history(), reports[0].fact
        amended, escalated = self._said(IncidentAmended, voided), self._said(IncidentEscalated, voided)
        counted = (told.fact.casualties for told in reports if told.fact.casualties is not None)
        return Stand(
            reports=reports,
            history=history,
            state=history[0].fact.state if history else "reported",
            kind=_latest(amended, "kind", first.kind),
            severity=_latest(amended, "severity", first.severity),
            location=_latest(amended, "location", None)
            or Location(kelurahan=first.kelurahan, place=first.place, position=first.position),
            pairs=_latest(amended, "pairs", first.pairs),
            casualties=_latest(amended, "casualties", next(counted, None)),
            assignees=_assignees(history, amended),
            escalated_to=escalated[-1].fact.to if escalated else None,
            attached=_each_once(self._said(IncidentAttached, voided)),
        )

    def _said(self, kind: type[D], voided: Voided) -> list[Told[D]]:
        """What was said of that kind and not taken back, the latest word last."""
        found: list[Told[D]] = [
            told
            for (post, fact_id), told in self.details.items()
            if isinstance(told.fact, kind) and not voided(post, fact_id)
        ]
        return sorted(found, key=lambda told: told.said)


def duplicates(edges: dict[str, Edge], stands: Callable[[str], bool]) -> dict[str, str]:
    """Duplicate → the incident that counts in its place; both stand.

    A chain leads to its last incident that stands. Where the words go round in a circle, the latest of them
    does not count.
    """
    kept = {one: edge.into for one, edge in edges.items()}
    for circle in _circles(kept):
        del kept[max(circle, key=lambda one: edges[one].said)]
    last: dict[str, str | None] = {}
    for one in kept:
        path, here = [], one
        while here in kept and here not in last:
            path.append(here)
            here = kept[here]
        end = last[here] if here in last else (here if stands(here) else None)
        for each in reversed(path):
            end = end or (each if stands(each) else None)
            last[each] = end
    return {one: root for one, root in last.items() if root not in {None, one} and root and stands(one)}


def closes_circle(edges: dict[str, Edge], one: str, into: str) -> bool:
    """Whether `one` is reached again from `into`."""
    seen = {one}
    while into not in seen:
        seen.add(into)
        edge = edges.get(into)
        if edge is None:
            return False
        into = edge.into
    return into == one


def _circles(leads: dict[str, str]) -> Iterator[list[str]]:
    done: set[str] = set()
    for one in list(leads):
        path: dict[str, None] = {}
        here = one
        while here in leads and here not in done and here not in path:
            path[here] = None
            here = leads[here]
        if here in path:
            walked = list(path)
            yield walked[walked.index(here) :]
        done.update(path)


def _latest(amended: list[Told[IncidentAmended]], name: str, otherwise: Any) -> Any:
    said = (value for told in reversed(amended) if (value := getattr(told.fact, name)) is not None)
    return next(said, otherwise)


def _assignees(history: list[Told[IncidentAdvanced]], amended: list[Told[IncidentAmended]]) -> list[str]:
    """The latest word of the steps that hold, one officer or post, and of the amendments, any number."""
    step = next((told for told in history if told.fact.assignee is not None), None)
    whole = next((told for told in reversed(amended) if told.fact.assignees is not None), None)
    if whole is not None and (step is None or whole.said > step.said):
        return whole.fact.assignees or []
    return [step.fact.assignee] if step is not None and step.fact.assignee is not None else []


def _each_once(attached: list[Told[IncidentAttached]]) -> list[Told[IncidentAttached]]:
    first: dict[str, Told[IncidentAttached]] = {}
    for told in attached:
        first.setdefault(told.fact.attachment.sha256, told)
    return list(first.values())
