"""Over HTTP: which address takes which request, and which words about persons stay out of the log."""

from __future__ import annotations

from typing import Any, Final

from msgspec.structs import replace

from pamwal.contracts.scheduling import OfficerEntry, RegisterOfficers
from pamwal.edge.app import Keep, request_routes

ROUTES: Final = request_routes("scheduler")


def set_apart(data: Any, keep: Keep) -> Any:
    """Officers' names go to `personal`; a reference the sender made up does not survive."""
    if not isinstance(data, RegisterOfficers):
        return data
    return replace(data, officers=[_apart(entry, keep) for entry in data.officers])


def _apart(entry: OfficerEntry, keep: Keep) -> OfficerEntry:
    if entry.person is None and entry.person_ref is None:
        return entry
    return replace(entry, person=None, person_ref=None if entry.person is None else keep(entry.person))
