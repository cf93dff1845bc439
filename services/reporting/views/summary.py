"""The summary of an operation that other agencies read: counts only, of all that a viewer may see. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
from msgspec.structs import replace

from pamwal.contracts.codec import encode
from pamwal.contracts.reporting import Strength
from pamwal.contracts.reporting_alerts import ALERT_KINDS, AlertKind
from pamwal.contracts.situations import (
    LATIHAN,
    SITUATION_TYPE,
    OfficersCounted,
    SituationSummary,
    SituationTold,
)
from pamwal.contracts.topics import REPORTING_DECISIONS
from pamwal.contracts.zones import midnight
from pamwal.wire.core import Said
from services.reporting.picture import OperationPicture
from services.reporting.views.own_counts import KeptCounts, strength_of
from services.reporting.views.window import zone_of

SOURCE: Final = f"/deciders/{REPORTING_DECISIONS.name}"
_COUNTED: Final = tuple(name for name in OfficersCounted.__struct_fields__ if name != "required")


def said_of(
    picture: OperationPicture,
    alerts: Iterable[AlertKind],
    now: str,
    vector: Mapping[str, int],
    kept: KeptCounts | None = None,
) -> Said | None:
    """What is told of an operation at `now`; None while nobody has opened it.

    `alerts`: kinds that stand. `kept`: of this picture, for who tells again and again; it changes nothing.
    """
    if picture.charter is None:
        return None
    now = max(now, picture.latest)
    summary = summary_of(picture, alerts, now, vector, kept)
    told = SituationTold(
        specversion="1.0",
        id=f"{picture.operation_id}/{now}",
        source=SOURCE,
        type=SITUATION_TYPE,
        time=now,
        operationid=picture.operation_id,
        data=summary,
    )
    sense = msgspec.json.encode(replace(summary, known_at="", vector={}))
    return Said(encode(told), sense, runs=_runs(picture, now))


def summary_of(
    picture: OperationPicture,
    alerts: Iterable[AlertKind],
    now: str,
    vector: Mapping[str, int],
    kept: KeptCounts | None = None,
) -> SituationSummary:
    """The counts, by what a viewer is shown: nothing in them tells of a single officer, place or role."""
    own, charter = (kept or KeptCounts(picture)).at(now, vector), picture.charter
    standing = dict.fromkeys(ALERT_KINDS, 0)
    for kind in alerts:
        standing[kind] += 1
    return SituationSummary(
        name=own.name,
        mode=picture.mode,
        zone=own.zone,
        day=own.day,
        known_at=own.known_at,
        vector=own.vector,
        officers=_officers(strength_of(own.parts, [own.required])),
        rallies=own.rallies,
        incidents=own.incidents,
        posts=own.posts,
        alerts=standing,
        closed=own.closed,
        day_closed=own.day_closed,
        parent=charter.parent if charter else None,
        marked=LATIHAN if picture.mode == "exercise" else None,
    )


def _officers(total: Strength) -> OfficersCounted:
    return OfficersCounted(required=total.required_total, **{name: getattr(total, name) for name in _COUNTED})


def _runs(picture: OperationPicture, now: str) -> bool:
    """Whether the clock alone may change it: it is open, and its last day is not over for a day."""
    charter = picture.charter
    if charter is None or charter.closed:
        return False
    return now < midnight(charter.ends_on, zone_of(picture), days_later=2)
