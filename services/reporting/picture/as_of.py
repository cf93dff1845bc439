"""A picture as of a moment T, made from nothing but what was known at K. Pure.

Plans are cut by K, and so are alerts: `deciding/alerts_then.py` judges which of them stood at T. Observations
are cut by both: told by K, and of what had happened by T. What takes an observation back is knowledge of it,
and so is when a post was heard and which device was lost or source reset: cut by K.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from pamwal.contracts.field import DeviceEnrolled, DeviceInvited, DeviceRevoked, SourceReset, Voided
from pamwal.contracts.field.clocks import happened_ms
from pamwal.contracts.instants import from_ms
from services.reporting.picture.arrivals import Arrivals, Strand
from services.reporting.picture.decided import AnyData
from services.reporting.picture.earlier import EarlierPicture
from services.reporting.picture.heard import PostHeard
from services.reporting.picture.numbers_then import NumbersThen, last_before
from services.reporting.picture.operation import OperationPicture
from services.reporting.picture.sightings import Seen
from services.reporting.picture.strands import PostStrand
from services.reporting.picture.told import ToldThen

KNOWLEDGE: Final = frozenset({Voided, DeviceInvited, DeviceEnrolled, DeviceRevoked, SourceReset})
"""Facts of the field that say something of others, whenever they themselves happened."""


class Known(NamedTuple):
    """What was known at K: a place in each strand of an operation."""

    plan: int
    field: int
    reporting: int

    def of(self, arrivals: Arrivals) -> tuple[tuple[Strand, int], ...]:
        """Each strand with its place."""
        return tuple(zip((arrivals.plan, arrivals.field, arrivals.reporting), self, strict=True))


def as_of(arrivals: Arrivals, known: Known, known_at: str, at_ms: int) -> OperationPicture:
    """The picture of `arrivals` cut at `known`, whose newest decision was made at `known_at`, as of `at_ms`.

    It shares with the picture what is the same in both, so look at it before the next decision is folded. It
    shows nothing of a moment after `at_ms`.
    """
    whole = arrivals.picture
    seen = Seen(whole.arrived, arrivals.sightings)
    told = ToldThen(whole.reports, arrivals.officers, seen, known.field)
    made = EarlierPicture(whole.operation_id, whole.mode, told, at_ms)
    made.known_at, made.crowded, made.ids = known_at, whole.crowded, whole.ids
    _plan(arrivals, known.plan, made)
    _alerts(arrivals, known.reporting, made)
    strand = arrivals.field
    for data in strand.kept[: bisect_left(strand.kept_at, known.field)]:
        happened = _happened(data, at_ms)
        if happened is not None:
            made.fold(happened)
    made.reports = told
    made.posts = _posts(arrivals, known)
    return made


def _happened(data: AnyData, at_ms: int) -> AnyData | None:
    """The decision with those of its facts that had happened or say what is known; None without any."""
    heard_by = from_ms(at_ms)  # Instants: text order is time order
    facts: list[Any] = [
        fact
        for fact in data.facts
        if type(fact) in KNOWLEDGE
        or fact.recorded_at <= heard_by  # type: ignore[union-attr]
        or happened_ms(fact)[0] <= at_ms  # type: ignore[arg-type]
    ]
    if len(facts) == len(data.facts):
        return data
    return replace(data, facts=facts) if facts else None


def _plan(arrivals: Arrivals, known: int, made: EarlierPicture) -> None:
    strand = arrivals.plan
    upto = bisect_left(strand.kept_at, known)
    now = arrivals.picture.plan_now
    made.share_plan(now if upto == len(strand.kept) else arrivals.plans.at(now, strand.kept, upto))


def _alerts(arrivals: Arrivals, known: int, made: OperationPicture) -> None:
    """Alerts as they were known; what of them stood at the moment is judged by `deciding.alerts_then`."""
    strand = arrivals.reporting
    upto = bisect_left(strand.kept_at, known)
    if upto == len(strand.kept):
        made.alerts = arrivals.picture.alerts
        return
    for data in strand.kept[:upto]:
        made.fold(data)


def _posts(arrivals: Arrivals, known: Known) -> dict[str, PostHeard]:
    whole, places = arrivals.picture.posts, {id(strand): upto for strand, upto in known.of(arrivals)}
    if all(upto >= strand.end for strand, upto in known.of(arrivals)):
        return whole
    found: dict[str, PostHeard] = {}
    for post_id, heard in whole.items():
        parts = [(part, places[id(strand)]) for strand, part in arrivals.parts_of(post_id)]
        told = heard.told.before(known.field)
        if told or any(part.first_at < upto for part, upto in parts):
            found[post_id] = _post(heard, parts, told, NumbersThen(arrivals, post_id, known.field, told))
    return found


def _post(
    whole: PostHeard, parts: list[tuple[PostStrand, int]], told: int, numbers: NumbersThen
) -> PostHeard:
    post = PostHeard()
    post.told, post.told_then = whole.told, told
    post.last_heard = whole.told.heard_by(told)
    for part, known in parts:
        post.last_heard = max(post.last_heard, last_before(part.heard_at, part.heard, known, ""))
        post.heartbeat = last_before(part.beats_at, part.beats, known, post.heartbeat)
    for name, source in whole.sources.items():
        own = [(found, known) for part, known in parts if (found := part.sources.get(name)) is not None]
        cut = numbers.of(name, source, own)
        if cut is not None:
            post.sources[name] = cut
    post.crowded = whole.crowded and len(post.sources) == len(whole.sources)
    return post
