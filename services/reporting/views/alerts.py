"""Alerts at a moment: counted, and listed as far as a reader may see. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from msgspec.structs import replace

from pamwal.contracts.alerts_shown import AlertRow, Alerts, AlertState, OperationAlerts
from pamwal.contracts.field import Severity
from pamwal.contracts.reporting import Sight
from pamwal.contracts.reporting_alerts import AlertKind
from pamwal.withheld import Withheld
from services.reporting.deciding.figures import current_figures
from services.reporting.deciding.look import Found
from services.reporting.picture import OperationPicture
from services.reporting.picture.alerts import AlertStand
from services.reporting.views.about import about_of
from services.reporting.views.incidents import SEVEREST_FIRST
from services.reporting.views.kept_stands import KeptStands
from services.reporting.views.unnamed import unnamed_to
from services.reporting.views.window import zone_of

SEVERITY: Final[dict[AlertKind, Severity]] = {
    "silent_post": "severe",
    "understrength": "severe",
    "uncovered": "severe",
    "overdue_incident": "severe",
    "missed_par": "severe",
    "no_show": "moderate",
    "sequence_gap": "moderate",
    "order_unacknowledged": "moderate",
    "overstay": "minor",
    "unnoticed_rally": "minor",
}
"""Kind → how severe one of it is, in the words of CAP. Ours."""
SHOWN_MAX: Final = 20
_STATES: Final = ("new", "acknowledged", "snoozed", "retracted")


def alerts_of(picture: OperationPicture, now: str, sight: Sight, kept: KeptStands | None = None) -> Alerts:
    """Those that stand at the Instant `now`, with the rows a board shows; none where nobody opened it.

    `kept`: of this picture, for who looks at it again and again.
    """
    stands = _standing(picture, sight)
    explains = _explains(stands)
    shown = [each for each in stands if _may_see(each, sight) and each.under not in explains]
    unnamed, figures = unnamed_to(sight, picture), current_figures(picture, shown, now, kept)
    rows = sorted((_row(picture, each, now, explains, unnamed, figures) for each in shown), key=_urgent)
    return replace(counted_alerts(picture, now, sight), rows=rows[:SHOWN_MAX])


def counted_alerts(picture: OperationPicture, now: str, sight: Sight) -> Alerts:
    """How many stand at the Instant `now`, without rows; those of `intel` are counted for full sight only."""
    stands = _standing(picture, sight)
    explains = _explains(stands)
    return Alerts(
        standing=len(stands),
        new=sum(_state(each, now) == "new" and each.under not in explains for each in stands),
        unconfirmed=sum(each.unconfirmed for each in stands),
        by_kind=dict(sorted(Counter(each.kind for each in stands).items())),
    )


def operation_alerts(
    picture: OperationPicture,
    now: str,
    *,
    sight: Sight,
    vector: Mapping[str, int],
    standing: bool = True,
    kinds: Collection[AlertKind] = (),
    after: str | None = None,
    limit: int,
) -> OperationAlerts:
    """The alerts that stand, or with `standing` false all there ever were; of these kinds, if any are named.

    A page begins behind the alert `after`; where that is not known, at the beginning.
    """
    counted = counted_alerts(picture, now, sight)
    stands = _newest_first(picture, sight, standing=standing, kinds=kinds)
    first = next((place for place, each in enumerate(stands, start=1) if each.alert_id == after), 0)
    page = stands[first : first + limit]
    return OperationAlerts(
        operation_id=picture.operation_id,
        mode=picture.mode,
        zone=zone_of(picture),
        at=now,
        vector=dict(vector),
        standing=counted,
        alerts=_rows(picture, page, now, sight),
        next_after=page[-1].alert_id if len(stands) > first + limit else None,
    )


def alerts_before(
    picture: OperationPicture,
    now: str,
    *,
    sight: Sight,
    standing: bool,
    kinds: Collection[AlertKind],
    before: tuple[str, str, str] | None,
    limit: int,
) -> list[AlertRow]:
    """The newest `limit` of those alerts; with `before` of those that stand before it in the order by when
    they were raised, in which operation, and id."""
    own = picture.operation_id
    found = _newest_first(picture, sight, standing=standing, kinds=kinds)
    if before is not None:
        found = [each for each in found if (each.raised.at, own, each.alert_id) < before]
    return _rows(picture, found[:limit], now, sight)


def alert_seen(picture: OperationPicture, alert_id: str, sight: Sight) -> AlertStand | None:
    """One alert; None if there is none of that id, or none that the reader may see."""
    found = None if picture.charter is None else picture.alerts.known.get(alert_id)
    return found if found is not None and _may_see(found, sight) else None


def _newest_first(
    picture: OperationPicture, sight: Sight, *, standing: bool, kinds: Collection[AlertKind]
) -> list[AlertStand]:
    """Those a reader may see, of these kinds if any are named."""
    book = picture.alerts
    found = book.standing if standing else book.known
    stands = [
        each
        for each in ([] if picture.charter is None else found.values())
        if _may_see(each, sight) and (not kinds or each.kind in kinds)
    ]
    return sorted(stands, key=lambda each: (each.raised.at, each.alert_id), reverse=True)


def _rows(picture: OperationPicture, stands: Sequence[AlertStand], now: str, sight: Sight) -> list[AlertRow]:
    explains, unnamed = _explains(_standing(picture, sight)), unnamed_to(sight, picture)
    figures = current_figures(picture, stands, now)
    return [_row(picture, each, now, explains, unnamed, figures) for each in stands]


def _standing(picture: OperationPicture, sight: Sight) -> list[AlertStand]:
    """Alerts that stand and may be counted for this sight."""
    if picture.charter is None:
        return []
    return list(picture.alerts.standing.values() if sight == "full" else picture.alerts.open_to_all)


def _may_see(stand: AlertStand, sight: Sight) -> bool:
    return sight == "full" or (sight == "guarded" and not stand.raised.intel)


def _explains(stands: Iterable[AlertStand]) -> Mapping[str | None, int]:
    """Alert that stands → how many others that stand it explains."""
    found = list(stands)
    ids = {each.alert_id for each in found}
    return Counter(each.under for each in found if each.under in ids)


def _state(stand: AlertStand, now: str) -> AlertState:
    if stand.retracted is not None:
        return "retracted"
    if stand.acknowledged is not None:
        return "acknowledged"
    return "snoozed" if stand.snoozed is not None and stand.snoozed.until > now else "new"


def _urgent(row: AlertRow) -> tuple[int, int, str, str]:
    return _STATES.index(row.state), SEVEREST_FIRST.index(row.severity), row.since, row.alert_id


def _row(
    picture: OperationPicture,
    stand: AlertStand,
    now: str,
    explains: Mapping[str | None, int],
    unnamed: Withheld,
    figures: Mapping[str, Found | None],
) -> AlertRow:
    raised, retracted = stand.raised, stand.retracted
    current = figures.get(stand.alert_id, raised)
    about, refused = about_of(picture, raised, unnamed), picture.alerts.refused.get(stand.alert_id, {})
    return AlertRow(
        alert_id=stand.alert_id,
        kind=stand.kind,
        severity=SEVERITY[stand.kind],
        state=_state(stand, now),
        subject=about.subject,
        about=about.words,
        refused_by={sink: refused[sink][1] for sink in sorted(refused)},
        episode=raised.episode,
        since=raised.since,
        raised_at=raised.at,
        version=stand.version,
        times=stand.times,
        unconfirmed=stand.unconfirmed,
        under=stand.under,
        explains=explains.get(stand.alert_id, 0),
        place=raised.place,
        posts=raised.posts,
        officers=[] if current is None else current.officers,
        counts={} if current is None else current.counts,
        counts_raised=raised.counts,
        evidence=raised.evidence,
        acknowledged_by=unnamed.maybe(stand.acknowledged.author) if stand.acknowledged else None,
        acknowledged_at=stand.acknowledged.at if stand.acknowledged else None,
        snoozed_until=stand.snoozed.until if stand.snoozed else None,
        assigned_to=unnamed.maybe(stand.assigned.to) if stand.assigned else None,
        retracted_at=retracted.at if retracted else None,
        reason=retracted.reason if retracted else None,
        ended_by=retracted.evidence if retracted else [],
    )
