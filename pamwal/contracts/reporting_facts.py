"""Reporting: the facts its decider states, of alerts and of SitReps."""

from __future__ import annotations

from pamwal.contracts.reporting_alerts import AlertFact
from pamwal.contracts.sitreps import SitRepFact

ReportingFact = AlertFact | SitRepFact
