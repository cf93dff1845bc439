"""ICS 204 as a sheet to print, in Indonesian."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from pamwal.contracts.assignment_lists import Ics204, Ics204Resource
from pamwal.printing import words
from pamwal.printing.paper import Paper
from pamwal.printing.press import Press
from pamwal.vocabulary import DUTIES, usual
from services.reporting.sheets.tongues import INDONESIAN
from services.reporting.words import SITE_KINDS

ROLES: Final = usual(DUTIES)
STATES: Final = {
    "at_place": "hadir", "elsewhere": "di tempat lain", "awaited": "ditunggu", "excused": "berhalangan",
    "absent": "tidak hadir", "unknown": "belum diketahui", "relieved": "selesai", "left": "sudah pergi",
}  # fmt: skip

INSTRUCTIONS: Final = {
    "guarded no more": "tidak dijaga lagi",
    "no notice receipt (STTP) is known": "STTP belum diketahui",
    "cancelled": "dibatalkan",
}


class ResourceLine(Struct, frozen=True, kw_only=True):
    """One officer."""

    number: int
    name: str
    nrp: str
    unit: str
    role: str
    hours: str
    state: str
    contact: str


class AssignmentSheet(Struct, frozen=True, kw_only=True):
    """One place's list."""

    paper: Paper
    title: str
    form: str
    place: str
    day: str
    branch: str
    division: str
    location: str
    assignment: str
    instructions: list[str]
    posts: str
    required: str
    supervisors: list[ResourceLine]
    resources: list[ResourceLine]
    complete: bool


def form_press() -> Press:
    """Prints them."""
    return Press({AssignmentSheet: "services/reporting/forms/ics_204.typ"})


def assignment_sheet(told: Ics204, paper: Paper) -> AssignmentSheet:
    """The list as the sheet shows it."""
    required = (f"{ROLES[role]} {count}" for role, count in sorted(told.required.items()))
    return AssignmentSheet(
        paper=paper,
        title="DAFTAR PENUGASAN",
        form=told.form,
        place=words.printable(told.place),
        day=words.long_day(told.day),
        branch=words.printable(told.branch),
        division=words.printable(told.division),
        location=words.legible(told.work_location, told.place),
        assignment=words.printable(_assignment(told)),
        instructions=[words.printable(INSTRUCTIONS.get(each, each)) for each in told.special_instructions],
        posts=", ".join(words.printable(each) for each in told.posts),
        required=", ".join(required),
        supervisors=_lines(told.supervisors, told.zone, 1),
        resources=_lines(told.resources, told.zone, len(told.supervisors) + 1),
        complete=told.complete,
    )


def _assignment(told: Ics204) -> str:
    """`tatap muka, Paslon 5 walikota, 10.00–12.00`: what is secured."""
    kinds = {str(kind): word for kind, word in (*INDONESIAN.rally_kinds.items(), *SITE_KINDS.items())}
    pairs = (INDONESIAN.pair.format(*each.split("/")[::-1]) for each in told.pairs)
    hours = words.hours(told.starts_at, told.ends_at, told.zone) if told.starts_at and told.ends_at else ""
    return ", ".join(each for each in (kinds.get(told.kind, told.kind), *pairs, hours) if each)


def _lines(rows: list[Ics204Resource], zone: str, first: int) -> list[ResourceLine]:
    return [
        ResourceLine(
            number=number,
            name=words.legible(row.resource, row.identifier),
            nrp=words.printable(row.identifier, 9),
            unit=words.printable(row.home_unit, 13),
            role=ROLES[row.role],
            hours=words.hours(row.reports_at, row.until, zone),
            state=STATES[row.state],
            contact=words.printable(row.contact, 13),
        )
        for number, row in enumerate(rows, first)
    ]
