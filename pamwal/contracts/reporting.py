"""Reporting: what readers are told. Its requests and decisions (alerts, SitReps) are not part of the contracts yet."""

from __future__ import annotations
