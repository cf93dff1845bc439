"""What a benchmark says: a table for people, and as its last line one JSON object for programs."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from rich.console import Console
from rich.table import Table

WIDTH = 118
Kind = Literal["figures", "peers", "ratios"]


class Target(NamedTuple):
    """What a figure has to reach."""

    bound: Literal["at least", "at most"]
    value: float

    def met(self, found: float) -> bool:
        """Whether a median reaches it."""
        return found >= self.value if self.bound == "at least" else found <= self.value


class Line(NamedTuple):
    """One figure over all runs. The key ends in its unit; `what` says it in words."""

    kind: Kind
    key: str
    what: str
    values: Sequence[float]
    target: Target | None

    @property
    def median(self) -> float:
        """What counts."""
        return statistics.median(self.values)


class Report:
    """Collects figures run by run, in the order in which they are first named."""

    def __init__(self, name: str, sentences: Sequence[str]) -> None:
        self.name, self._sentences = name, list(sentences)
        self._lines: dict[str, Line] = {}
        self._values: dict[str, list[float]] = {}

    def say(self, sentence: str) -> None:
        """One more sentence above the table."""
        if sentence not in self._sentences:
            self._sentences.append(sentence)

    def rounds(self, what: str, runs: int, within_s: float) -> Iterator[int]:
        """Numbers of the runs to make: as many as asked for, unless they would take longer than `within_s`.

        A benchmark ends by itself also where others keep the machine busy, and says how many it made.
        """
        began = time.monotonic()
        for run in range(runs):
            print(f"{self.name}: {what}, run {run + 1} of {runs}", file=sys.stderr, flush=True)
            yield run
            done, took_s = run + 1, time.monotonic() - began
            if done < runs and took_s / done * (done + 1) > within_s:
                self.say(f"{what}: only {done} of {runs} runs, each took {took_s / done:.0f} s")
                return

    def figure(self, key: str, what: str, value: float, target: Target | None = None) -> None:
        """One run's figure of the product."""
        self._add("figures", key, what, value, target)

    def peer(self, key: str, what: str, value: float) -> None:
        """One run's figure of what it is compared with."""
        self._add("peers", key, what, value, None)

    def ratio(self, key: str, what: str, value: float, target: Target | None = None) -> None:
        """One run's ratio of product to peer."""
        self._add("ratios", key, what, value, target)

    def _add(self, kind: Kind, key: str, what: str, value: float, target: Target | None) -> None:
        self._values.setdefault(key, []).append(value)
        self._lines[key] = Line(kind, key, what, self._values[key], target)

    def as_json(self) -> str:
        """`{name, figures, peers, ratios}`, medians by key."""
        found: dict[str, object] = {"name": self.name, "figures": {}, "peers": {}, "ratios": {}}
        for line in self._lines.values():
            part = found[line.kind]
            if isinstance(part, dict):
                part[line.key] = float(f"{line.median:.4g}") if line.median < 10_000 else round(line.median)
        return json.dumps(found)

    def show(self) -> None:
        """Prints sentences, table and JSON."""
        console = Console(width=WIDTH, highlight=False)
        for sentence in self._sentences:
            console.print(sentence, markup=False)
        console.print(self._table())
        print(self.as_json(), flush=True)

    def _table(self) -> Table:
        table = Table(
            title=f"{self.name}: medians of up to {max(map(len, self._values.values()), default=0)} runs"
        )
        for name, right in (
            ("what", False),
            ("median", True),
            ("min to max", True),
            ("target", True),
            ("", False),
        ):
            table.add_column(name, justify="right" if right else "left", no_wrap=right)
        kind: Kind | None = None
        for line in sorted(
            self._lines.values(), key=lambda each: ("figures", "peers", "ratios").index(each.kind)
        ):
            if kind not in (None, line.kind):
                table.add_section()
            kind = line.kind
            target = (
                f"{'≥' if line.target.bound == 'at least' else '≤'} {_short(line.target.value)}"
                if line.target
                else ""
            )
            verdict = "" if line.target is None else "met" if line.target.met(line.median) else "MISSED"
            spread = f"{_short(min(line.values))} to {_short(max(line.values))}"
            table.add_row(line.what, _short(line.median), spread, target, verdict)
        return table


def at_least(value: float) -> Target:
    """The more the better."""
    return Target("at least", value)


def at_most(value: float) -> Target:
    """The less the better."""
    return Target("at most", value)


def _short(value: float) -> str:
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
