"""What a fact speaks of: the same questions asked of every type. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from msgspec import Struct

from pamwal.contracts.field import CheckedIn, CheckedOut, IncidentWitnessed, RollCalled
from pamwal.contracts.field.incident_account import Stand
from pamwal.contracts.persons import PersonalRef
from pamwal.contracts.reporting_alerts import AlertFact, AlertRaised
from pamwal.contracts.timeline import ToldFact
from services.reporting.picture import OperationPicture
from services.reporting.picture.deployments import Deployment
from services.reporting.picture.places import RALLY, SITE

DEPLOYMENT: Final = "deployment/"
_SUBJECTS: Final = (
    "poll_id", "watch_id", "device_id", "observation", "absence_id", "loan_id", "proposal_id", "day",
    "import_id", "alert_id", "source", "child",
)  # fmt: skip
_WHATS: Final = ("kind", "state", "step", "role", "method", "reason", "unit", "stage")


class Subject(Struct, frozen=True, kw_only=True):
    """One fact and what it speaks of; None is what it does not speak of."""

    fact: Any
    type: str
    officers: tuple[str, ...]
    """One for most; everybody a roll call or a poll names."""
    place: str | None
    incident_id: str | None
    deployment: Deployment | None
    severity: str | None
    alert: AlertRaised | None
    """What the alert it speaks of said when it was raised."""
    refs: tuple[PersonalRef, ...]
    """Where words about persons are kept."""


def subject_of(picture: OperationPicture, fact: Any) -> Subject:
    """What the fact speaks of; steps of a deployment, an incident or an alert by what those are now."""
    alert = _alert(picture, fact)
    deployment_id = getattr(fact, "deployment_id", None) or _of_alert(alert)
    incident_id = getattr(fact, "incident_id", None)
    deployment = None if deployment_id is None else picture.plan.deployments.get(deployment_id)
    stand = None if incident_id is None else _stand(picture, incident_id)
    refs = (getattr(fact, name, None) for name in ("text_ref", "cause_ref"))
    return Subject(
        fact=fact,
        type=fact.__struct_config__.tag,
        officers=tuple(_officers(fact if alert is None else alert, deployment)),
        place=_place(fact if alert is None else alert, deployment, stand),
        incident_id=incident_id,
        deployment=deployment,
        severity=getattr(fact, "severity", None) or (stand.severity if stand is not None else None),
        alert=alert,
        refs=tuple(each for each in refs if each is not None),
    )


def told(picture: OperationPicture, subject: Subject, post: str) -> ToldFact:
    """The fact as a page shows it; of lists of officers only how many they name."""
    fact = subject.fact
    return ToldFact(
        id=fact.id,
        type=subject.type,
        officer_id=subject.officers[0] if len(subject.officers) == 1 else None,
        place=subject.place,
        incident_id=subject.incident_id,
        deployment_id=getattr(fact, "deployment_id", None),
        subject=_first(fact, _SUBJECTS),
        about=None if subject.alert is None else subject.alert.subject,
        severity=subject.severity,
        what=_first(fact, _WHATS),
        count=len(fact.present) if isinstance(fact, RollCalled) else getattr(fact, "count", None),
        taken_back=picture.voided(
            post, fact.id, fact.officer_id if isinstance(fact, CheckedIn | CheckedOut) else None
        ),
    )


def _officers(fact: Any, deployment: Deployment | None) -> Iterable[str]:
    own = getattr(fact, "officer_id", None)
    if own is not None:
        return [own]
    if isinstance(fact, RollCalled):
        return [*fact.present, *(each.officer_id for each in fact.not_present)]
    named = getattr(fact, "officers", None)
    if named:
        return list(named)
    return [] if deployment is None else [deployment.officer_id]


def _place(fact: Any, deployment: Deployment | None, stand: Stand | None) -> str | None:
    own = getattr(fact, "place", None)
    if own is not None:
        return str(own)
    for prefix, name in ((RALLY, "rally_id"), (SITE, "site_id")):
        found = getattr(fact, name, None)
        if found is not None:
            return f"{prefix}{found}"
    if deployment is not None:
        return deployment.place
    return stand.location.place if stand is not None and not isinstance(fact, IncidentWitnessed) else None


def _stand(picture: OperationPicture, incident_id: str) -> Stand | None:
    account = picture.incidents.get(incident_id)
    return None if account is None else account.stand(picture.voided, picture.voids_told)


def _alert(picture: OperationPicture, fact: Any) -> AlertRaised | None:
    if not isinstance(fact, AlertFact):
        return None
    stand = picture.alerts.known.get(fact.alert_id)
    return stand.raised if stand is not None else fact if isinstance(fact, AlertRaised) else None


def is_alert_of_intel(picture: OperationPicture, fact: Any) -> bool:
    """Whether a fact is of an alert that concerns `intel`, or might: its beginning is not known."""
    if not isinstance(fact, AlertFact):
        return False
    raised = _alert(picture, fact)
    return raised is None or raised.intel


def _of_alert(alert: AlertRaised | None) -> str | None:
    if alert is None or not alert.subject.startswith(DEPLOYMENT):
        return None
    return alert.subject.removeprefix(DEPLOYMENT)


def _first(fact: Any, names: Iterable[str]) -> str | None:
    found = (getattr(fact, name, None) for name in names)
    return next((each for each in found if isinstance(each, str)), None)
