"""Alerts as readers are told of them: how many stand, and each with what people made of it."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from pamwal.contracts.claims import Mode
from pamwal.contracts.field import Severity
from pamwal.contracts.knowledge import Knowledge
from pamwal.contracts.reporting_alerts import AlertKind, Ending

AlertState = Literal["new", "acknowledged", "snoozed", "retracted"]


class AlertRow(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One alert. Moments are UTC Instants."""

    alert_id: str
    kind: AlertKind
    severity: Severity
    """Of its kind, in the words of CAP."""
    state: AlertState
    subject: str
    episode: str
    since: str
    """When its deadline was breached."""
    raised_at: str
    version: int
    times: int
    """How often it was raised."""
    unconfirmed: bool = False
    """Only silence says so."""
    under: str | None = None
    """The alert of the silent post that explains it."""
    explains: int = 0
    """How many alerts that stand are grouped under it."""
    place: str | None = None
    posts: list[str] = []
    officers: list[str] = []
    counts: dict[str, int] = {}
    """What is counted at the moment that is shown; of one that was retracted, when it was raised."""
    counts_raised: dict[str, int] = {}
    """What was counted when it was raised."""
    evidence: list[str] = []
    """Ids of the facts it was raised by."""
    acknowledged_by: str | None = None
    acknowledged_at: str | None = None
    snoozed_until: str | None = None
    assigned_to: str | None = None
    retracted_at: str | None = None
    reason: Ending | None = None
    about: str | None = None
    """The same as `subject` in words: what the plan calls the place, and the reference beside it."""
    refused_by: dict[str, int] = {}
    """Webhook → the HTTP status with which it did not take this alert (0: no answer): not sent again."""
    ended_by: list[str] = []
    """Ids of the facts it was retracted by."""


class Alerts(Struct, frozen=True, kw_only=True):
    """The alerts of an operation that stand, counted; those about `intel` only for the head of operations."""

    standing: int = 0
    new: int = 0
    """Neither acknowledged nor snoozed, and not explained by another."""
    unconfirmed: int = 0
    """Those that only silence says."""
    by_kind: dict[AlertKind, int] = {}
    rows: list[AlertRow] = []
    """What may be shown, new ones first, the severest first; of those one explains, only that one."""


class OperationAlerts(Struct, frozen=True, kw_only=True):
    """The alerts of an operation, as far as the reader may see: the newest first."""

    operation_id: str
    mode: Mode
    zone: str
    at: str
    vector: dict[str, int]
    standing: Alerts
    """Counts, without rows."""
    alerts: list[AlertRow]
    next_after: str | None = None
    """The last one of this page, where there are more."""
    knowledge: Knowledge | None = None
