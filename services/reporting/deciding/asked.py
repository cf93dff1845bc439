"""Numbers of the requests that sources sent to reporting itself, whatever was answered. Pure.

Its picture shows what the other contexts decided; a number that came here is no gap either.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pamwal.contracts.claims import NOT_YOURS
from pamwal.contracts.envelope import DecisionData
from pamwal.contracts.numbers import SOURCES_MAX, Numbers

AskedNumbers = dict[str, dict[str, Numbers]]
"""Post → source → its numbers; of a post that names more than `SOURCES_MAX`, those it named first."""


def number_asked(asked: AskedNumbers, decision: DecisionData[Any]) -> None:
    """Keeps the number of what was decided, unless whoever asked may not speak for that post."""
    request, reason = decision.request, decision.reason
    if request is None or request.source is None or request.sourceseq is None:
        return
    if reason is not None and reason.code == NOT_YOURS:
        return
    of_post = asked.setdefault(request.postid or "", {})
    known = of_post.get(request.source)
    if known is None:
        if len(of_post) >= SOURCES_MAX:
            return
        known = of_post[request.source] = Numbers()
    known.add(request.sourceseq)


def numbers_of(asked: Mapping[str, Mapping[str, Numbers]], post: str, source: str) -> Numbers | None:
    """What a source of a post has asked; None if nothing."""
    return asked.get(post, {}).get(source)
