"""What a sink outside is told of alerts: a signed CloudEvent for each fact; nothing of `intel`, no person."""

from __future__ import annotations

import hashlib
import hmac
from typing import Final, Literal

import msgspec
from msgspec import Struct

from pamwal.contracts.codec import Fact
from pamwal.contracts.field import Severity
from pamwal.contracts.reporting_alerts import AlertKind, AlertRaised, AlertRetracted, AlertRevised, Ending
from services.reporting.views.about import About
from services.reporting.views.alerts import SEVERITY

KEY_HEADER: Final = "Idempotency-Key"
SIGNATURE_HEADER: Final = "Pamwal-Signature"
MEDIA_TYPE: Final = "application/cloudevents+json"
Word = Literal["raised", "revised", "retracted"]
_WORDS: Final[dict[type, Word]] = {
    AlertRaised: "raised",
    AlertRevised: "revised",
    AlertRetracted: "retracted",
}


class AlertTold(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An alert as it stands after one fact."""

    alert_id: str
    version: int
    kind: AlertKind
    severity: Severity
    subject: str
    about: str
    """The same in words: what the plan calls the place, and the reference beside it."""
    episode: str
    since: str
    unconfirmed: bool = False
    under: str | None = None
    place: str | None = None
    posts: list[str] = []
    counts: dict[str, int] = {}
    reason: Ending | None = None


class Message(Struct, frozen=True, kw_only=True):
    """One fact that a sink is told of, and what the alert was raised with."""

    fact: AlertRaised | AlertRevised | AlertRetracted
    raised: AlertRaised

    @property
    def at(self) -> str:
        """When it was decided."""
        return self.fact.at

    def key(self, operation_id: str) -> str:
        """The same however often it is sent."""
        return f"{operation_id}/{self.fact.id}"

    def body(self, operation_id: str, about: About) -> bytes:
        """As it is sent; `about` is what the plan calls it now."""
        return _body(operation_id, self.fact, self.raised, about)


class Teller:
    """Makes messages of one operation's facts, in the order of its decisions."""

    def __init__(self) -> None:
        self._raised: dict[str, AlertRaised] = {}

    def message(self, fact: Fact) -> Message | None:
        """The message of a fact; None for one that is not told outside."""
        if isinstance(fact, AlertRaised):
            self._raised[fact.alert_id] = fact
        elif not isinstance(fact, AlertRevised | AlertRetracted):
            return None
        raised = self._raised.get(fact.alert_id)
        if raised is None or raised.intel:
            return None
        if isinstance(fact, AlertRetracted):
            del self._raised[fact.alert_id]
        return Message(fact=fact, raised=raised)


def signature_of(secret: bytes, sent_s: int, body: bytes) -> str:
    """`t=<seconds since 1970>,v1=<hex HMAC-SHA256 over "<t>." and the body>`: a replay shows its age."""
    digest = hmac.new(secret, b"%d." % sent_s + body, hashlib.sha256).hexdigest()
    return f"t={sent_s},v1={digest}"


def _body(
    operation_id: str,
    fact: AlertRaised | AlertRevised | AlertRetracted,
    raised: AlertRaised,
    about: About,
) -> bytes:
    told = AlertTold(
        alert_id=fact.alert_id,
        version=fact.version,
        kind=raised.kind,
        severity=SEVERITY[raised.kind],
        subject=about.subject,
        about=about.words,
        episode=raised.episode,
        since=raised.since,
        unconfirmed=False if isinstance(fact, AlertRetracted) else fact.unconfirmed,
        under=None if isinstance(fact, AlertRetracted) else fact.under,
        place=raised.place,
        posts=raised.posts,
        counts=raised.counts,
        reason=fact.reason if isinstance(fact, AlertRetracted) else None,
    )
    return msgspec.json.encode(
        {
            "specversion": "1.0",
            "id": fact.id,
            "source": f"/operations/{operation_id}",
            "type": f"pamwal.alert.{_WORDS[type(fact)]}.v1",
            "time": fact.at,
            "subject": fact.alert_id,
            "datacontenttype": "application/json",
            "data": told,
        }
    )
