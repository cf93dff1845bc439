"""One page of the log: entries that fit, newest first, as far as their reader may see. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from pamwal.contracts.claims import Claims
from pamwal.contracts.envelope import Request
from pamwal.contracts.errors import AccessDenied
from pamwal.contracts.field.clocks import SKEW_MS_MAX
from pamwal.contracts.instants import from_ms, to_ms
from pamwal.contracts.timeline import Context, TimelineEntry
from pamwal.withheld import Withheld
from services.reporting.picture import OperationPicture
from services.reporting.timeline.index import Entry, Key
from services.reporting.timeline.matching import Asked, Matcher, WordsOf
from services.reporting.timeline.sight import Seen
from services.reporting.timeline.subjects import is_alert_of_intel, told

FACTS_SHOWN: Final = 50
LOOKED_AT_MAX: Final = 10_000
"""Entries that one read looks at, about 0.1 s: a search that finds little goes on with the next page."""
CONTEXTS: Final[tuple[Context, ...]] = ("scheduling", "field", "reporting")
"""Of a key, by its number."""


class Found(Struct, frozen=True, kw_only=True):
    """An entry and the facts of it that fit."""

    entry: Entry
    seen: list[Seen]


class Page(Struct, frozen=True, kw_only=True):
    """What was found, and where to go on; None at the end of the log."""

    found: list[Found]
    next_after: Key | None


def page_of(entries: Iterable[Entry], matcher: Matcher, limit: int, most: int = LOOKED_AT_MAX) -> Page:
    """The first `limit` entries that fit, or fewer once `most` were looked at."""
    found: list[Found] = []
    last: Key | None = None
    for looked_at, entry in enumerate(entries):
        if len(found) == limit or looked_at == most:
            return Page(found=found, next_after=last)
        seen = matcher.fits(entry)
        if seen:
            found.append(Found(entry=entry, seen=seen))
        last = entry.key
    return Page(found=found, next_after=None)


def counts_of(picture: OperationPicture, entries: Iterable[Entry], asked: Asked) -> dict[str, int]:
    """Fact type → how many there are of the kinds and hours asked for, by name; no alerts of `intel`."""
    within = (each for each in entries if asked.holds(each.key.at_ms))
    facts = (fact for each in within for fact in each.facts)
    counted = Counter(type(fact) for fact in facts if not is_alert_of_intel(picture, fact))
    named = {kind.__struct_config__.tag: count for kind, count in counted.items()}
    return {name: named[name] for name in sorted(named) if not asked.kinds or name in asked.kinds}


def shown(picture: OperationPicture, found: Found, words_of: WordsOf | None) -> TimelineEntry:
    """The entry as it is told without its request; `words_of` is None for who may not read words."""
    entry, asked = found.entry, found.entry.asked
    refs = [ref for each in found.seen for ref in each.subject.refs] if words_of is not None else []
    words = [words_of(ref) for ref in refs] if words_of is not None else []
    first = found.seen[0].subject.fact
    occurred, at = getattr(first, "occurred_at", None), from_ms(entry.key.at_ms)
    post = "" if asked is None else asked.postid or ""
    causes = (getattr(each.subject.fact, "cause", None) for each in found.seen)
    return TimelineEntry(
        at=at,
        said_at=occurred
        if occurred is not None and abs(to_ms(occurred) - entry.key.at_ms) > SKEW_MS_MAX
        else None,
        recorded_at=getattr(first, "recorded_at", None),
        known_at=from_ms(entry.known_ms),
        context=CONTEXTS[entry.key.context],
        offset=None if asked is None else asked.offset,
        says=_says(found.seen),
        facts_count=len(found.seen),
        facts=[told(picture, each.subject, post) for each in found.seen[:FACTS_SHOWN]],
        post_id=None if asked is None else asked.postid,
        channel=None if asked is None else asked.channel,
        source=None if asked is None else asked.source,
        cause=next((each for each in causes if isinstance(each, str)), None),
        words=[each.text for each in words if each is not None and each.text],
        erased=sum(each is None for each in words),
    )


def with_request(entry: TimelineEntry, found: Found, request: Request[Any] | None) -> TimelineEntry:
    """The entry with who asked; with why in his words, if all that it led to is told."""
    if request is None:
        return entry
    whole = len(found.seen) == len(found.entry.facts)
    cause = getattr(request.data, "cause", None) if whole and entry.cause is None else entry.cause
    return replace(
        entry,
        recorded_at=entry.recorded_at or request.recordedat,
        actor=request.actor,
        role=_role(request.claims),
        asked=request.type,
        request_id=request.id,
        cause=cause if isinstance(cause, str) else None,
    )


def told_to(unnamed: Withheld, entry: TimelineEntry) -> TimelineEntry:
    """The entry without whom its reader is not told of, as who spoke, or as whose phone it was."""
    return replace(
        entry,
        actor=unnamed.maybe(entry.actor),
        source=unnamed.maybe(entry.source),
        request_id=unnamed.maybe(entry.request_id),
        facts=[replace(fact, about=unnamed.maybe(fact.about)) for fact in entry.facts],
    )


def _says(seen: Sequence[Seen]) -> str:
    """`checked_in KPG-1 rally/a`, `deployment_ordered rally/a, 12 facts`."""
    first = seen[0]
    parts = [first.subject.type]
    if len(seen) == 1 and len(first.officers) == 1:
        parts.append(first.officers[0])
    named = (first.subject.incident_id, first.subject.place)
    parts += [each for each in named if each is not None]
    return " ".join(parts) + (f", {len(seen)} facts" if len(seen) > 1 else "")


def _role(claims: str) -> Any:
    try:
        return Claims.from_text(claims).role
    except AccessDenied:
        return None
