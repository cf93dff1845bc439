"""An anchor: where the chains of a log stood at a moment, signed; to be kept apart from the log."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from pamwal.contracts.instants import Stamp
from pamwal.contracts.sitreps import Offset, Place, Sha256
from pamwal.contracts.sitreps_shown import Signature

FORMAT: Final = "pamwal.anchor.v1"


class Head(Struct, frozen=True, kw_only=True):
    """The chain of one decisions partition, behind all that stands before `offset`."""

    offset: Offset
    head: Sha256


class Anchor(Struct, frozen=True, kw_only=True):
    """The document that is signed, in the canonical form of RFC 8785."""

    format: Literal["pamwal.anchor.v1"]
    cluster_id: str
    made_at: Stamp
    heads: Annotated[dict[Place, Head], Meta(max_length=100_000)]


class AnchorKept(Struct, frozen=True, kw_only=True):
    """The file: the bytes that were signed, and who signed them."""

    document: str
    signatures: list[Signature]
