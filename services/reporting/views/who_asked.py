"""Who asked for the facts behind a number, and when that was decided. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from pamwal.contracts.explained import Explained, FactBehind
from pamwal.contracts.instants import from_ms, to_ms
from services.reporting.picture.decided import AnyData

Name = tuple[str, str]
"""A fact's id and its type: ids are unique within one post only."""


def with_askers(told: Explained, kept: Iterable[AnyData]) -> Explained:
    """The same; each fact that does not say by whom it is says so where exactly one decision made it true.

    What the plan decided happened when it was decided. `kept`: decisions with their facts.
    """
    wanted = {
        (fact.fact_id, fact.kind)
        for facts in (*(each.facts for each in told.officers), *(each.facts for each in told.subjects))
        for fact in facts
        if fact.source is None
    }
    made: dict[Name, list[AnyData]] = {}
    for data in kept if wanted else ():
        for fact in data.facts:
            name = fact.id, str(fact.__struct_config__.tag)
            if name in wanted:
                made.setdefault(name, []).append(data)
    return replace(
        told,
        officers=[replace(each, facts=_asked(each.facts, made)) for each in told.officers],
        subjects=[replace(each, facts=_asked(each.facts, made)) for each in told.subjects],
    )


def _asked(facts: Sequence[FactBehind], made: dict[Name, list[AnyData]]) -> list[FactBehind]:
    return [_by(fact, made.get((fact.fact_id, fact.kind), ())) for fact in facts]


def _by(fact: FactBehind, made: Sequence[AnyData]) -> FactBehind:
    askers = [
        (data, data.request)
        for data in made
        if data.request is not None and fact.post_id in {None, data.request.postid}
    ]
    if len(askers) != 1:
        return fact
    [(data, request)] = askers
    return replace(
        fact,
        at=fact.at or from_ms(to_ms(data.knownat)),
        post_id=request.postid,
        channel=request.channel,
        source=request.source,
    )
