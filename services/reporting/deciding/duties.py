"""Orders nobody acknowledged, officers who still stand where their duty is over; one alert a place. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from pamwal.contracts.instants import from_ms, to_ms
from pamwal.contracts.reporting_alerts import AlertKind, alert_id
from services.reporting.deciding.look import Ended, Found, Look
from services.reporting.deciding.places_kept import INTEL
from services.reporting.picture.alerts import AlertStand
from services.reporting.picture.deployments import Deployment
from services.reporting.picture.plan import MINUTE_MS

ACKNOWLEDGED_BEFORE_MS: Final = 60 * MINUTE_MS
"""So long before duty begins its order must be acknowledged: time to send somebody else. Ours."""
OVERSTAY_MS: Final = 60 * MINUTE_MS
"""So long after his hours an officer who was not seen going is looked for. Ours."""
_Group = dict[tuple[str, int], list[Deployment]]
"""(subject, moment of the deadline) → duties."""


def find_unacknowledged(look: Look) -> Iterable[Found]:
    """Orders that wait for an answer although their duty begins within the hour, or runs."""
    if look.plan.policy.acknowledgement == "none":
        return
    found: _Group = {}
    for group, waiting in look.duties.unanswered.items():
        due_ms = group.starts_ms - ACKNOWLEDGED_BEFORE_MS
        if not look.from_then(due_ms) or look.from_then(group.ends_ms):
            continue
        subject = f"{group.place}{INTEL}" if group.intel else group.place
        unseen: Iterator[Deployment] = (duty for duty in waiting if not look.stand(duty).attended)
        known = alert_id("order_unacknowledged", subject, from_ms(due_ms)) in look.alerts.standing
        if known and not look.whole:
            unseen = islice(unseen, 1)  # one is enough for it to go on; nobody asks which
        duties = list(unseen)
        if duties:
            found.setdefault((subject, due_ms), []).extend(duties)
    yield from _grouped("order_unacknowledged", look, found)


def find_overstays(look: Look) -> Iterable[Found]:
    """Officers who were not seen going an hour after their duty and have no other there."""
    found: _Group = {}
    for (_, ends_ms), duties in look.duties.of_hours.items():
        due_ms = ends_ms + OVERSTAY_MS
        for duty in duties if look.from_then(due_ms + 1) else ():
            if look.stand(duty).state == "at_place" and not _goes_on(look, duty):
                found.setdefault((_subject(duty), due_ms), []).append(duty)
    yield from _grouped("overstay", look, found)


def end(look: Look, stand: AlertStand) -> Ended:
    """Why the orders, or the officers, need nobody any more."""
    since_ms = to_ms(stand.raised.since)
    unacknowledged = stand.kind == "order_unacknowledged"
    duties = [
        duty
        for duty in look.duties.all
        if _subject(duty) == stand.raised.subject
        and since_ms
        == (duty.starts_ms - ACKNOWLEDGED_BEFORE_MS if unacknowledged else duty.ends_ms + OVERSTAY_MS)
    ]
    if not duties:
        return Ended(reason="expired" if look.is_past(since_ms) else "released")
    if not unacknowledged:
        return Ended(reason="gone")
    evidence = [look.order(duty) for duty in duties if duty.status == "acknowledged"]
    if all(look.now_ms >= duty.ends_ms for duty in duties):
        return Ended(reason="over")
    return Ended(reason="acknowledged", evidence=evidence) if evidence else Ended(reason="seen")


def _grouped(kind: AlertKind, look: Look, found: _Group) -> Iterable[Found]:
    for (subject, since_ms), duties in found.items():
        yield Found(
            kind=kind,
            subject=subject,
            episode=from_ms(since_ms),
            since_ms=since_ms,
            evidence=sorted({look.order(duty) for duty in duties}),
            place=duties[0].place,
            officers=sorted({duty.officer_id for duty in duties}),
            intel=duties[0].role == "intel",
            counts={"officers": len({duty.officer_id for duty in duties})},
        )


def _subject(duty: Deployment) -> str:
    return f"{duty.place}{INTEL}" if duty.role == "intel" else duty.place


def _goes_on(look: Look, duty: Deployment) -> bool:
    """He has a later duty there that has begun: that one is looked at instead."""
    return any(
        (duty.starts_ms, duty.deployment_id) < (each.starts_ms, each.deployment_id)
        and each.starts_ms <= look.now_ms
        for each in look.duties.at[duty.place]
        if each.officer_id == duty.officer_id
    )
