"""The operation itself as it stands: opened, amended, closed or not; in any order of its facts. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, get_args

from msgspec import Struct
from msgspec.structs import replace

from pamwal.contracts.claims import Mode
from pamwal.contracts.scheduling import (
    ChildAdmitted,
    ChildDismissed,
    ElectionCalendar,
    OperationAmended,
    OperationClosed,
    OperationOpened,
    OperationReopened,
    Policy,
    Post,
    TaskForce,
)
from services.reporting.picture.decided import AnyData, Decided, decode_decided
from services.reporting.picture.versions import in_order

OperationFact = (
    OperationOpened | OperationAmended | OperationClosed | OperationReopened | ChildAdmitted | ChildDismissed
)
_FACTS: Final = get_args(OperationFact)
_NAMED: Final = (b'"operation_', b'"child_')
"""One of these is in the bytes of every decision that tells such a fact, and of few others."""


def is_charter(data: AnyData) -> bool:
    """Whether a decision says how its operation stands."""
    return any(isinstance(fact, _FACTS) for fact in data.facts)


def charter_in(value: bytes) -> Decided | None:
    """A decision of scheduling as it stands in the log, if it says how its operation stands.

    Undecodable if it is none.
    """
    if not any(each in value for each in _NAMED):
        return None
    decision = decode_decided(value)
    return decision if is_charter(decision.data) else None


class Charter(Struct, frozen=True, kw_only=True):
    """What the operation is made of. Mode, zone and region are as it was opened, for ever."""

    version: int
    name: str
    mode: Mode
    zone: str
    region: str
    starts_on: str
    ends_on: str
    posts: list[Post]
    task_forces: list[TaskForce]
    pairs: list[str]
    policy: Policy
    parent: str | None
    asks_parent: bool
    """The parent counts it only once it has admitted it."""
    calendar: ElectionCalendar
    closed: bool = False
    """Nothing more is planned in it."""
    children: dict[str, bool] = {}
    """Operation below it → whether it counts that one; of others it has not said yet."""


def charter_of(facts: Mapping[int, OperationFact]) -> Charter | None:
    """The operation its facts tell of, in order of their versions; None while its opening has not arrived."""
    charter: Charter | None = None
    children: dict[str, bool] = {}
    for fact in in_order(facts):
        if isinstance(fact, OperationOpened):
            charter = _told(fact, fact.mode, fact.zone, fact.region)
        elif charter is None:
            continue
        elif isinstance(fact, OperationAmended):
            after = _told(fact, charter.mode, charter.zone, charter.region)
            charter = replace(after, closed=charter.closed)
        elif isinstance(fact, ChildAdmitted | ChildDismissed):
            children[fact.child] = isinstance(fact, ChildAdmitted)
            charter = replace(charter, version=fact.version)
        else:
            charter = replace(charter, version=fact.version, closed=isinstance(fact, OperationClosed))
    return None if charter is None else replace(charter, children=children)


def _told(fact: OperationOpened | OperationAmended, mode: Mode, zone: str, region: str) -> Charter:
    """Both facts carry the rest whole."""
    return Charter(
        version=fact.version,
        name=fact.name,
        mode=mode,
        zone=zone,
        region=region,
        starts_on=fact.starts_on,
        ends_on=fact.ends_on,
        posts=fact.posts,
        task_forces=fact.task_forces,
        pairs=fact.pairs,
        policy=fact.policy,
        parent=fact.parent,
        asks_parent=fact.asks_parent,
        calendar=fact.calendar,
    )
