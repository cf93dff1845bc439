"""Over HTTP: which address takes which request."""

from __future__ import annotations

from typing import Final

from pamwal.edge.app import request_routes

ROUTES: Final = request_routes("reporting")
