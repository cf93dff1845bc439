"""Over HTTP: which address takes which request, and which words about persons stay out of the log."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, Final

from msgspec.structs import replace

from pamwal.contracts.codec import TYPE_OF
from pamwal.contracts.envelope import IDENTIFIER
from pamwal.contracts.errors import WrongShape
from pamwal.contracts.field import (
    PERSONAL_CAUSES,
    AdvanceIncident,
    AmendIncident,
    ReportIncident,
    RevokeDevices,
)
from pamwal.contracts.persons import PersonalWords
from pamwal.edge.app import Keep, request_routes

ROUTES: Final = request_routes("checkin")
_ASSIGNEE: Final = re.compile(f"((officer|post)/)?{IDENTIFIER}")


def take_in(kinds: Collection[str], data: Any, keep: Keep) -> Any:
    """What becomes of a request's data before it is kept.

    WrongShape for a kind that is not on the list, and for words about a person where only an id may stand.
    """
    kind = data.kind if isinstance(data, ReportIncident | AmendIncident) else None
    if kind is not None and kind not in kinds:
        sentence = f"no kind is called {kind!r}; there are {', '.join(kinds)}"
        raise WrongShape(f"{TYPE_OF[type(data)]}: {sentence} - at `$.data.kind`")
    if isinstance(data, AdvanceIncident) and not _ASSIGNEE.fullmatch(data.assignee or "post/x"):
        sentence = "name the officer or post by id, officer/KPG-0001 or post/oebobo"
        raise WrongShape(f"{TYPE_OF[type(data)]}: {sentence} - at `$.data.assignee`")
    return set_apart(data, keep)


def set_apart(data: Any, keep: Keep) -> Any:
    """Free text goes to `personal`, also why something is done; a sender's own ref is dropped.

    WrongShape for a void, a reset of a source, or an erasure, that does not say why.
    """
    if isinstance(data, PERSONAL_CAUSES):
        if data.cause is None:
            raise WrongShape(f"{TYPE_OF[type(data)]}: say why - at `$.data.cause`")
        return replace(data, cause=None, cause_ref=keep(PersonalWords(text=data.cause)))
    match data:
        case RevokeDevices(text=text):
            kept = None if text is None else keep(PersonalWords(text=text))
            return replace(data, text=None, text_ref=kept)
        case _ if hasattr(data, "text_ref"):
            if data.text is None and data.text_ref is None:
                return data
            return replace(data, text=None, text_ref=None if data.text is None else keep(data.text))
        case _:
            return data
