"""Over HTTP: which address takes which request, and which words about persons stay out of the log."""

from __future__ import annotations

from typing import Any, Final

from msgspec.structs import replace

from pamwal.contracts.codec import TYPE_OF
from pamwal.contracts.errors import WrongShape
from pamwal.contracts.field import Void
from pamwal.contracts.persons import PersonalWords
from pamwal.edge.app import Keep, request_routes

ROUTES: Final = request_routes("checkin")


def set_apart(data: Any, keep: Keep) -> Any:
    """Free text and a void's cause go to `personal`; a reference a sender made up does not survive.

    WrongShape for a void that does not say why.
    """
    match data:
        case _ if hasattr(data, "text_ref"):
            if data.text is None and data.text_ref is None:
                return data
            return replace(data, text=None, text_ref=None if data.text is None else keep(data.text))
        case Void(cause=None):
            raise WrongShape(f"{TYPE_OF[Void]}: a void says why - at `$.data.cause`")
        case Void(cause=cause):
            return replace(data, cause=None, cause_ref=keep(PersonalWords(text=cause)))
        case _:
            return data
