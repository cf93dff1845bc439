"""What alerts that stand are about now: counts and officers by the rules that raise them. Pure.

The fact that raised an alert keeps what was true then. Nothing is decided when a figure changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from pamwal.contracts.reporting_alerts import AlertKind
from services.reporting.deciding import duties, places_kept, reported
from services.reporting.deciding.look import Found, Look
from services.reporting.picture import OperationPicture
from services.reporting.picture.alerts import AlertStand
from services.reporting.picture.earlier import EarlierPicture
from services.reporting.views.kept_stands import KeptStands

_FIND: Final[Mapping[AlertKind, Callable[[Look], Iterable[Found]]]] = {
    "sequence_gap": reported.find_gaps,
    "understrength": lambda look: places_kept.find_understrength(look, {}),
    "uncovered": places_kept.find_uncovered,
    "overstay": duties.find_overstays,
    "order_unacknowledged": duties.find_unacknowledged,
    "missed_par": reported.find_missed,
}
"""Kinds that are raised with counts."""


def current_figures(
    picture: OperationPicture, stands: Iterable[AlertStand], now: str, kept: KeptStands | None = None
) -> dict[str, Found | None]:
    """Alert with counts that stands → what its rule finds at the Instant `now`; None if it finds nothing.

    `kept`: of this picture, for who looks at it again and again; it changes nothing that is found.
    """
    wanted = {each.alert_id: each.kind for each in stands if each.stands and each.kind in _FIND}
    if not wanted:
        return {}
    earlier = isinstance(picture, EarlierPicture)
    kept = kept or KeptStands(picture, once=True)
    look = Look(picture, picture.alerts, {}, now, kept, earlier=earlier, whole=True)
    kinds = sorted(set(wanted.values()))
    found = {each.alert_id: each for kind in kinds for each in _FIND[kind](look)}
    return {alert_id: found.get(alert_id) for alert_id in wanted}
