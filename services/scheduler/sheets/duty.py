"""The padal's duty sheet: his place, its hours, who is needed and who is ordered, how to reach them."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from pamwal.contracts.duty_reads import Lacking, RoleStrength
from pamwal.contracts.zones import local_day
from pamwal.edge.names import WordsOf
from pamwal.printing.paper import Paper
from services.scheduler.deciding.state import Deployment, Operation, Schedule
from services.scheduler.sheets import words
from services.scheduler.sheets.paper import Line, about, lines_of, on_paper, place_line
from services.scheduler.views.coverage import place_coverage
from services.scheduler.views.places import Place, Window, by_place


class StrengthLine(Struct, frozen=True, kw_only=True):
    """One role: required, ordered at one time at the most, and how many lack or are over by that.

    A site is guarded in watches: who is relieved by another is no surplus.
    """

    role: str
    required: int
    ordered: int
    difference: int


class DutyPart(Struct, frozen=True, kw_only=True):
    """One place's sheet."""

    place: str
    name: str
    where: str
    point: str
    about: str
    day: str
    hours: str
    sttp: str
    posts: str
    """Names of the posts that ordered."""
    padal: list[Line]
    strength: list[StrengthLine]
    gaps: list[str]
    """When somebody lacks, in words."""
    lines: list[Line]
    """The padal's officers, without him."""


class DutySheets(Struct, frozen=True, kw_only=True):
    """One sheet a place."""

    paper: Paper
    title: str
    parts: list[DutyPart]


def duty_sheets(
    schedule: Schedule,
    operation: Operation,
    paper: Paper,
    places: Iterable[Place],
    window: Window,
    words_of: WordsOf,
) -> DutySheets:
    """Sheets of places whose hours meet the window; `intel` is on none of them."""
    there = by_place(on_paper(schedule.deployments.values(), window, intel=False))
    parts = []
    for place in places:
        found = there.get(place.ref, [])
        coverage = place_coverage(place, found, window, intel=False)
        lines = lines_of(schedule, found, paper.zone, words_of)
        padal = sum(each.role == "field_commander" for each in found)
        parts.append(
            DutyPart(
                place=place.ref,
                name=words.legible(place.name, place.ref),
                where=words.where(place),
                point=words.point(place.point),
                about=about(place),
                day=words.long_day(local_day(coverage.starts_at, paper.zone)),
                hours=place_line(place, paper.zone),
                sttp=_sttp(place),
                posts=", ".join(
                    _post_name(operation, each) for each in sorted({each.postid for each in found})
                ),
                padal=lines[:padal],
                strength=[_strength(each, found) for each in coverage.roles],
                gaps=[_gap(each.starts_at, each.ends_at, each.lacking, paper.zone) for each in coverage.gaps],
                lines=lines[padal:],
            )
        )
    return DutySheets(paper=paper, title="LEMBAR TUGAS PADAL", parts=parts)


def _strength(role: RoleStrength, found: list[Deployment]) -> StrengthLine:
    there = [each for each in found if each.role == role.role]
    begins = {each.starts_at for each in there}
    at_once = (sum(each.starts_at <= moment < each.ends_at for each in there) for moment in begins)
    ordered = max(at_once, default=0)
    return StrengthLine(
        role=words.ROLES[role.role],
        required=role.required,
        ordered=ordered,
        difference=ordered - role.required,
    )


def _sttp(place: Place) -> str:
    if place.sttp:
        return words.printable(place.sttp)
    return "BELUM ADA STTP" if place.unnoticed else "–"


def _post_name(operation: Operation, postid: str) -> str:
    post = operation.posts.get(postid)
    return words.legible(post.name if post else postid, postid)


def _gap(starts_at: str, ends_at: str, lacking: Lacking, zone: str) -> str:
    short = ", ".join(f"{words.ROLES[role]} {count}" for role, count in lacking.items())
    return f"{words.hours(starts_at, ends_at, zone)}: {f'kurang {short}' if short else 'tidak ada personel'}"
