"""A SitRep as a sheet, and which template prints it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from pamwal.contracts.sitreps import SitRep
from pamwal.printing.paper import Paper, paper_of
from pamwal.printing.press import LIMITS, Press
from pamwal.printing.words import printable
from services.reporting.sheets.columns import Block
from services.reporting.sheets.map_drawn import Legend, Spot, map_of
from services.reporting.sheets.report import NameOf, Report, Reporter
from services.reporting.sheets.tongues import TONGUES, Language

TEMPLATES: Final = "services/reporting/sheets/sitrep.typ"
LINE_MAX: Final = 60
CELL_MAX: Final = 24
"""Characters of one word that fit a line, and the first column of a table."""
MAPPED: Final = ("situation", "daily")
"""Forms that are of one moment or day, and so have a map of it."""


class SitRepSheet(Struct, frozen=True, kw_only=True):
    """All that is printed. It follows from the document and what places are called, from nothing else."""

    paper: Paper
    lang: Language
    title: str
    report: Report
    map: str
    """An SVG, on a daily report; empty where there is none."""
    place_and_date: str
    head: str
    rank: str


def sheet_of(
    of: SitRep,
    sha256: str,
    language: Language,
    name_of: NameOf,
    kind_name: NameOf,
    ground: Sequence[Spot] = (),
) -> SitRepSheet:
    """The SitRep whose document has this digest; printed again it is the same to the byte.

    `ground` is what a map of it is drawn on.
    """
    says = TONGUES[language]
    reporter = Reporter(says, name_of, kind_name)
    report = reporter.report(of, sha256)
    vector = ",".join(f"{place}-{offset}" for place, offset in sorted(of.vector.items()))
    paper = paper_of(of.name, of.zone, vector, of.known_at, exercise=of.mode == "exercise")
    return SitRepSheet(
        paper=replace(paper, made=reporter.moment(of.known_at, of.zone)),
        lang=language,
        title=f"{report.title} {report.number}",
        report=_printable(report),
        map=map_of(of, ground, legend_of(of, language)) if of.form in MAPPED and ground else "",
        place_and_date=says.place_and_date,
        head=says.head,
        rank=says.rank,
    )


def legend_of(of: SitRep, language: Language) -> Legend:
    """The words below its map."""
    says = TONGUES[language]
    ordered, _, at_place, *_ = says.columns
    return Legend(
        ordered=ordered,
        at_place=at_place,
        incident=says.map_incident,
        exercise=says.exercise if of.mode == "exercise" else "",
    )


def sitrep_press(within_s: float = LIMITS.wall_s) -> Press:
    """Prints SitReps."""
    return Press({SitRepSheet: TEMPLATES}, within_s)


def _printable(report: Report) -> Report:
    """What persons wrote, as one line of paper can hold it."""
    sections = [
        replace(
            section,
            lines=[printable(line, LINE_MAX) for line in section.lines],
            blocks=[_block(block) for block in section.blocks],
        )
        for section in report.sections
    ]
    return replace(report, operation=printable(report.operation), sections=sections)


def _block(block: Block) -> Block:
    return replace(block, rows=[[printable(row[0], CELL_MAX), *row[1:]] for row in block.rows])
