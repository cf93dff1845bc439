"""Deliveries: how far alerts were told to a system outside, so that nobody else has to remember it."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from pamwal.contracts.envelope import Identifier, RequestData

# --- requests


class NoteDelivery(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """A sink has taken all alerts of this operation decided before `upto`. Said by reporting itself."""

    sink: Identifier
    upto: Annotated[
        int, Meta(ge=1, description="offset in the operation's partition of reporting's decisions")
    ]


# --- facts


class DeliveryNoted(
    Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="delivery_noted"
):
    """Alerts of this operation decided at an offset below `upto` are not told to that sink again."""

    id: str
    sink: str
    upto: int
