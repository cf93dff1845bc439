"""What became of a file of a plan, line by line."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

LineOutcome = Literal["added", "changed", "unchanged", "removed", "refused"]
CHANGES: Final[tuple[LineOutcome, ...]] = ("added", "changed", "removed")


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is wrong at a line and column of a file, and what to do about it."""

    line: int
    column: str | None
    message: str
    possible: str
    subject: str = ""
    """The id of the line, where it has one."""


class LineAnswer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one line of a file; `line` 0: it stands in no line, as what is removed."""

    line: int
    subject: str
    outcome: LineOutcome
    code: str | None = None
    message: str | None = None
    possible: str | None = None
    column: str | None = None


class ImportAnswer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An import, or what it would do. `imports:revert` with its id undoes all of it."""

    import_id: str
    sha256: str
    encoding: str
    dry_run: bool
    counts: dict[LineOutcome, int]
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
