"""Over HTTP: which address takes which request, and which words about persons stay out of the log."""

from __future__ import annotations

from typing import Any, Final

from msgspec.structs import replace

from pamwal.contracts.field import ReportIncident
from pamwal.edge.app import Keep, RequestRoute

ROUTES: Final = (
    RequestRoute(
        path="/check-ins", type="pamwal.field.check_in.v1", summary="An officer is at a place, since `time`"
    ),
    RequestRoute(path="/check-outs", type="pamwal.field.check_out.v1", summary="An officer leaves a place"),
    RequestRoute(
        path="/voids",
        type="pamwal.field.void.v1",
        summary="Take back a check-in or check-out, by its fact id",
    ),
    RequestRoute(
        path="/incidents", type="pamwal.field.report_incident.v1", summary="Something happened at a place"
    ),
    RequestRoute(
        path="/incidents:advance",
        type="pamwal.field.advance_incident.v1",
        summary="One step of an incident's life; with `expected_version` it can be refused",
    ),
    RequestRoute(
        path="/heartbeats",
        type="pamwal.field.heartbeat.v1",
        summary="A post is there; the highest number of each of its sources, and its queue",
    ),
)


def set_apart(data: Any, keep: Keep) -> Any:
    """An incident's free text goes to `personal`; a reference the sender made up does not survive."""
    if not isinstance(data, ReportIncident) or (data.text is None and data.text_ref is None):
        return data
    return replace(data, text=None, text_ref=None if data.text is None else keep(data.text))
