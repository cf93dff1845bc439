"""The log of an operation as a table, an entry a row. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from pamwal.contracts.family_reads import OperationEntry
from pamwal.contracts.rolled_up import Unseen
from pamwal.contracts.timeline import TimelineEntry, ToldFact
from pamwal.tables import Table, Value

_OF_ENTRY: Final = ("at", "known_at", "recorded_at", "said_at", "context", "says", "facts_count")
_OF_FACTS: Final = (
    "type",
    "officer_id",
    "place",
    "incident_id",
    "deployment_id",
    "severity",
    "what",
    "subject",
    "about",
)
_WHO: Final = (
    "post_id", "channel", "source", "actor", "role", "asked", "request_id", "offset", "cause", "erased",
)  # fmt: skip
COLUMNS: Final = (*_OF_ENTRY, *_OF_FACTS, "taken_back", *_WHO, "words")


def table_of(entries: Sequence[TimelineEntry]) -> Table:
    """The entries in their order; what several facts of one say, with a semicolon between."""
    return Table(title="Timeline", columns=COLUMNS, rows=[_row(each) for each in entries])


def family_table_of(entries: Sequence[OperationEntry], unseen: Iterable[Unseen]) -> Table:
    """The same of several operations, each row with whose it is; then a row for each that is missing."""
    return Table(
        title="Timeline",
        columns=("operation_id", "operation", *COLUMNS),
        rows=[
            *((each.operation_id, each.name, *_row(each.entry)) for each in entries),
            *((each.operation_id, None, *_missing(each)) for each in unseen),
        ],
    )


def _missing(unseen: Unseen) -> list[Value]:
    return [f"unseen: {unseen.why}" if name == "says" else None for name in COLUMNS]


def _row(entry: TimelineEntry) -> list[Value]:
    return [
        *(getattr(entry, name) for name in _OF_ENTRY),
        *(_said(entry.facts, name) for name in _OF_FACTS),
        "yes" if any(fact.taken_back for fact in entry.facts) else "no",
        *(getattr(entry, name) for name in _WHO),
        "; ".join(entry.words),
    ]


def _said(facts: Iterable[ToldFact], name: str) -> str:
    """Each value once, in the order of the facts."""
    found = (getattr(fact, name) for fact in facts)
    return "; ".join(dict.fromkeys(each for each in found if each is not None))
