"""Facts that this version does not know: how many are left out of what is read, by type and operation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from msgspec import Struct

PLACES_MAX: Final = 1_000
"""So many are listed by their places; the others are counted."""
_NOTHING: Final[Mapping[str, int]] = {}


class LeftOut(NamedTuple):
    """A fact in a decision, as far as it can be read without its contract."""

    type: str
    """`unreadable` if it names none."""
    id: str | None = None
    """None if it has none, too."""


class UnknownFact(Struct, frozen=True, omit_defaults=True):
    """One that was left out."""

    operation: str
    type: str
    decision: str
    """Where its decision stands: `topic-partition-offset`."""
    fact: str | None = None
    """Its id; left out if it has none that can be read."""


class UnknownFacts:
    """Counts them. A newer version wrote them; whoever follows its decisions goes on without."""

    def __init__(self) -> None:
        self.unknown: Counter[str] = Counter()
        """Type → how many facts were left out because this version does not know it."""
        self._unknown_of: dict[str, Counter[str]] = {}
        """Operation → type → how many of its facts were left out."""
        self.places: list[UnknownFact] = []
        """The first `PLACES_MAX` of them."""

    def unknown_of(self, operation_id: str) -> Mapping[str, int]:
        """Type → how many facts of an operation were left out because this version does not know it."""
        return self._unknown_of.get(operation_id, _NOTHING)

    def leave_out(self, operation_id: str, facts: Iterable[LeftOut], decision: str) -> list[str]:
        """Counts facts of the decision that stands there; returns the types of which it is the first."""
        own = self._unknown_of.setdefault(operation_id, Counter())
        first = []
        for name, fact_id in facts:
            if name not in self.unknown:
                first.append(name)
            self.unknown[name] += 1
            own[name] += 1
            if len(self.places) < PLACES_MAX:
                self.places.append(UnknownFact(operation_id, name, decision, fact_id))
        return first

    def notice(self) -> str | None:
        """Which facts this version does not know, for `/readyz`; None if there are none."""
        if not self.unknown:
            return None
        found = f"facts that this version does not know are left out: {listed(self.unknown)}"
        return f"{found}; update this process to the version that wrote them"


def listed(unknown: Mapping[str, int]) -> str:
    """How many facts of each type, as a sentence has it: `rally_merged (2), post_moved (1)`."""
    return ", ".join(f"{name} ({count})" for name, count in sorted(unknown.items()))
