"""Files of a plan as they go in and out: what became of each line, and a file with its name."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

FileKind = Literal["roster", "plan", "orders"]
Form = Literal["csv", "xlsx", "ics"]
Outcome = Literal["added", "changed", "unchanged", "removed", "refused"]
CHANGES: Final[tuple[Outcome, ...]] = ("added", "changed", "removed")


class LineAnswer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one line of a file; `line` 0: it stands in no line, as what is removed."""

    line: int
    subject: str
    outcome: Outcome
    code: str | None = None
    message: str | None = None
    possible: str | None = None
    column: str | None = None


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a person should know of a line and column of a file, and what to do about it."""

    line: int
    column: str | None
    message: str
    possible: str
    subject: str = ""
    """The id of the line, where it has one."""


class ImportAnswer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An import, or with `dry_run` what it would do."""

    import_id: str
    sha256: str
    encoding: str
    dry_run: bool
    counts: dict[Outcome, int]
    lines: list[LineAnswer]
    """Lines that changed nothing are counted and left out, unless all were asked for."""
    notes: list[Problem] = []

    @property
    def changes(self) -> int:
        """How many things are, or would be, other than before."""
        return sum(self.counts.get(outcome, 0) for outcome in CHANGES)

    @property
    def refused(self) -> list[LineAnswer]:
        """Lines that are not, or would not be, taken; by line."""
        return [each for each in self.lines if each.outcome == "refused"]


class Download(Struct, frozen=True):
    """A file's bytes, and the name the service gives it."""

    content: bytes
    name: str
