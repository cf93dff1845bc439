"""Which alerts have to be raised, revised and retracted at a moment. Pure.

What stands in the picture is compared with what stands in the book of alerts: so each is raised once an
episode, retracted once, and raised again only if its reason came back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from pamwal.contracts.instants import from_ms
from pamwal.contracts.reporting_alerts import (
    ALERT_KINDS,
    AlertFact,
    AlertKind,
    AlertRaised,
    AlertRetracted,
    AlertRevised,
)
from pamwal.wire.core import Judged
from services.reporting.deciding import duties, no_shows, places_kept, reported, silent_posts
from services.reporting.deciding.look import Ended, Found, Look
from services.reporting.picture.alerts import AlertStand

END: Final[dict[AlertKind, Callable[[Look, AlertStand], Ended]]] = {
    "silent_post": silent_posts.end,
    "sequence_gap": reported.end_gap,
    "no_show": no_shows.end,
    "understrength": places_kept.end,
    "uncovered": places_kept.end,
    "overstay": duties.end,
    "order_unacknowledged": duties.end,
    "unnoticed_rally": reported.end_unnoticed,
    "overdue_incident": reported.end_overdue,
    "missed_par": reported.end_missed,
}
"""Kind → why one of it does not stand any more."""


def judge_alerts(look: Look, cause_id: str) -> Judged:
    """The facts to be stated of an operation that was opened, and when to look again."""
    now, alerts, charter = look.now, look.alerts, look.picture.charter
    closed = charter is not None and charter.closed
    found = {} if closed else {each.alert_id: each for each in found_in(look)}
    facts: list[AlertFact] = []
    for stand in _in_order(alerts.standing.values()):
        if stand.alert_id not in found:
            ended = Ended(reason="operation_closed") if closed else END[stand.kind](look, stand)
            facts.append(_retracted(f"{cause_id}/{len(facts)}", now, stand, ended))
    for stand in _in_order(alerts.standing.values()):
        one = found.get(stand.alert_id)
        if one is not None and (one.unconfirmed, one.under) != (stand.unconfirmed, stand.under):
            facts.append(_revised(f"{cause_id}/{len(facts)}", now, stand, one))
    for one in sorted(found.values(), key=lambda each: (_RANK[each.kind], each.subject, each.episode)):
        if one.alert_id not in alerts.standing:
            known = alerts.known.get(one.alert_id)
            facts.append(_raised(f"{cause_id}/{len(facts)}", now, one, known.version if known else 0))
    return Judged(facts, look.again_at)


_RANK: Final = {kind: rank for rank, kind in enumerate(ALERT_KINDS)}


def found_in(look: Look) -> Iterable[Found]:
    """Everything that has to stand as an alert at the moment of the look."""
    silent = list(silent_posts.find(look))
    silent_posts.watch(look)
    yield from silent
    alert_of = {each.posts[0]: each.alert_id for each in silent}
    yield from no_shows.find(look, alert_of)
    yield from places_kept.find_understrength(look, alert_of)
    yield from places_kept.find_uncovered(look)
    for find in (
        reported.find_gaps,
        duties.find_overstays,
        duties.find_unacknowledged,
        reported.find_unnoticed,
        reported.find_overdue,
        reported.find_missed,
    ):
        yield from find(look)


def _in_order(stands: Iterable[AlertStand]) -> list[AlertStand]:
    return sorted(stands, key=lambda each: (_RANK[each.kind], each.raised.subject, each.raised.episode))


def _raised(fact_id: str, now: str, found: Found, version: int) -> AlertRaised:
    return AlertRaised(
        id=fact_id,
        version=version + 1,
        alert_id=found.alert_id,
        at=now,
        kind=found.kind,
        subject=found.subject,
        episode=found.episode,
        since=from_ms(found.since_ms),
        evidence=found.evidence,
        place=found.place,
        posts=found.posts,
        officers=found.officers,
        intel=found.intel,
        counts=found.counts,
        unconfirmed=found.unconfirmed,
        under=found.under,
    )


def _revised(fact_id: str, now: str, stand: AlertStand, found: Found) -> AlertRevised:
    return AlertRevised(
        id=fact_id,
        version=stand.version + 1,
        alert_id=stand.alert_id,
        at=now,
        unconfirmed=found.unconfirmed,
        under=found.under,
    )


def _retracted(fact_id: str, now: str, stand: AlertStand, ended: Ended) -> AlertRetracted:
    return AlertRetracted(
        id=fact_id,
        version=stand.version + 1,
        alert_id=stand.alert_id,
        at=now,
        reason=ended.reason,
        evidence=ended.evidence,
    )
