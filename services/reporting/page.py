"""The board page: complete without JavaScript from the situation at hand; then a small script keeps it so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from msgspec import Struct

from pamwal.contracts.claim_check import ClaimsChecked
from pamwal.contracts.errors import AccessDenied
from pamwal.contracts.reporting import AreaRow, BoardState, RallyRow, SiteRow, Situation, Strength, VenueRow
from pamwal.contracts.sitreps_shown import SitRepList
from pamwal.contracts.timeline import Timeline
from pamwal.contracts.zones import OFFSET_H
from pamwal.edge.http import Reply
from pamwal.edge.sessions import OpenedLink
from pamwal.incident_kinds import kind_name
from pamwal.printing import words as printed
from services.reporting import problem_words, words
from services.reporting.fact_words import fact_words, spoken
from services.reporting.sheets.tongues import INDONESIAN
from services.reporting.views.incidents import SEVEREST_FIRST

CSP: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Nothing from elsewhere, nothing inline."""
FORM_CSP: Final = CSP.replace("form-action 'none'", "form-action 'self'")
"""The same for a page with a form."""
HEADERS: Final = {
    "content-security-policy": CSP,
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
STATIC: Final = {
    "board.css": "text/css; charset=utf-8",
    "board.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
"""File → its media type; nothing else is served."""


class Segment(Struct, frozen=True, kw_only=True):
    """One part of a row's bar, in percent of its officers."""

    kind: str
    x: float
    width: float


class VenueLine(Struct, frozen=True, kw_only=True):
    """One venue with its kelurahan's name and its rallies."""

    row: VenueRow
    kelurahan: str
    rallies: list[RallyRow]


class SiteLine(Struct, frozen=True, kw_only=True):
    """One site with its kelurahan's name."""

    row: SiteRow
    kelurahan: str


class KecamatanPart(Struct, frozen=True, kw_only=True):
    """One kecamatan and the venues and sites in it; None for places only the field named."""

    row: AreaRow | None
    venues: list[VenueLine]
    sites: list[SiteLine]


def board_page(state: BoardState) -> str:
    """The whole page of one operation."""
    situation = state.situation
    return (
        _environment()
        .get_template("board.html")
        .render(
            situation=situation,
            ledger=state.ledger,
            parts=parts_of(situation),
            offset_min=OFFSET_H.get(situation.zone, 0) * 60,
            letters=words.letters(situation.zone),
        )
    )


def choice_page(operations: Iterable[tuple[str, str, str]]) -> str:
    """Which operation? (id, name, the shard that has it; empty for those that are here) of each."""
    return _environment().get_template("choice.html").render(operations=sorted(operations))


def claims_page(
    *,
    operation_id: str,
    name: str,
    exercise: bool,
    given: Mapping[str, str],
    found: ClaimsChecked | None,
    refused: str,
) -> str:
    """The claim check as a form, and what was found or why not."""
    return (
        _environment()
        .get_template("claims.html")
        .render(
            operation_id=operation_id,
            name=name,
            exercise=exercise,
            given=given,
            found=found,
            refused=refused,
            counted_of=words.counted_of,
            reasons=words.NOT_TAKEN,
            stated=words.stated,
        )
    )


def sitreps_page(listed: SitRepList, *, name: str, exercise: bool) -> str:
    """All SitReps of an operation, each with its text and its PDF."""
    return (
        _environment()
        .get_template("sitreps.html")
        .render(
            listed=listed,
            operation_id=listed.operation_id,
            name=name,
            zone=listed.zone,
            letters=words.letters(listed.zone),
            exercise=exercise,
            forms=INDONESIAN.forms,
            kinds=INDONESIAN.kinds,
        )
    )


def timeline_page(
    page: Timeline, *, name: str, given: Mapping[str, str], kinds: Mapping[str, str], posts: str
) -> str:
    """A page of an operation's log, and what it was searched for; `kinds`: type of fact → its words.

    `posts`: how many of them are heard.
    """
    onward = {each: said for each, said in given.items() if said}
    return (
        _environment()
        .get_template("timeline.html")
        .render(
            page=page,
            operation_id=page.operation_id,
            exercise=page.exercise,
            name=name,
            given=given,
            facts=kinds,
            posts=posts,
            letters=words.letters(page.zone),
            next={"operation": page.operation_id, **onward, "after": page.next_after or ""},
        )
    )


def refusal_page(code: str = "no_token") -> str:
    """No session: why, by the stable code of the refusal, and how to get one."""
    return _environment().get_template("refusal.html").render(why=problem_words.REFUSALS.get(code, ""))


def entry_reply(entry: OpenedLink) -> Reply:
    """The page of a one-time link: its button lets in, so that the preview of a chat does not use it up."""
    page = rendered("enter.html", ticket=entry.ticket, to=entry.to)
    return page_reply(200, page, (("content-security-policy", FORM_CSP),))


def denied_reply(error: AccessDenied) -> Reply:
    """The same page for a one-time link that does not let in."""
    headers = (("www-authenticate", "Bearer"),) if error.status == 401 else ()
    return page_reply(error.status, refusal_page(error.code), headers)


def page_reply(status: int, page: str, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    """A page that stands for an error."""
    told = {**HEADERS, **dict(headers)}
    return Reply(
        status,
        page.encode(),
        b"text/html; charset=utf-8",
        tuple((name.encode(), value.encode()) for name, value in told.items()),
    )


def rendered(template: str, **given: object) -> str:
    """A page from what its template names."""
    return _environment().get_template(template).render(given)


def static_file(name: str) -> bytes | None:
    """A file the page needs, or None if there is none of that name."""
    return _static(name) if name in STATIC else None


def parts_of(situation: Situation) -> list[KecamatanPart]:
    """The table's rows: kecamatan by code, in each its venues, then its sites, by kelurahan and name."""
    kelurahan = {row.code: row.name for row in situation.kelurahan}
    rallies: dict[str, list[RallyRow]] = {}
    for rally in situation.rallies.rows:
        rallies.setdefault(rally.venue_id, []).append(rally)
    lines: dict[str | None, list[VenueLine]] = {}
    for venue in situation.venues:
        line = VenueLine(
            row=venue,
            kelurahan=kelurahan.get(venue.kelurahan or "", ""),
            rallies=rallies.get(venue.venue_id, []),
        )
        lines.setdefault(venue.kecamatan, []).append(line)
    sites: dict[str, list[SiteLine]] = {}
    for site in situation.sites:
        name = kelurahan.get(site.kelurahan, "")
        sites.setdefault(site.kecamatan, []).append(SiteLine(row=site, kelurahan=name))
    parts = [
        KecamatanPart(
            row=row,
            venues=sorted(lines.pop(row.code, []), key=lambda line: line.kelurahan),
            sites=sorted(sites.get(row.code, []), key=lambda line: line.kelurahan),
        )
        for row in situation.kecamatan
    ]
    return parts + [KecamatanPart(row=None, venues=rest, sites=[]) for rest in lines.values()]


def bar_of(strength: Strength) -> list[Segment]:
    """Each way to count as a part of all: who is ordered here, then who stands here beside that.

    `misplaced` joins who is ordered here and stands elsewhere with who stands here and is ordered elsewhere:
    in a total they are the same officers.
    """
    late = min(strength.late, strength.at_place)
    counts = {
        "in-place": strength.at_place - late,
        "late": late,
        "misplaced": max(strength.elsewhere, strength.wrong_place),
        "unplanned": strength.unplanned,
        "unregistered": strength.unregistered,
        "gone": strength.relieved + strength.left,
        "awaited": strength.awaited,
        "excused": strength.excused,
        "unknown": strength.unknown,
        "absent": strength.absent,
    }
    whole = sum(counts.values()) or 1
    segments, x = [], 0.0
    for name, count in counts.items():
        width = round(100 * count / whole, 3)
        segments.append(Segment(kind=name, x=round(x, 3), width=width))
        x += width
    return segments


@cache
def _static(name: str) -> bytes:
    return resources.files("services.reporting").joinpath("static", name).read_bytes()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("services.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    shown: dict[str, Any] = {
        "clock": words.clock,
        "dated_clock": words.dated_clock,
        "long_day": words.long_day,
        "number": words.number,
        "kind": kind_name,
        "casualties": words.casualties,
        "minutes": words.minutes,
        "bare": words.bare,
        "place": words.name_of,
        "bar": bar_of,
        "par": words.par,
        "about": words.about,
        "channel": words.channel,
        "closed": words.closed,
        "watch": words.watch,
        "fact": fact_words,
        "spoken": spoken,
        "date": words.short_date,
        "moment": printed.moment,
    }
    environment.filters.update(shown)
    environment.globals.update(
        rally_states=words.RALLY_STATES,
        site_kinds=words.SITE_KINDS,
        severities=words.SEVERITIES,
        severest_first=SEVEREST_FIRST,
        unseen=words.UNSEEN,
        incident_states=words.INCIDENT_STATES,
        alert_kinds=words.ALERT_KINDS,
        alert_states=words.ALERT_STATES,
    )
    return environment
