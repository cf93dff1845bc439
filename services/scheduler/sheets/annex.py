"""The order's annex (lampiran sprin, plotting): who is ordered where, by place."""

from __future__ import annotations

from msgspec import Struct

from pamwal.contracts.zones import local_day
from pamwal.edge.names import WordsOf
from pamwal.printing.paper import Paper
from services.scheduler.deciding.state import Deployment, Schedule
from services.scheduler.sheets import words
from services.scheduler.sheets.paper import Line, about, lines_of, on_paper, place_line
from services.scheduler.views.places import ALWAYS, Place, by_place, place_of, window_of


class AnnexPlace(Struct, frozen=True, kw_only=True):
    """One place and its officers."""

    name: str
    where: str
    hours: str
    about: str
    lines: list[Line]


class Annex(Struct, frozen=True, kw_only=True):
    """All of it. Lines are numbered through."""

    paper: Paper
    title: str
    subtitle: str
    officers: int
    places: list[AnnexPlace]


def annex_of_day(schedule: Schedule, paper: Paper, day: str, words_of: WordsOf, *, intel: bool) -> Annex:
    """Everybody on duty within a local day."""
    window = window_of(day, paper.zone)
    found = on_paper(schedule.deployments.values(), window, intel=intel)
    return _annex(schedule, paper, found, words_of, "PLOTTING PERSONEL", words.long_day(day))


def annex_of_sprin(schedule: Schedule, paper: Paper, sprin: str, words_of: WordsOf, *, intel: bool) -> Annex:
    """Everybody whose deployment cites this order, on whatever day."""
    cited = (each for each in schedule.deployments.values() if each.sprin == sprin)
    found = on_paper(cited, ALWAYS, intel=intel)
    title = "LAMPIRAN SURAT PERINTAH"
    return _annex(schedule, paper, found, words_of, title, f"Nomor: {words.printable(sprin)}")


def _annex(
    schedule: Schedule,
    paper: Paper,
    deployments: list[Deployment],
    words_of: WordsOf,
    title: str,
    subtitle: str,
) -> Annex:
    places: list[AnnexPlace] = []
    number = 1
    for place, there in _in_order(schedule, deployments):
        lines = lines_of(schedule, there, paper.zone, words_of, number)
        number += len(lines)
        places.append(_annex_place(place, paper, lines))
    return Annex(
        paper=paper,
        title=title,
        subtitle=subtitle,
        officers=len({each.officer_id for each in deployments}),
        places=places,
    )


def _in_order(schedule: Schedule, deployments: list[Deployment]) -> list[tuple[Place, list[Deployment]]]:
    """Places by start and reference; a deployment's place is always known."""
    grouped = by_place(deployments)
    places = [place for ref in grouped if (place := place_of(schedule, ref)) is not None]
    return [(place, grouped[place.ref]) for place in sorted(places, key=lambda each: each.key)]


def _annex_place(place: Place, paper: Paper, lines: list[Line]) -> AnnexPlace:
    day = words.long_day(local_day(place.starts_at, paper.zone))
    return AnnexPlace(
        name=words.legible(place.name, place.ref),
        where=words.where(place),
        hours=f"{day}, {place_line(place, paper.zone)}",
        about=about(place),
        lines=lines,
    )
