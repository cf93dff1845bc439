"""A SitRep as sections in the customary order: hari/tanggal, kekuatan, giat, kejadian menonjol, situasi.

The chat text and the paper say the same, for both are made from this. Nothing is judged that was not counted:
a quiet day is one without an open incident, and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from pamwal.contracts.instants import to_ms
from pamwal.contracts.reporting import RallyRow
from pamwal.contracts.sitrep_sums import addends
from pamwal.contracts.sitreps import Change, SitRep, SitRepCited, SitRepIncident
from pamwal.contracts.zones import LETTERS, OFFSET_H, local_day
from services.reporting.sheets.below import (
    below_block,
    harm_told,
    incidents_below,
    rallies_below,
    situation_below,
)
from services.reporting.sheets.columns import Block, cells, in_columns
from services.reporting.sheets.tongues import Tongue

NameOf = Callable[[str], str]


class Section(Struct, frozen=True, kw_only=True):
    """One numbered part."""

    title: str
    lines: list[str]
    blocks: list[Block] = []


class Report(Struct, frozen=True, kw_only=True):
    """The whole of it, in one language."""

    exercise: str
    title: str
    number: str
    operation: str
    sections: list[Section]
    check: str
    """How to find out whether it is what was published."""


class Reporter:
    """Tells SitReps in one language; `name_of` a kelurahan or kecamatan, `kind_name` a kind of incident."""

    def __init__(self, tongue: Tongue, name_of: NameOf, kind_name: NameOf) -> None:
        self._says, self._name_of, self._kind_name = tongue, name_of, kind_name

    def report(self, of: SitRep, sha256: str) -> Report:
        """The SitRep whose document has this digest."""
        says = self._says
        parts = (
            self._when(of),
            self._strength(of),
            self._rallies(of),
            self._incidents(of),
            self._situation(of),
        )
        return Report(
            exercise=says.exercise if of.mode == "exercise" else "",
            title=says.forms[of.form],
            number=says.number.format(of.number, says.kinds[of.kind]),
            operation=of.name,
            sections=list(parts),
            check=says.check.format(sha256, of.number, of.operation_id),
        )

    def day(self, day: str) -> str:
        """`Kamis, 3 Oktober 2024`."""
        date = datetime.fromisoformat(day)
        says = self._says
        return f"{says.days[date.weekday()]}, {date.day} {says.months[date.month - 1]} {date.year}"

    def _when(self, of: SitRep) -> Section:
        says, knew = self._says, of.completeness
        lines = [self.moment(of.at, of.zone)]
        if of.first_day != of.day:
            lines.append(says.period.format(self.day(of.first_day), self.day(of.day)))
        elif of.day != local_day(of.at, of.zone):
            lines.append(says.period.format(self.day(of.day), self.day(of.day)))
        lines.append(says.known.format(*self._moment(of.known_at, of.zone)))
        lines.append(says.posts.format(knew.heard, knew.total, knew.silent_post_min, knew.closed))
        lines += [says.posts_silent.format(", ".join(knew.silent))] if knew.silent else []
        lines += [says.posts_open.format(", ".join(knew.open))] if knew.open and of.kind == "final" else []
        lines += [says.missing.format(knew.missing)] if knew.missing else []
        return Section(title=says.headings[0], lines=lines)

    def _strength(self, of: SitRep) -> Section:
        says = self._says
        columns = list(says.columns)
        blocks = [
            below_block(says, of),
            Block(
                columns=[says.kecamatan, *columns],
                rows=[[self._name_of(row.code), *cells(row.strength)] for row in of.kecamatan],
                brief=True,
            ),
            Block(
                columns=[says.satgas, *columns],
                rows=[[row.name or says.no_satgas, *cells(row.strength)] for row in of.satgas],
                brief=True,
            ),
            Block(
                columns=[says.place, *columns],
                rows=[[self._where(row.name, row.kelurahan), *cells(row.strength)] for row in of.places],
            ),
            Block(columns=list(says.by_day), rows=[self._day_row(each) for each in _days(of)], brief=True),
        ]
        return Section(
            title=says.headings[1],
            lines=[f"{says.total}: {in_columns(says, of.strength)}", *self._added_up(of)],
            blocks=[each for each in blocks if each.rows],
        )

    def _added_up(self, of: SitRep) -> Iterator[str]:
        """With all below it, and what that is made from."""
        says, whole = self._says, of.rolled_up
        if whole is not None:
            yield f"{says.below}: {in_columns(says, whole.counts)}"
            yield says.added_up.format(whole.counts.operations, self.moment(whole.oldest_at, of.zone))
            if whole.missing:
                yield says.not_added.format(", ".join(whole.missing))
            elsewhere = [each.operation_id for each in addends(of).left_out]
            elsewhere = [name for name in elsewhere if name not in whole.missing]
            if elsewhere:
                yield says.counted_elsewhere.format(", ".join(elsewhere))

    def _rallies(self, of: SitRep) -> Section:
        says, held = self._says, of.rallies
        below = rallies_below(says, of)
        if not held.rows:
            return Section(title=says.headings[2], lines=[says.no_rallies, *below])
        count = held.planned + held.active + held.ended
        told = says.rallies.format(count, held.planned, held.active, held.ended, held.cancelled)
        venues = {each.place_id: each for each in of.places if each.site is None}
        rows = []
        for number, row in enumerate(held.rows, 1):
            venue = venues.get(row.venue_id)
            where = self._where(venue.name, venue.kelurahan) if venue else row.venue_id
            rows.append(f"{number}. {self._rally(row, of.zone)}, {where}{self._course(row)}")
        return Section(title=says.headings[2], lines=[told, *rows, *below])

    def _rally(self, row: RallyRow, zone: str) -> str:
        kind = self._says.rally_kinds[row.kind]
        pairs = "".join(f", {self._pair(each)}" for each in row.pairs)
        return f"{_clock(row.starts_at, zone)}–{_clock(row.ends_at, zone)} {kind}{pairs}"

    def _course(self, row: RallyRow) -> str:
        says = self._says
        parts = [says.rally_states[row.state]]
        parts += [says.attendance.format(row.attendance)] if row.attendance is not None else []
        parts += [says.unnoticed] if row.unnoticed else []
        return f": {', '.join(parts)}"

    def _incidents(self, of: SitRep) -> Section:
        lines = [self._incident(row, of.zone) for row in of.incidents.rows]
        below = incidents_below(self._says, of)
        return Section(title=self._says.headings[3], lines=[*(lines or [self._says.no_incidents]), *below])

    def _incident(self, row: SitRepIncident, zone: str) -> str:
        says = self._says
        told = says.incident.format(
            self.day(local_day(row.occurred_at, zone)),
            _clock(row.occurred_at, zone),
            self._kind_name(row.kind),
            says.severities[row.severity],
            says.kelurahan.format(self._name_of(row.kelurahan)),
            says.incident_states[row.state],
        )
        harm = row.casualties
        return f"{told}{harm_told(self._says, (harm.dead, harm.injured, harm.missing))}"

    def _situation(self, of: SitRep) -> Section:
        says = self._says
        lines = [says.open_incidents.format(of.incidents.open)]
        lines.append(says.alerts.format(sum(of.alerts.values())))
        lines += situation_below(says, of)
        lines += list(self._changes(of))
        if of.children:
            lines.append(says.children.format("; ".join(map(self._cited, of.children))))
        if of.overrides:
            told = "; ".join(
                f"{each.officer_id} {each.place} ({', '.join(map(self._rule, each.rules))}): {each.cause}"
                for each in of.overrides
            )
            lines.append(says.overrides.format(told))
        else:
            lines.append(says.no_overrides)
        return Section(title=says.headings[4], lines=lines)

    def _rule(self, code: str) -> str:
        """The words of a rule; a document of another day may name one that is none any more."""
        return {str(rule): words for rule, words in self._says.rules.items()}.get(code, code)

    def _cited(self, of: SitRepCited) -> str:
        if of.number is None:
            return self._says.no_report.format(of.operation_id)
        return self._says.child.format(of.operation_id, of.number, of.sha256)

    def _changes(self, of: SitRep) -> Iterator[str]:
        says = self._says
        # documents of `picture/2` and before say the latter alone
        superseded = None if of.supersedes is None else of.supersedes.number
        since = of.changes_since or superseded
        if since is None:
            yield says.first
            return
        told = [each for each in of.changes if each.of in says.counts]
        heading = says.changed if told else says.unchanged
        yield heading.format(since)
        for each in told:
            where = f"{says.kecamatan} {self._name_of(each.kecamatan)}: " if each.kecamatan else ""
            where = f"{says.below}: " if each.rolled_up else where
            yield f"- {where}{says.counts[each.of]} {_change(each)}"

    def _pair(self, key: str) -> str:
        election, _, number = key.partition("/")
        return self._says.pair.format(number, election)

    def _where(self, name: str, kelurahan: str | None) -> str:
        return f"{name} ({self._says.kelurahan.format(self._name_of(kelurahan))})" if kelurahan else name

    def moment(self, instant: str, zone: str) -> str:
        """`Kamis, 3 Oktober 2024, pukul 14.05 WITA`."""
        return self._says.at.format(*self._moment(instant, zone))

    def _moment(self, instant: str, zone: str) -> tuple[str, str, str]:
        return self.day(local_day(instant, zone)), _clock(instant, zone), LETTERS[zone]

    def _day_row(self, cells: list[str]) -> list[str]:
        return [self.day(cells[0]), *cells[1:]]


def _days(of: SitRep) -> Iterator[list[str]]:
    for each in of.days:
        counts = (
            each.ordered, each.on_time, each.late, each.excused, each.absent, each.unknown, each.rallies,
            each.incidents,
        )  # fmt: skip
        yield [each.day, *map(str, counts)]


def _change(of: Change) -> str:
    """`127 → 150 (+23)`."""
    return f"{of.before} → {of.now} ({of.now - of.before:+d})"


def _clock(instant: str, zone: str) -> str:
    return f"{datetime.fromtimestamp(to_ms(instant) / 1000, UTC) + timedelta(hours=OFFSET_H[zone]):%H.%M}"
