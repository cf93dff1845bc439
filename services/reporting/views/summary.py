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
    IncidentsCounted,
    OfficersCounted,
    PostsCounted,
    RalliesCounted,
    SituationSummary,
    SituationTold,
)
from pamwal.contracts.topics import REPORTING_DECISIONS
from pamwal.contracts.zones import midnight
from pamwal.wire.core import Said
from services.reporting.picture import OperationPicture
from services.reporting.views.kept_strength import KeptStrength
from services.reporting.views.situation import situation_of
from services.reporting.views.window import zone_of

SOURCE: Final = f"/deciders/{REPORTING_DECISIONS.name}"
_COUNTED: Final = tuple(name for name in OfficersCounted.__struct_fields__ if name != "required")


def said_of(
    picture: OperationPicture,
    alerts: Iterable[AlertKind],
    now: str,
    vector: Mapping[str, int],
    kept: KeptStrength | None = None,
) -> Said | None:
    """What is told of an operation at `now`; None while nobody has opened it.

    `alerts`: kinds that stand; `kept` as `situation_of` takes it, for the sight `counts`.
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
    kept: KeptStrength | None = None,
) -> SituationSummary:
    """The counts, by what a viewer is shown: nothing in them tells of a single officer, place or role."""
    shown = situation_of(picture, now, sight="counts", name_of=lambda code: code, vector=vector, kept=kept)
    rallies, incidents, posts = shown.rallies, shown.incidents, shown.posts
    standing = dict.fromkeys(ALERT_KINDS, 0)
    for kind in alerts:
        standing[kind] += 1
    return SituationSummary(
        name=shown.name,
        mode=shown.mode,
        zone=shown.zone,
        day=shown.day,
        known_at=shown.known_at,
        vector=shown.vector,
        officers=_officers(shown.total),
        rallies=RalliesCounted(**{name: getattr(rallies, name) for name in RalliesCounted.__struct_fields__}),
        incidents=IncidentsCounted(
            open=incidents.open, by_state=incidents.by_state, by_severity=incidents.by_severity
        ),
        posts=PostsCounted(**{name: getattr(posts, name) for name in PostsCounted.__struct_fields__}),
        alerts=standing,
        closed=shown.closed,
        day_closed=shown.day_closed,
        parent=None if picture.charter is None else picture.charter.parent,
        marked=LATIHAN if shown.mode == "exercise" else None,
    )


def _officers(total: Strength) -> OfficersCounted:
    return OfficersCounted(required=total.required_total, **{name: getattr(total, name) for name in _COUNTED})


def _runs(picture: OperationPicture, now: str) -> bool:
    """Whether the clock alone may change it: it is open, and its last day is not over for a day."""
    charter = picture.charter
    if charter is None or charter.closed:
        return False
    return now < midnight(charter.ends_on, zone_of(picture), days_later=2)
