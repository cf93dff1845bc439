"""Facts of state machines in the order of their versions, which is the order in which they were decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol, TypeVar

F = TypeVar("F")


class Versioned(Protocol):
    """A fact whose version is dense per subject."""

    @property
    def version(self) -> int: ...


V = TypeVar("V", bound=Versioned)


def in_order(facts: Mapping[int, F]) -> Iterable[F]:
    """One subject's facts by version, from a mapping of version → fact in any order."""
    return facts.values() if len(facts) == 1 else [facts[version] for version in sorted(facts)]


def keep_newest(known: dict[str, V], subject: str, fact: V) -> None:
    """Keeps a fact unless a newer one of its subject is known: for facts that tell their subject whole."""
    newest = known.get(subject)
    if newest is None or fact.version > newest.version:
        known[subject] = fact
