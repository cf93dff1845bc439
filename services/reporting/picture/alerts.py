"""Alerts as the reporting decider told of them: by version, in any order and any number of times. Pure.

The decider's own state of an operation's alerts and what a replica shows are this same fold.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from pamwal.contracts.reporting_alerts import (
    AlertAcknowledged,
    AlertAssigned,
    AlertFact,
    AlertKind,
    AlertRaised,
    AlertRetracted,
    AlertRevised,
    AlertSnoozed,
)
from pamwal.contracts.reporting_deliveries import DeliveryNoted
from services.reporting.picture.versions import in_order


class AlertStand(Struct, kw_only=True):
    """An alert as it stands after all that was told of it."""

    raised: AlertRaised
    """As it was last raised."""
    version: int
    at: str
    """When the last of it was said."""
    times: int = 1
    """How often it was raised."""
    unconfirmed: bool = False
    under: str | None = None
    retracted: AlertRetracted | None = None
    """None: it stands."""
    acknowledged: AlertAcknowledged | None = None
    snoozed: AlertSnoozed | None = None
    assigned: AlertAssigned | None = None

    @property
    def alert_id(self) -> str:
        """Its id."""
        return self.raised.alert_id

    @property
    def kind(self) -> AlertKind:
        """Its kind."""
        return self.raised.kind

    @property
    def stands(self) -> bool:
        """It was not retracted."""
        return self.retracted is None


class AlertBook:
    """All alerts of one operation."""

    __slots__ = ("_facts", "known", "refused", "standing")

    def __init__(self) -> None:
        self._facts: dict[str, dict[int, AlertFact]] = {}
        self.known: dict[str, AlertStand] = {}
        """Alert → how it stands; none of which only later facts have arrived."""
        self.standing: dict[str, AlertStand] = {}
        """Those of them that are not retracted."""
        self.refused: dict[str, dict[str, tuple[int, int]]] = {}
        """Alert → sink outside → version and HTTP status of the latest of it that this would not take."""

    def take(self, fact: AlertFact | DeliveryNoted) -> None:
        """Takes a fact up; the same again changes nothing."""
        if isinstance(fact, DeliveryNoted):
            for each in fact.refused:
                known = self.refused.setdefault(each.alert_id, {})
                known[fact.sink] = max(known.get(fact.sink, (0, 0)), (each.version, each.status))
            return
        facts = self._facts.setdefault(fact.alert_id, {})
        facts[fact.version] = fact
        stand = stand_of(facts)
        if stand is None:
            return
        self._stand(stand)

    def share(self, other: AlertBook, alert_id: str) -> None:
        """Takes an alert that is known there as it stands there; nothing more may be told of it here."""
        self._facts[alert_id] = other._facts[alert_id]
        self._stand(other.known[alert_id])

    def _stand(self, stand: AlertStand) -> None:
        self.known[stand.alert_id] = stand
        if stand.stands:
            self.standing[stand.alert_id] = stand
        else:
            self.standing.pop(stand.alert_id, None)

    @property
    def open_to_all(self) -> list[AlertStand]:
        """Those that stand and are not of `intel`: what readers of every sight may count."""
        return [each for each in self.standing.values() if not each.raised.intel]

    def facts_of(self, alert_id: str) -> list[AlertFact]:
        """All that was told of one alert, by version."""
        told = self._facts.get(alert_id, {})
        return [told[version] for version in sorted(told)]


def stand_of(facts: Mapping[int, AlertFact]) -> AlertStand | None:
    """The alert its facts tell of, in order of their versions; None while it was not told to be raised.

    Raised again it begins anew: nobody has seen it yet.
    """
    stand: AlertStand | None = None
    for fact in in_order(facts):
        if isinstance(fact, AlertRaised):
            stand = AlertStand(
                raised=fact,
                version=fact.version,
                at=fact.at,
                times=1 if stand is None else stand.times + 1,
                unconfirmed=fact.unconfirmed,
                under=fact.under,
            )
        elif stand is not None:
            stand.version, stand.at = fact.version, fact.at
            _step(stand, fact)
    return stand


def _step(stand: AlertStand, fact: AlertFact) -> None:
    match fact:
        case AlertRevised():
            stand.unconfirmed, stand.under = fact.unconfirmed, fact.under
        case AlertRetracted():
            stand.retracted = fact
        case AlertAcknowledged():
            stand.acknowledged = fact
        case AlertSnoozed():
            stand.snoozed = fact
        case AlertAssigned():
            stand.assigned = fact
        case _:
            raise AssertionError(f"{fact} is no step of an alert")
