"""Words of the field that several of its contracts use, and what all its facts carry."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from pamwal.contracts.instants import Stamp

Method = Literal["gps", "qr", "manual", "paper", "radio"]
Precision = Literal["exact", "list"]


class FieldFactBase(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", gc=False):
    """All facts of the field carry a derived id and the three clocks of the sender and the edge."""

    id: str
    occurred_at: Stamp
    recorded_at: Stamp
    sent_at: Stamp | None = None
