"""Rosters, plans and orders out of files: every row answered, nothing guessed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from types import MappingProxyType
from typing import Any, Final

from pamwal.contracts.errors import UnreadableFile
from pamwal.contracts.import_answers import Problem
from pamwal.contracts.scheduling import PlanRally, PlanSeries
from pamwal.contracts.scheduling.terms import OfficerEntry
from pamwal.contracts.zones import Zone
from pamwal.places import Gazetteer
from services.scheduler.files.calendars import calendar_entries, is_calendar
from services.scheduler.files.columns import Subject
from services.scheduler.files.entries import Entries, Entry, entries_of, sha256_of
from services.scheduler.files.judging import Judge, Setting
from services.scheduler.files.officers import ROSTER
from services.scheduler.files.orders import ORDERS
from services.scheduler.files.parsed import OrderLine, Parsed, Row
from services.scheduler.files.rallies import PLAN

PROBLEMS_MAX: Final = 100_000
_OTHERS_SHOWN = 5


def roster_rows(
    content: bytes,
    filename: str,
    *,
    zone: Zone | None = None,
    names: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
) -> Parsed[OfficerEntry]:
    """The officers of a CSV or XLSX file. UnreadableFile if the file as a whole cannot be taken.

    Without the column `officer_id` the NRP is the key of an officer, and a note says so. Times of loans must
    say their zone, unless `zone` is given. `names`: column → what its ids may be called → the id.
    """
    entries = entries_of(content, filename, ROSTER)
    return _parsed(content, ROSTER, entries, Setting(zone, names=names))


def plan_rows(
    content: bytes, filename: str, zone: Zone, *, places: Gazetteer | None = None
) -> Parsed[PlanRally]:
    """The rallies of a CSV, XLSX or iCalendar file; what recurs comes as series. UnreadableFile as above.

    Times without a zone are the operation's. With `places` a kelurahan may be named instead of coded.
    """
    return _parsed(content, PLAN, _any_form(content, filename, PLAN, zone), Setting(zone, places))


def order_rows(content: bytes, filename: str, zone: Zone) -> Parsed[OrderLine]:
    """The deployments of a CSV, XLSX or iCalendar file. UnreadableFile as above."""
    return _parsed(content, ORDERS, _any_form(content, filename, ORDERS, zone), Setting(zone))


def _any_form(content: bytes, filename: str, subject: Subject, zone: Zone) -> Entries:
    if is_calendar(content, filename):
        return calendar_entries(content, subject, zone)
    return entries_of(content, filename, subject)


def _parsed(content: bytes, subject: Subject, entries: Entries, setting: Setting) -> Parsed[Any]:
    judge = Judge(subject, setting)
    rows: list[Row[Any]] = []
    series: list[Row[PlanSeries]] = []
    errors: list[Problem] = []
    once = _Once(subject)
    for entry in once.watch(entries.entries):
        value, problems = judge.judge(entry)
        errors += problems
        if len(errors) > PROBLEMS_MAX:
            raise _too_many_problems(errors[0])
        if value is None:
            continue
        if entry.recurring is None:
            rows.append(Row(entry.line, value))
        else:
            series.append(Row(entry.line, _series(value, entry)))
    twice = once.problems()
    lines = {problem.line for problem in twice}
    nameless = {problem.line for problem in errors if problem.column in once.headers} | once.nameless
    return Parsed(
        rows=[row for row in rows if row.line not in lines],
        errors=sorted([*errors, *twice], key=lambda problem: problem.line),
        notes=[*entries.notes, *once.notes()],
        sha256=sha256_of(content),
        encoding=entries.encoding,
        series=[row for row in series if row.line not in lines],
        named=once.named,
        nameless=sorted(nameless),
    )


def _too_many_problems(first: Problem) -> UnreadableFile:
    return UnreadableFile(
        "too_large",
        f"the file has over {PROBLEMS_MAX:,} problems; the first is in line {first.line}, column"
        f" {first.column!r}: {first.message[:200]}. Mend what recurs, or take the template",
    )


def _series(first: PlanRally, entry: Entry) -> PlanSeries:
    """The series has the id of what recurs; the ids of its rallies are made from it."""
    recurring = entry.recurring
    assert recurring is not None  # noqa: S101 -- the caller looked
    return PlanSeries(
        series_id=first.series_id or first.rally_id,
        first=first,
        recurrence=recurring.recurrence,
        except_days=recurring.except_days,
    )


class _Once:
    """Watches that ids and unique cells stand once in a file. Which of two is meant, nobody can know."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._lines: dict[str, list[int]] = {}
        self._unique: dict[tuple[str, str], list[tuple[int, str]]] = {}
        """Column and cell → the lines that have it, and the ids there."""
        self._by_stand_in: int | None = None
        self._count = 0
        self.nameless: set[int] = set()

    def watch(self, entries: Iterator[Entry]) -> Iterator[Entry]:
        """The same entries."""
        name = self._subject.identity
        stand_in = self._subject.stand_in.get(name, name)
        for entry in entries:
            self._count += 1
            blank = any(column == name for column, _, _ in entry.problems)
            identity = None if blank else entry.texts.get(name) or entry.texts.get(stand_in)
            if identity is None:
                self.nameless.add(entry.line)
            else:
                self._lines.setdefault(identity, []).append(entry.line)
                self._watch_unique(entry, identity)
                if name not in entry.texts and self._by_stand_in is None:
                    self._by_stand_in = entry.line
            yield entry

    def _watch_unique(self, entry: Entry, identity: str) -> None:
        for column, form in self._subject.unique.items():
            value = form(entry.texts.get(column, ""))
            if value is not None:
                self._unique.setdefault((column, value), []).append((entry.line, identity))

    @property
    def named(self) -> frozenset[str]:
        """The id of every line that has one."""
        return frozenset(self._lines)

    @property
    def headers(self) -> set[str | None]:
        """A problem of one of these columns, or of no column of its own, leaves open whom a line is about."""
        name = self._subject.identity
        columns = self._subject.by_name
        return {None, columns[name].header, columns[self._subject.stand_in.get(name, name)].header}

    def problems(self) -> list[Problem]:
        """One for each line of an id, or a unique cell, that stands more than once, naming the others."""
        columns, name = self._subject.by_name, self._subject.identity
        found: list[Problem] = []
        for identity, lines in self._lines.items():
            if len(lines) > 1:
                named = {line: str(line) for line in lines}
                found += _repeated(named, columns[name].header, repr(identity), "keep one of them")
        for (column, _), rows in self._unique.items():
            if len({identity for _, identity in rows}) > 1:
                named = {line: f"{line} ({identity})" for line, identity in rows}
                what, possible = columns[column].header, "correct it, or keep one line if it is one officer"
                found += _repeated(named, what, f"the {column.upper()}", possible)
        return found

    def notes(self) -> list[Problem]:
        """That another column stands in for the id, or that there is nothing."""
        if not self._count:
            return [Problem(line=1, column=None, message="the file has no rows", possible="fill some in")]
        if self._by_stand_in is None:
            return []
        identity = self._subject.by_name[self._subject.identity].header
        return [
            Problem(
                line=self._by_stand_in,
                column=identity,
                message=f"there is no {identity}: the NRP is the officer's key, which the log keeps for good",
                possible=f"add the column {identity!r} with keys of your own to keep NRPs out of the log",
            )
        ]


def _repeated(lines: Mapping[int, str], column: str, what: str, possible: str) -> Iterator[Problem]:
    """A problem for each of the lines that have the same in a column; `lines`: line → as others name it."""
    for line in lines:
        message = f"{what} stands in line {_others(lines, line)} as well"
        yield Problem(line=line, column=column, message=message, possible=possible)


def _others(lines: Mapping[int, str], line: int) -> str:
    """Some of the other lines, each as it is named."""
    first = islice(lines.items(), _OTHERS_SHOWN + 1)
    others = [name for other, name in first if other != line][:_OTHERS_SHOWN]
    return ", ".join(others) + (" and others" if len(lines) > len(others) + 1 else "")
