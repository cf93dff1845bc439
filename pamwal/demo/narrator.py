"""What the demo prints while it runs: a moving line on a terminal, plain lines anywhere else."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn

from pamwal.demo.day import clock_of

QUARTERS = 8
"""On a plain output the day is told in so many lines."""


class Narrator:
    """Tells a run: steps that are done, and the day as it goes by."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def step(self, what: str, how: str = "") -> None:
        """One thing that is done."""
        self.console.print(f"  [bold]{what}[/bold] {how}".rstrip(), highlight=False, soft_wrap=True)

    def warning(self, text: str) -> None:
        """What a person has to know although the run goes on; one line."""
        self.console.print(f"  [bold yellow]warning[/] {escape(text)}", highlight=False, soft_wrap=True)

    def heading(self, text: str) -> None:
        """A new part of the run."""
        self.console.print(f"\n[bold]{text}[/]", highlight=False, soft_wrap=True)

    def day(self, total: int) -> DayLine:
        """The line of the day; use it in a `with` block."""
        return DayLine(self.console, total)


class DayLine:
    """How far the day is: clock, said, answered, and how many ever said otherwise than expected."""

    def __init__(self, console: Console, total: int) -> None:
        self._console, self._total, self._told = console, total, 0
        self._progress = Progress(
            TextColumn("  {task.fields[clock]} WITA"),
            BarColumn(bar_width=32),
            TextColumn("{task.completed:>5.0f} of {task.total:.0f} answered"),
            TextColumn("[red]{task.fields[surprises]}"),
            console=console,
            transient=False,
        )
        self._task = self._progress.add_task("day", total=total, clock="06:30", surprises="")

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._console.is_terminal:
            self._progress.stop()

    def tell(self, now_ms: int, answered: int, surprises: int) -> None:
        """The clock moved on or an answer came."""
        surprised = f"{surprises} not as expected" if surprises else ""
        if self._console.is_terminal:
            self._progress.update(self._task, completed=answered, clock=clock_of(now_ms), surprises=surprised)
            return
        part = answered * QUARTERS // max(self._total, 1)
        if part > self._told:
            self._told = part
            line = f"  {clock_of(now_ms)} WITA  {answered} of {self._total} answered {surprised}"
            self._console.print(line.rstrip(), highlight=False)
