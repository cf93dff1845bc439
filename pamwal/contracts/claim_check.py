"""Claim check: what a bulletin states, held against what the facts count."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from pamwal.contracts.scheduling import Day


class Stated(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Totals as a bulletin states them; what it does not state is left out.

    An unknown one is refused: a claim nobody can check must not look checked.
    """

    officers: Annotated[int, Meta(ge=0)] | None = None
    rallies: Annotated[int, Meta(ge=0)] | None = None
    venues: Annotated[int, Meta(ge=0)] | None = None
    kelurahan: Annotated[int, Meta(ge=0)] | None = None
    kecamatan: Annotated[int, Meta(ge=0)] | None = None
    satgas: Annotated[int, Meta(ge=0)] | None = None
    present: Annotated[int, Meta(ge=0)] | None = None
    late: Annotated[int, Meta(ge=0)] | None = None
    absent: Annotated[int, Meta(ge=0)] | None = None
    incidents: Annotated[int, Meta(ge=0)] | None = None


class ClaimsToCheck(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The body of `claims:check`; without `day` the operation's local day of now."""

    stated: Stated
    day: Day | None = None


class Named(Struct, frozen=True, kw_only=True):
    """One thing that was counted."""

    code: str
    name: str


class ClaimChecked(Struct, frozen=True, kw_only=True):
    """One claim: `difference` = stated − counted, `flag` if it is not 0."""

    claim: str
    stated: int
    counted: int
    difference: int
    flag: bool
    behind: list[Named]
    """What was counted, as far as the reader may see it."""


class ClaimsChecked(Struct, frozen=True, kw_only=True):
    """The answer of `claims:check`."""

    operation_id: str
    day: Day
    at: str
    vector: dict[str, int]
    flags: int
    claims: list[ClaimChecked]
