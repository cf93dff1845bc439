"""Over HTTP: which address takes which request, and which words about persons stay out of the log."""

from __future__ import annotations

from typing import Any, Final

from msgspec.structs import replace

from pamwal.contracts.codec import TYPE_OF
from pamwal.contracts.errors import WrongShape
from pamwal.contracts.persons import PersonalWords
from pamwal.contracts.scheduling import PERSONAL_CAUSES, OfficerEntry, RegisterOfficers
from pamwal.edge.app import Keep, request_routes

ROUTES: Final = request_routes("scheduler")


def set_apart(data: Any, keep: Keep) -> Any:
    """Names, and why something is so of an officer, go to `personal`; a reference made up does not survive.

    WrongShape for a request that has to say why and does not.
    """
    if isinstance(data, RegisterOfficers):
        return replace(data, officers=[_apart(entry, keep) for entry in data.officers])
    if not isinstance(data, PERSONAL_CAUSES):
        return data
    if data.cause is None:
        raise WrongShape(f"{TYPE_OF[type(data)]}: say why - at `$.data.cause`")
    return replace(data, cause=None, cause_ref=keep(PersonalWords(text=data.cause)))


def _apart(entry: OfficerEntry, keep: Keep) -> OfficerEntry:
    if entry.person is None and entry.person_ref is None:
        return entry
    return replace(entry, person=None, person_ref=None if entry.person is None else keep(entry.person))
