"""What all facts of scheduling carry."""

from __future__ import annotations

from msgspec import Struct


class SchedulingFactBase(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", gc=False):
    """What all facts of this context carry: a derived id and a version that is dense per subject."""

    id: str
    version: int
