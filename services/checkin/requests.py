"""Over HTTP: which address takes which request, and which words about persons stay out of the log."""

from __future__ import annotations

from typing import Any, Final

from msgspec.structs import replace

from pamwal.contracts.field import ReportIncident
from pamwal.edge.app import Keep, request_routes

ROUTES: Final = request_routes("checkin")


def set_apart(data: Any, keep: Keep) -> Any:
    """An incident's free text goes to `personal`; a reference the sender made up does not survive."""
    if not isinstance(data, ReportIncident) or (data.text is None and data.text_ref is None):
        return data
    return replace(data, text=None, text_ref=None if data.text is None else keep(data.text))
