"""Facts as columns, for analysts: one row a fact, in the order in which things happened. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, Literal, NamedTuple

import msgspec

from pamwal.contracts.instants import to_ms
from pamwal.contracts.reporting import Sight
from pamwal.withheld import Withheld
from services.reporting.picture import OperationPicture
from services.reporting.timeline.index import Entry
from services.reporting.timeline.matching import Matcher
from services.reporting.timeline.page import CONTEXTS
from services.reporting.timeline.sight import Seen
from services.reporting.timeline.subjects import told

Kind = Literal["text", "moment", "whole", "flag"]
"""`moment`: milliseconds since 1970, UTC."""
_encode: Final = msgspec.json.Encoder().encode


class Column(NamedTuple):
    """One column of the table."""

    name: str
    kind: Kind


COLUMNS: Final = (
    Column("at", "moment"),
    Column("recorded_at", "moment"),
    Column("known_at", "moment"),
    Column("context", "text"),
    Column("type", "text"),
    Column("fact_id", "text"),
    Column("request_offset", "whole"),
    Column("post_id", "text"),
    Column("channel", "text"),
    Column("source", "text"),
    Column("officer_id", "text"),
    Column("place", "text"),
    Column("venue_id", "text"),
    Column("kelurahan", "text"),
    Column("incident_id", "text"),
    Column("deployment_id", "text"),
    Column("role", "text"),
    Column("severity", "text"),
    Column("what", "text"),
    Column("subject", "text"),
    Column("count", "whole"),
    Column("starts_at", "moment"),
    Column("ends_at", "moment"),
    Column("taken_back", "flag"),
    Column("fact", "text"),
)
"""`fact` is the whole fact as JSON, for full sight only: what it lists may name anybody."""
Row = tuple[Any, ...]


def rows_of(
    picture: OperationPicture, entries: Iterable[Entry], matcher: Matcher, sight: Sight
) -> Iterator[Row]:
    """A row for each fact its reader may be told, in the order of the entries."""
    for entry in entries:
        for seen in matcher.fits(entry):
            yield _row(picture, entry, seen, sight, matcher.unnamed)


def _row(picture: OperationPicture, entry: Entry, seen: Seen, sight: Sight, unnamed: Withheld) -> Row:
    fact, asked = seen.subject.fact, entry.asked
    post = "" if asked is None else asked.postid or ""
    shown = told(picture, seen.subject, post)
    venue_id, kelurahan = _where(picture, shown.place)
    deployment = seen.subject.deployment
    officers = seen.officers if len(seen.subject.officers) == 1 else ()
    return (
        entry.key.at_ms,
        _ms(getattr(fact, "recorded_at", None)),
        entry.known_ms,
        CONTEXTS[entry.key.context],
        shown.type,
        shown.id,
        None if asked is None else asked.offset,
        post or None,
        None if asked is None else asked.channel,
        None if asked is None else unnamed.maybe(asked.source),
        officers[0] if officers else None,
        shown.place,
        venue_id,
        kelurahan,
        shown.incident_id,
        shown.deployment_id,
        getattr(fact, "role", None) or (deployment.role if deployment is not None else None),
        shown.severity,
        shown.what,
        shown.subject,
        shown.count,
        _ms(getattr(fact, "starts_at", None)),
        _ms(getattr(fact, "ends_at", None)),
        shown.taken_back,
        _encode(fact).decode() if sight == "full" else None,
    )


def _where(picture: OperationPicture, place: str | None) -> tuple[str | None, str | None]:
    """Venue and kelurahan of a place, as planned now."""
    if place is None:
        return None, None
    rally, site = picture.plan.rally_at(place), picture.plan.site_at(place)
    if rally is not None:
        return rally.venue.venue_id, rally.venue.kelurahan
    return None, site.kelurahan if site is not None else None


def _ms(instant: str | None) -> int | None:
    return to_ms(instant) if instant else None
