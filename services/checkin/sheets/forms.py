"""A check-in list (ICS 211) and an activity log (ICS 214) as sheets to print, in Indonesian."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from pamwal.contracts.field import Method
from pamwal.contracts.field_reads import Ics211, Ics214
from pamwal.contracts.zones import local_day
from pamwal.printing import words
from pamwal.printing.paper import Paper
from pamwal.printing.press import Press

METHODS: Final[dict[Method, str]] = {
    "gps": "GPS",
    "qr": "kode QR",
    "manual": "manual",
    "paper": "kertas",
    "radio": "radio",
}
ACTIVITY_MAX: Final = 60
"""Characters of one word of an activity before it may be parted: it has a wide column."""


class CheckInLine(Struct, frozen=True, kw_only=True):
    """One stay; times on the local clock, empty where nobody said."""

    number: int
    name: str
    identifier: str
    unit: str
    time_in: str
    time_out: str
    method: str
    remarks: str


class CheckInList(Struct, frozen=True, kw_only=True):
    """Who was at a place on a day."""

    paper: Paper
    title: str
    form: str
    place: str
    day: str
    lines: list[CheckInLine]
    cut: bool


class ActivityLine(Struct, frozen=True, kw_only=True):
    """One activity."""

    at: str
    activity: str


class ActivityLog(Struct, frozen=True, kw_only=True):
    """What a post did on a day."""

    paper: Paper
    title: str
    form: str
    post: str
    day: str
    resources: str
    lines: list[ActivityLine]
    cut: bool


def form_press() -> Press:
    """Prints both."""
    folder = "services/checkin/sheets"
    return Press({CheckInList: f"{folder}/ics_211.typ", ActivityLog: f"{folder}/ics_214.typ"})


def check_in_list(told: Ics211, paper: Paper, *, cut: bool) -> CheckInList:
    """The list; `cut`: there is more than it holds."""
    zone = paper.zone
    return CheckInList(
        paper=paper,
        title="DAFTAR HADIR",
        form=told.form,
        place=words.printable(told.check_in_location),
        day=words.long_day(told.date),
        lines=[
            CheckInLine(
                number=number,
                name=words.legible(each.resource, each.identifier),
                identifier=words.printable(each.identifier, 9),
                unit=words.printable(each.home_unit, 13),
                time_in=_clock(each.checked_in_at, zone),
                time_out=_clock(each.checked_out_at, zone),
                method=METHODS.get(each.method, ""),  # type: ignore[call-overload]
                remarks=words.printable(each.remarks, 13),
            )
            for number, each in enumerate(told.entries, 1)
        ],
        cut=cut,
    )


def activity_log(told: Ics214, paper: Paper, *, cut: bool) -> ActivityLog:
    """The log; `cut`: there is more than it holds."""
    zone = paper.zone
    return ActivityLog(
        paper=paper,
        title="CATATAN KEGIATAN POSKO",
        form=told.form,
        post=words.printable(told.name),
        day=words.long_day(local_day(told.operational_period_from, zone)),
        resources=", ".join(words.printable(each) for each in told.resources_assigned),
        lines=[
            ActivityLine(at=_clock(each.at, zone), activity=words.printable(each.activity, ACTIVITY_MAX))
            for each in told.activities
        ],
        cut=cut,
    )


def _clock(instant: str | None, zone: str) -> str:
    return words.clock(instant, zone) if instant else ""
