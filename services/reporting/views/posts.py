"""Command posts: when they were last heard, and which of their numbers are missing. Pure."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from pamwal.contracts.envelope import OFFICE
from pamwal.contracts.field import PostClosed
from pamwal.contracts.instants import from_ms, to_ms
from pamwal.contracts.posts_shown import PostRow, Posts, SourceRow
from pamwal.withheld import NOBODY, Withheld
from services.reporting.picture import OperationPicture
from services.reporting.picture.heard import PostHeard, Resets, SourceHeard, reset_to
from services.reporting.picture.own_affairs import Span
from services.reporting.picture.plan import MINUTE_MS
from services.reporting.views.stands import Window

GAPS_SHOWN: Final = 20


def posts_of(
    picture: OperationPicture, window: Window, day: str, *, rows: bool = True, unnamed: Withheld = NOBODY
) -> Posts:
    """Completeness at the window's moment, of its local `day`; without `rows` only the counts.

    Rows name nobody of `unnamed`, as whose device or as who holds the watch. Where no post `OFFICE` is listed
    that is none, but how the head and services speak: only what is missing of its numbers counts.
    """
    plan = picture.plan
    names = {post.post_id: post.name for post in plan.posts}
    silent_min = plan.policy.silent_post_min
    heard_from_ms = window.now_ms - silent_min * MINUTE_MS
    found = [
        _row(picture, post_id, names.get(post_id), heard_from_ms, window, day)
        for post_id in [*names, *sorted(picture.posts.keys() - names.keys())]
    ]
    return Posts(
        heard=sum(row.listed and not row.silent for row in found),
        total=len(names),
        silent_post_min=silent_min,
        missing=sum(row.missing for row in found),
        rows=[_unnamed(row, unnamed) for row in found if _is_post(row)] if rows else [],
        closed=sum(row.listed and row.closed_at is not None for row in found),
        crowded=picture.crowded,
    )


def posts_heard(picture: OperationPicture, at: str) -> str:
    """How complete a picture is at an Instant: `4 of 5 posts heard within 15 min`."""
    heard, total, within_min = posts_counted(picture, at)
    return f"{heard} of {total} posts heard within {within_min} min"


def posts_counted(picture: OperationPicture, at: str) -> tuple[int, int, int]:
    """Posts heard at an Instant, of how many, within how many minutes."""
    plan = picture.plan
    from_ms_on = to_ms(at) - plan.policy.silent_post_min * MINUTE_MS
    last = (picture.posts[each.post_id].last_heard for each in plan.posts if each.post_id in picture.posts)
    heard = sum(bool(each) and to_ms(each) >= from_ms_on for each in last)
    return heard, len(plan.posts), plan.policy.silent_post_min


def source_row(name: str, source: SourceHeard, resets: Resets) -> SourceRow:
    """What arrived of one source's numbers, and what did not."""
    anew, reset = source.again, reset_to(resets, name)
    gaps = source.lost(reset) + [gap for gap in anew.lost(0) if gap.first > max(anew.lowest, reset)]
    return SourceRow(
        source=name,
        heard=source.numbers.count,
        highest=source.numbers.highest,
        said=source.said,
        missing=sum(gap.last - gap.first + 1 for gap in gaps),
        gaps=gaps[:GAPS_SHOWN],
        reused=anew.count,
    )


def _row(
    picture: OperationPicture,
    post_id: str,
    name: str | None,
    heard_from_ms: int,
    window: Window,
    day: str,
) -> PostRow:
    heard = picture.posts.get(post_id)
    watch = picture.affairs.watch(post_id, window.now_ms)
    closed = picture.affairs.closed(post_id, day, window.now_ms)
    last_heard = heard.last_heard if heard and heard.last_heard else None
    sources = [source_row(*each, picture.resets) for each in sorted(heard.sources.items())] if heard else []
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
        closed_at=None if closed is None else from_ms(closed[0]),
        after_closing=0 if closed is None or heard is None else _after(heard, closed[1], window),
        on_watch=watch.holder,
        on_watch_since=_instant(watch.since_ms),
        handing_to=watch.to,
        handing_since=_instant(watch.asked_ms),
        crowded=heard is not None and heard.crowded,
    )


def _is_post(row: PostRow) -> bool:
    return row.listed or row.post_id != OFFICE


def _unnamed(row: PostRow, unnamed: Withheld) -> PostRow:
    if unnamed is NOBODY:
        return row
    return replace(
        row,
        sources=[replace(each, source=unnamed.text(each.source)) for each in row.sources],
        on_watch=unnamed.maybe(row.on_watch),
        handing_to=unnamed.maybe(row.handing_to),
    )


def _after(heard: PostHeard, closed: PostClosed, window: Window) -> int:
    day = Span(window.first_ms, window.before_ms)
    return heard.told.count_after(day, to_ms(closed.recorded_at), window.now_ms, heard.told_then)


def _instant(at_ms: int | None) -> str | None:
    return None if at_ms is None else from_ms(at_ms)
