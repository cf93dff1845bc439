"""HTTP to request: reporting takes none yet. Alerts, SitReps and their requests come with its decider."""

from __future__ import annotations

from typing import Final

from pamwal.edge.app import RequestRoute

ROUTES: Final[tuple[RequestRoute, ...]] = ()
