"""Deliveries: how far alerts were told to a system outside, so that nobody else has to remember it."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from pamwal.contracts.envelope import Identifier, RequestData
from pamwal.contracts.reporting_alerts import AlertId


class Refusal(Struct, frozen=True, kw_only=True):
    """What a sink would not take of an alert: its fact of that version, and what the sink answered."""

    alert_id: AlertId
    version: Annotated[int, Meta(ge=1)]
    status: Annotated[int, Meta(ge=0, le=599, description="HTTP status; 0: it did not answer")]


Refused = Annotated[list[Refusal], Meta(max_length=1_000)]

# --- requests


class NoteDelivery(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """A sink was told all alerts of this operation decided before `upto`. Said by reporting itself."""

    sink: Identifier
    upto: Annotated[
        int, Meta(ge=1, description="offset in the operation's partition of reporting's decisions")
    ]
    refused: Refused = []
    """What it took none of, and is not told again."""


# --- facts


class DeliveryNoted(
    Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="delivery_noted"
):
    """Alerts of this operation decided at an offset below `upto` are not told to that sink again."""

    id: str
    sink: str
    upto: int
    refused: Refused = []
    """What it would not take."""
