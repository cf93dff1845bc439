"""An operation and those it counts below it, rolled up (province, nation).

Counts only, of all that a viewer may see.
An officer lent to another operation is one person: strengths count distinct officers over all of them.
"""

from __future__ import annotations

from msgspec import Struct

from pamwal.contracts.reporting_alerts import AlertKind
from pamwal.contracts.scheduling import Day
from pamwal.contracts.situations import IncidentsCounted, PostsCounted, RalliesCounted
from pamwal.contracts.strength import Strength


class OperationRow(Struct, frozen=True, kw_only=True):
    """One child with all below it. `day`, moments and `vector` are its own: it may lie in another zone."""

    operation_id: str
    name: str
    operations: int
    """How many are counted here: itself and those below it."""
    zone: str
    day: Day
    at: str
    """The moment its own part shows; a live board tells of it and of `vector` when a count changes."""
    known_at: str
    vector: dict[str, int]
    """Its own partition: `<decisions topic>-<partition>` → first offset that is not in it."""
    strength: Strength
    rallies: RalliesCounted
    incidents: IncidentsCounted
    posts: PostsCounted
    """Completeness: posts of all operations counted here."""
    alerts: dict[AlertKind, int]
    """Those that stand."""
    closed: bool
    day_closed: bool


class Bound(Struct, frozen=True, kw_only=True):
    """What binds an officer in one operation."""

    operation_id: str
    deployment_id: str
    place: str
    starts_at: str
    ends_at: str


class Overlap(Struct, frozen=True, kw_only=True):
    """One officer whom two operations want at one time; each of them alone could not know."""

    officer_id: str
    first: Bound
    second: Bound
    starts_at: str
    """Both want him in [starts_at, ends_at)."""
    ends_at: str


class Unseen(Struct, frozen=True, kw_only=True):
    """What is missing in the numbers, and why."""

    operation_id: str | None
    """None: not known which."""
    why: str
    code: str = ""
    """The same for machines and pages: `halted`, `misdirected`, `not_folded`, `not_counted`, `not_opened`,
    `no_parent`, `asks_to_belong` (it names this operation its parent, which has neither admitted nor
    dismissed it), `not_admitted` (this operation names it its parent, and it does not count this one)."""


class RolledUp(Struct, frozen=True, kw_only=True):
    """An operation and all operations below it, of its own mode: nothing of an exercise is in a real one."""

    operations: int
    """How many are counted, this one too."""
    strength: Strength
    """Distinct officers over all of them. Who is ordered in one and stands in another is in the wrong place;
    who is lent counts where he stands."""
    rallies: RalliesCounted
    incidents: IncidentsCounted
    posts: PostsCounted
    alerts: dict[AlertKind, int]
    overlapping: int
    """How often two operations want one officer at one time, now or later."""
    overlaps: list[Overlap]
    """The first of these by time, as far as the reader may see officers."""
    unseen: list[Unseen]
    cycle: list[str]
    """The operations that count each other in a ring, if this one is among them; each counts once."""
    settled: bool | None = None
    """Of an earlier moment: nothing can be decided any more, in any of them, that was known by then."""
