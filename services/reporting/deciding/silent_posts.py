"""Posts that should be heard and are not. Pure.

A post should be heard while duty is done that it would report: within `silent_post_min` of its beginning, and
of the last word before. Once it is called silent it is so until it is heard and its queue is home.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pamwal.contracts.instants import from_ms, to_ms
from pamwal.contracts.zones import local_day
from services.reporting.deciding.look import NEVER, Ended, Found, Look
from services.reporting.picture.alerts import AlertStand
from services.reporting.picture.heard import PostHeard
from services.reporting.views.window import zone_of

POST: Final = "post/"


def find(look: Look) -> Iterable[Found]:
    """The posts of the operation that are silent, in the order it lists them."""
    stood = {stand.raised.subject: stand for stand in look.standing("silent_post")}
    for post in look.plan.posts:
        stand = stood.get(f"{POST}{post.post_id}")
        if stand is not None and _ended(look, stand) is None:
            found: Found | None = _found(post.post_id, stand.raised.episode, to_ms(stand.raised.since))
        else:  # it was heard, and may have fallen silent again since
            found = _silent(look, post.post_id)
        if found is not None:
            yield found


def end(look: Look, stand: AlertStand) -> Ended:
    """Why a post is called silent no more."""
    return _ended(look, stand) or Ended(reason="unlisted")


def watch(look: Look) -> None:
    """Looks again when a post that may report somebody becomes silent: who is not seen is then unknown."""
    for post in sorted(look.duties.hours_reported):
        heard_ms = look.heard_ms(post)
        if heard_ms is not None:
            look.from_then(heard_ms + look.silent_ms + 1)


def _silent(look: Look, post: str) -> Found | None:
    heard = look.picture.posts.get(post)
    said_ms = to_ms(heard.last_heard) if heard is not None and heard.last_heard else 0
    began = [
        starts_ms
        for starts_ms, ends_ms in look.duties.hours_reported.get(post, ())
        if ends_ms > look.now_ms and look.from_then(starts_ms)
    ]
    if not began or _closed(look, post):
        return None
    since_ms = max(said_ms, min(began)) + look.silent_ms
    if not look.from_then(since_ms + 1):
        return None
    return _found(post, from_ms(said_ms) if said_ms else NEVER, since_ms)


def _found(post: str, episode: str, since_ms: int) -> Found:
    return Found(
        kind="silent_post", subject=f"{POST}{post}", episode=episode, since_ms=since_ms, posts=[post]
    )


def _ended(look: Look, stand: AlertStand) -> Ended | None:
    post = stand.raised.subject.removeprefix(POST)
    heard = look.picture.posts.get(post)
    if heard is None or (heard.last_heard or NEVER) == stand.raised.episode:
        return None
    if _closed(look, post):
        return Ended(reason="day_closed")
    return (
        None
        if heard.has_more_to_tell(look.picture.resets)
        else Ended(reason="heard", evidence=_last_words(heard))
    )


def _closed(look: Look, post: str) -> bool:
    day = local_day(look.now, zone_of(look.picture))
    return look.picture.affairs.closed(post, day, look.now_ms) is not None


def _last_words(heard: PostHeard) -> list[str]:
    """The heartbeat, if that is what was heard last."""
    beat = heard.heartbeat
    return [beat.id] if beat is not None and beat.recorded_at == heard.last_heard else []
