"""Roll calls: a squad ticked at its place, or a unit at the apel; who is there, and why somebody is not."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from pamwal.contracts.envelope import RequestData, Text
from pamwal.contracts.field.terms import FieldFactBase, Method, Precision
from pamwal.contracts.persons import OfficerId
from pamwal.contracts.places import PlaceRef, Point

NotPresentCause = Literal["sakit", "izin", "cuti", "dinas_luar", "tanpa_keterangan"]
EXCUSING: Final[frozenset[NotPresentCause]] = frozenset({"sakit", "izin", "cuti", "dinas_luar"})
"""Who is not there for one of these is excused; without a word he is not."""
CALLED_MAX: Final = 1_000


class NotPresent(Struct, frozen=True, kw_only=True):
    """One officer who is not there, and why."""

    officer_id: OfficerId
    cause: NotPresentCause


Present = Annotated[list[OfficerId], Meta(max_length=CALLED_MAX, description="each officer once")]
Missing = Annotated[list[NotPresent], Meta(max_length=CALLED_MAX, description="nobody who is present")]

# --- requests


class CheckInSquad(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """A field commander's list, sent once: who of the squad is at the place, and who is not."""

    place: PlaceRef
    method: Method
    precision: Precision = "exact"
    """`list`: the time is a paper list's, not the officers'."""
    present: Present = []
    not_present: Missing = []
    unit: Text | None = None
    position: Point | None = None


class CallRoll(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """A unit's roll call (apel) at the post that sends it; `time` says when it was called."""

    unit: Text
    present: Present = []
    not_present: Missing = []


# --- facts


class RollCalled(FieldFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="roll_called"):
    """Who answered and who did not. It says nothing of where an officer stands afterwards."""

    postid: str
    author: str
    unit: str | None = None
    place: str | None = None
    """Of a squad's list; an apel is held at the post."""
    present: list[str] = []
    not_present: list[NotPresent] = []
