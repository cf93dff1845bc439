"""Reporting: the facts its decider states, of alerts, SitReps and deliveries."""

from __future__ import annotations

from pamwal.contracts.reporting_alerts import AlertFact
from pamwal.contracts.reporting_deliveries import DeliveryNoted
from pamwal.contracts.sitreps import SitRepFact

ReportingFact = AlertFact | SitRepFact | DeliveryNoted
