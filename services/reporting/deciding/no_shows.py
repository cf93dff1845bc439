"""Officers whose grace is over and whom nobody saw at the ordered place, nor anywhere. Pure.

Unconfirmed where every post that would report an officer is silent: it is grouped under such a post's alert.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pamwal.contracts.instants import from_ms
from services.reporting.deciding.look import Ended, Found, Look
from services.reporting.picture.alerts import AlertStand
from services.reporting.picture.deployments import Deployment

DEPLOYMENT: Final = "deployment/"


def find(look: Look, silent: dict[str, str]) -> Iterable[Found]:
    """The duties nobody was seen at; `silent`: post → the alert that says so."""
    breached = {hours for hours in look.duties.of_hours if look.from_then(hours[0] + look.grace_ms + 1)}
    for stand in look.sums.unseen.values() if breached else ():
        duty, state = stand.deployment, stand.state
        if (duty.starts_ms, duty.ends_ms) not in breached:
            continue
        found = Found(
            kind="no_show",
            subject=f"{DEPLOYMENT}{duty.deployment_id}",
            episode=from_ms(_breached_ms(look, duty)),
            since_ms=_breached_ms(look, duty),
            evidence=[look.order(duty)],
            place=duty.place,
            posts=list(duty.reporters),
            officers=[duty.officer_id],
            intel=duty.role == "intel",
        )
        yield found if state == "absent" else look.unconfirmed(found, [duty], silent)


def end(look: Look, stand: AlertStand) -> Ended:
    """Why nobody is missed there any more."""
    duty = look.plan.deployments.get(stand.raised.subject.removeprefix(DEPLOYMENT))
    if duty is None or not duty.counted or from_ms(_breached_ms(look, duty)) != stand.raised.episode:
        return Ended(reason="released", evidence=[] if duty is None else [look.order(duty)])
    found = look.stand(duty)
    if found.state == "excused":
        return Ended(reason="excused")
    if found.attended:
        return Ended(reason="seen", evidence=_seen_by(look, duty))
    return Ended(reason="expired" if found.state in {"absent", "unknown"} else "released")


def _breached_ms(look: Look, duty: Deployment) -> int:
    return duty.starts_ms + look.grace_ms


def _seen_by(look: Look, duty: Deployment) -> list[str]:
    """The check-in that began the stay he is seen by."""
    attendance = look.picture.attendance(duty.officer_id, look.now_ms)
    stays = attendance.of_deployment.get(duty.deployment_id, ())
    return [stays[0].reports[0].fact.id] if stays else []
