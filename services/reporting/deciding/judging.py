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
from services.reporting.deciding import no_shows, silent_posts
from services.reporting.deciding.look import Ended, Found, Look
from services.reporting.picture import OperationPicture
from services.reporting.picture.alerts import AlertBook, AlertStand

END: Final[dict[AlertKind, Callable[[Look, AlertStand], Ended]]] = {
    "no_show": no_shows.end,
    "silent_post": silent_posts.end,
}
"""Kind → why one of it does not stand any more."""


def judge_alerts(picture: OperationPicture, alerts: AlertBook, now: str, cause_id: str) -> Judged:
    """The facts to be stated at `now` of an operation that was opened, and when to look again."""
    look = Look(picture, alerts, now)
    closed = picture.charter is not None and picture.charter.closed
    found = {} if closed else {each.alert_id: each for each in _find(look)}
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


def _find(look: Look) -> Iterable[Found]:
    silent = list(silent_posts.find(look))
    silent_posts.watch(look)
    yield from silent
    yield from no_shows.find(look, {each.posts[0]: each.alert_id for each in silent})


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
