"""Which moment a reader looks at: `at` (T) and `known` (K) of a query, and the picture they mean."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, NamedTuple

from fastapi import Query

from pamwal.contracts.claims import Mode
from pamwal.contracts.errors import ContractError, HttpProblem
from pamwal.contracts.instants import to_ms
from pamwal.contracts.knowledge import Knowledge
from pamwal.contracts.topics import BY_NAME
from pamwal.edge.moments import IS_MOMENT, instant, past_instant
from pamwal.wire.log import Receipt
from services.reporting.live import LivePicture
from services.reporting.picture import OperationPicture
from services.reporting.picture.history import DECISIONS, Cut
from services.reporting.views.posts import posts_heard
from services.reporting.views.unnamed import learn

_PLACE: Final = r"pamwal\.(field|scheduling|reporting)\.decisions\.v1-[0-9]{1,4}-[0-9]{1,12}"
IS_KNOWN: Final[dict[str, Any]] = {
    "anyOf": [{"type": "string", **IS_MOMENT}, {"type": "string", "pattern": f"^{_PLACE}(,{_PLACE})*$"}]
}
"""Schema of a parameter that says what was known: a moment, or a vector."""
MomentAsked = Annotated[
    str | None,
    Query(
        max_length=40,
        description="RFC 3339 moment to look at; default: that of `known`, else now. May lie ahead",
        json_schema_extra=IS_MOMENT,
    ),
]
KnownAsked = Annotated[
    str | None,
    Query(
        max_length=4000,
        description=(
            "look with nothing but what was known then: an RFC 3339 moment, or a vector as `Pamwal-Vector` "
            "writes it; default: all that is known now"
        ),
        json_schema_extra=IS_KNOWN,
    ),
]
_MOMENT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]")
_A_VECTOR: Final = f"{DECISIONS[1]}-3-1042,{DECISIONS[0]}-3-88"


class Look(NamedTuple):
    """A picture, the moment to look at it, and what it was made from."""

    picture: OperationPicture
    at: str
    vector: dict[str, int]
    cut: Cut | None
    """None: the picture as it is now."""
    known: str
    settled: bool

    def knowledge(self) -> Knowledge:
        """What an answer says of what it knew."""
        return Knowledge(known=self.known, settled=self.settled, posts=posts_heard(self.picture, self.at))


class Meant(NamedTuple):
    """What a query means of one operation, before any picture is made."""

    operation_id: str
    mode: Mode
    at: str
    vector: dict[str, int]
    end: Cut
    """Up to where it looks."""
    cut: Cut | None
    """The same; None where all that is known now is asked for."""
    known: str
    settled: bool


def unknown_operation(operation_id: str, *, then: bool = False) -> HttpProblem:
    """404 for an operation of which tokens of the reader's mode have said nothing, or had not by then."""
    told = f"nothing is known of operation {operation_id!r}: nobody opened it or spoke of it in this mode"
    if then:
        told = f"nothing was known of {operation_id!r} then: ask for a later moment"
    return HttpProblem(404, "unknown_operation", told)


class Earlier:
    """Finds what was known when, in one replica."""

    def __init__(self, live: LivePicture) -> None:
        self._live = live

    def look(
        self, operation_id: str, mode: Mode, at: str | None, known: str | None, named: str = "known"
    ) -> Look:
        """The picture a query means; look at it at once, before the next decision is folded. HttpProblem."""
        return self.picture(self.meant(operation_id, mode, at, known, named))

    def picture(self, meant: Meant) -> Look:
        """The same of what was found out before, while nothing was folded since."""
        name, mode, at, live = meant.operation_id, meant.mode, meant.at, self._live
        is_now = meant.cut is None and at >= meant.known
        found = live.operation(name, mode) if is_now else None
        if found is None:
            found = self._as_of(name, mode, meant.end, at)
        return Look(
            picture=found,
            at=at,
            vector=meant.vector,
            cut=meant.cut,
            known=meant.known,
            settled=meant.settled,
        )

    def meant(
        self, operation_id: str, mode: Mode, at: str | None, known: str | None, named: str = "known"
    ) -> Meant:
        """What a query means; `named`: what it calls `known`.

        HttpProblem: 404 while nobody had spoken of the operation, 422 where `at` or `known` is none or
        `known` lies ahead, 503 where this replica does not know it yet.
        """
        live = self._live
        now = live.operation(operation_id, mode)
        if now is None:
            raise unknown_operation(operation_id)
        moment = None if at is None else instant("at", at)
        if known is None:
            said = live.now(now)
            return Meant(
                operation_id=operation_id,
                mode=mode,
                at=moment or said,
                vector=live.vector_of(operation_id),
                end=live.history.end(live.where.partition_of(operation_id)),
                cut=None,
                known=said,
                settled=False,
            )
        by_moment = _MOMENT.match(known) is not None
        cut = (self._by if by_moment else self._up_to)(operation_id, known, named)
        newest = live.history.known_at(operation_id, mode, cut)
        if not newest:
            raise unknown_operation(operation_id, then=True)
        said = instant(named, known) if by_moment else newest
        return Meant(
            operation_id=operation_id,
            mode=mode,
            at=moment or said,
            vector=cut.vector,
            end=cut,
            cut=cut,
            known=said,
            settled=not by_moment or live.settled(cut.partition, to_ms(said)),
        )

    def _as_of(self, operation_id: str, mode: Mode, cut: Cut, moment: str) -> OperationPicture:
        found = self._live.as_of(operation_id, mode, cut, to_ms(moment))
        if found is None:  # only where nothing was ever decided but by what names no mode
            raise unknown_operation(operation_id, then=True)
        now = self._live.operation(operation_id, mode)
        if now is not None:
            learn(found, now)
        return found

    def _by(self, operation_id: str, known: str, named: str) -> Cut:
        said = past_instant(named, known, self._live.clock_now())
        return self._live.history.at_moment(self._live.where.partition_of(operation_id), to_ms(said))

    def _up_to(self, operation_id: str, known: str, named: str) -> Cut:
        partition = self._live.where.partition_of(operation_id)
        offsets: dict[str, int] = {}
        for text in known.split(","):
            try:
                place = Receipt.parse(text.strip())
            except ContractError:
                place = None
            if place is None or place.topic not in BY_NAME:
                message = (
                    f"{named}: {text[:80]!r} is neither a moment nor a part of a vector such as {_A_VECTOR}"
                )
                raise HttpProblem(422, "malformed", message)
            if place.partition == partition and place.topic in DECISIONS:
                offsets[place.topic] = place.offset
        if not offsets:
            message = f"{named}: it names no offset of partition {partition}, where {operation_id} lives"
            raise HttpProblem(422, "malformed", message)
        self._require(partition, offsets, named)
        return self._live.history.at_offsets(partition, offsets)

    def _require(self, partition: int, offsets: dict[str, int], named: str) -> None:
        for topic, offset in offsets.items():
            folded = self._live.folded(topic, partition)
            if offset > folded:
                raise HttpProblem(
                    503,
                    "not_folded",
                    f"{named}: {topic}-{partition} is folded up to {folded} here, not to {offset}; ask again",
                    headers=(("retry-after", "1"),),
                )
