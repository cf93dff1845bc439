"""Reporting: the facts its decider states, of alerts."""

from __future__ import annotations

from pamwal.contracts.reporting_alerts import AlertFact

ReportingFact = AlertFact
