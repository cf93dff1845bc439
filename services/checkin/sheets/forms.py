"""A check-in list (ICS 211) and an activity log (ICS 214) as sheets to print, in Indonesian."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from pamwal.contracts.field import Method
from pamwal.contracts.field_reads import Ics211, PostLog
from pamwal.printing import words
from pamwal.printing.paper import Paper
from pamwal.printing.press import Press
from services.checkin.sheets.activities import HEARTBEAT, activity_of, name_of

METHODS: Final[dict[Method, str]] = {
    "gps": "GPS",
    "qr": "kode QR",
    "manual": "manual",
    "paper": "kertas",
    "radio": "radio",
}
REMARKS: Final = (
    ("no check-in is known", "datangnya tidak diketahui"),
    ("time in is a paper list's", "datang menurut daftar kertas"),
    ("time out is a paper list's", "pulang menurut daftar kertas"),
    ("time in corrected: the clock said", "jam datang dikoreksi; perangkat:"),
    ("time out corrected: the clock said", "jam pulang dikoreksi; perangkat:"),
    ("relieves", "menggantikan"),
    ("relieved by", "digantikan"),
)
"""How the data's remarks begin → on paper."""
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
                remarks=words.printable(_remarks(each.remarks), 13),
            )
            for number, each in enumerate(told.entries, 1)
        ],
        cut=cut,
    )


def activity_log(told: PostLog, paper: Paper, *, cut: bool) -> ActivityLog:
    """The log by when things happened; what was only repeated is no activity, and heartbeats are counted.

    `cut`: there is more than it holds.
    """
    zone = paper.zone
    lines = sorted((each for each in told.lines if each.outcome != "repeat"), key=lambda each: each.at)
    beats = [each for each in lines if name_of(each) == HEARTBEAT and each.outcome == "accepted"]
    shown = [
        ActivityLine(at=_clock(each.at, zone), activity=words.printable(activity_of(each), ACTIVITY_MAX))
        for each in lines
        if each not in beats
    ]
    if beats:
        heard = f"tanda hidup posko: {len(beats)} kali, dari pukul {_clock(beats[0].at, zone)}"
        shown.append(ActivityLine(at=_clock(beats[-1].at, zone), activity=heard))
    return ActivityLog(
        paper=paper,
        title="CATATAN KEGIATAN POSKO",
        form="ICS 214",
        post=words.printable(told.post),
        day=words.long_day(told.day),
        resources=", ".join(sorted({words.printable(each.actor) for each in lines if each.actor})),
        lines=shown,
        cut=cut,
    )


def _remarks(told: str) -> str:
    """The remarks of a stay, each in Indonesian."""
    return "; ".join(map(_remark, told.split("; "))) if told else ""


def _remark(told: str) -> str:
    for begins, said in REMARKS:
        if told.startswith(begins):
            return f"{said}{told.removeprefix(begins)}"
    return told


def _clock(instant: str | None, zone: str) -> str:
    return words.clock(instant, zone) if instant else ""
