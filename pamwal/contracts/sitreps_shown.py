"""SitReps as readers are told of them: lists, single ones with signatures, and the keys to check them."""

from __future__ import annotations

from msgspec import Struct

from pamwal.contracts.scheduling import SitRepForm
from pamwal.contracts.sitreps import SitRepCited, SitRepKind


class Signature(Struct, frozen=True, kw_only=True):
    """One signature over the document."""

    kid: str
    jws: str


class SitRepLine(Struct, frozen=True, kw_only=True):
    """One SitRep in a list."""

    number: int
    kind: SitRepKind
    form: SitRepForm
    at: str
    day: str
    published_at: str
    sha256: str
    signed_by: list[str]
    """Ids of the keys; empty until the service has signed it, which takes a moment."""
    superseded: bool
    """A later one of its form and day stands."""


class SitRepList(Struct, frozen=True, kw_only=True):
    """All SitReps of an operation, the newest first."""

    operation_id: str
    sitreps: list[SitRepLine]
    zone: str
    """The operation's own, to show its times in."""


class SitRepShown(Struct, frozen=True, kw_only=True):
    """A SitRep as it stands in the log: the bytes that were signed, and the signatures."""

    number: int
    sha256: str
    document: str
    signatures: list[Signature]
    decision: str
    """Place of its decision, `<topic>-<partition>-<offset>`."""


class ChildSitReps(Struct, frozen=True, kw_only=True):
    """The latest SitRep of each child of an operation, to be cited; by the child's id."""

    operation_id: str
    children: list[SitRepCited]


class KeySet(Struct, frozen=True, kw_only=True):
    """Public keys that SitReps are signed with (RFC 7517)."""

    keys: list[dict[str, str]]
