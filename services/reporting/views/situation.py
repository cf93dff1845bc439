"""The situation: one operation's picture at one moment, on one day, as far as its reader may see. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final

import msgspec

from pamwal.contracts.claims import Role
from pamwal.contracts.reporting import Sight, Situation
from pamwal.contracts.zones import local_day
from services.reporting.picture import OperationPicture
from services.reporting.views.alerts import alerts_of
from services.reporting.views.alike import days_alike
from services.reporting.views.incidents import incidents_of
from services.reporting.views.kept_strength import KeptStrength
from services.reporting.views.polls import polls_of
from services.reporting.views.posts import posts_of
from services.reporting.views.rallies import rallies_of
from services.reporting.views.strength import NameOf, StrengthCount
from services.reporting.views.unnamed import unnamed_to
from services.reporting.views.window import window_of, zone_of

SIGHT_OF: Final[dict[Role, Sight]] = {
    "viewer": "counts",
    "officer": "counts",
    "propam": "counts",
    "field_commander": "guarded",
    "command_post": "guarded",
    "admin": "guarded",
    "ops_head": "full",
}
"""Role → what its bearer may see, on every route and stream (domain section 5)."""
_canonical: Final = msgspec.json.Encoder(order="sorted")


def situation_of(
    picture: OperationPicture,
    now: str,
    *,
    sight: Sight,
    name_of: NameOf,
    day: str | None = None,
    vector: Mapping[str, int] | None = None,
    wide: bool = False,
    kept: KeptStrength | None = None,
) -> Situation:
    """The picture at the Instant `now`, counting the local `day` (default: that of `now`).

    `wide`: by candidate pair and by role too. `kept`: that of this picture and sight, for who looks at its
    present day again and again, without `wide`; it changes nothing that is shown.
    """
    zone = zone_of(picture)
    window = window_of(picture, now, day)
    plan, within = picture.plan, (window.first_ms, window.before_ms)
    rallies = plan.rallies_within(*within)
    rows = sight != "counts"
    if kept is None:
        count = StrengthCount(picture, sight, wide=wide)
        count.require(rallies, plan.sites_within(*within))
        count.enter_alike(days_alike(picture, window), window.now_ms)
        strengths = count.rows(name_of)
    else:
        strengths = kept.count(window, name_of)
    charter, local = picture.charter, day or local_day(now, zone)
    return Situation(
        operation_id=picture.operation_id,
        name=charter.name if charter else picture.operation_id,
        mode=picture.mode,
        zone=zone,
        day=local,
        at=now,
        known_at=picture.known_at,
        vector=dict(vector or {}),
        sight=sight,
        total=strengths.total,
        venues=strengths.venues,
        sites=strengths.sites,
        kelurahan=strengths.kelurahan,
        kecamatan=strengths.kecamatan,
        satgas=strengths.satgas,
        pairs=strengths.pairs,
        roles=strengths.roles,
        rallies=rallies_of(picture, rallies, window.now_ms, rows=rows),
        incidents=incidents_of(picture, sight),
        posts=posts_of(picture, window, local, rows=rows, unnamed=unnamed_to(sight, picture)),
        polls=polls_of(picture, window, sight),
        alerts=alerts_of(picture, now, sight, None if kept is None else kept.stands),
        opened=charter is not None,
        closed=charter is not None and charter.closed,
        day_closed=local in plan.days_closed,
    )


def digest_of(situation: Situation) -> str:
    """Hex SHA-256 over the situation as JSON with sorted keys and no spaces."""
    return hashlib.sha256(_canonical.encode(situation)).hexdigest()
