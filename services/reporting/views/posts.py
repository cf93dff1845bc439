"""Command posts: when they were last heard, and which of their numbers are missing. Pure."""

from __future__ import annotations

from typing import Final

from pamwal.contracts.instants import to_ms
from pamwal.contracts.reporting import PostRow, Posts, SourceRow
from services.reporting.picture import OperationPicture
from services.reporting.picture.operation import PostHeard, SourceHeard
from services.reporting.picture.plan import MINUTE_MS

GAPS_SHOWN: Final = 20


def posts_of(picture: OperationPicture, now_ms: int, *, rows: bool = True) -> Posts:
    """Completeness at a moment; without `rows` only how many were heard and how much is missing."""
    plan = picture.plan
    names = {post.post_id: post.name for post in plan.posts}
    silent_min = plan.policy.silent_post_min
    heard_from_ms = now_ms - silent_min * MINUTE_MS
    found = [
        _row(post_id, names.get(post_id), picture.posts.get(post_id), heard_from_ms)
        for post_id in [*names, *sorted(picture.posts.keys() - names.keys())]
    ]
    return Posts(
        heard=sum(row.listed and not row.silent for row in found),
        total=len(names),
        silent_post_min=silent_min,
        missing=sum(row.missing for row in found),
        rows=found if rows else [],
    )


def has_more_to_tell(heard: PostHeard) -> bool:
    """Whether by its last heartbeat reports wait there, and numbers it gave out have not come since."""
    beat = heard.heartbeat
    if beat is None or not beat.queue_length:
        return False
    known = (heard.sources.get(name) for name in beat.highest)
    return any(source is not None and source.numbers.gaps(source.said) for source in known)


def source_row(name: str, source: SourceHeard) -> SourceRow:
    """What arrived of one source's numbers, and what did not."""
    anew = source.again
    gaps = source.numbers.gaps(source.said) + [gap for gap in anew.gaps(0) if gap.first > anew.lowest]
    return SourceRow(
        source=name,
        heard=source.numbers.count,
        highest=source.numbers.highest,
        said=source.said,
        missing=sum(gap.last - gap.first + 1 for gap in gaps),
        gaps=gaps[:GAPS_SHOWN],
        reused=anew.count,
    )


def _row(post_id: str, name: str | None, heard: PostHeard | None, heard_from_ms: int) -> PostRow:
    last_heard = heard.last_heard if heard and heard.last_heard else None
    sources = [source_row(*each) for each in sorted(heard.sources.items())] if heard else []
    return PostRow(
        post_id=post_id,
        name=name or post_id,
        listed=name is not None,
        last_heard=last_heard,
        silent=last_heard is None or to_ms(last_heard) < heard_from_ms,
        queue_length=heard.heartbeat.queue_length if heard and heard.heartbeat else 0,
        missing=sum(source.missing for source in sources),
        sources=sources,
        reused=sum(source.reused for source in sources),
    )
