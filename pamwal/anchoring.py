"""Anchors: chain heads that somebody signed, from a file or from the SitReps of the log itself.

Who can rewrite a log can rewrite its chains, and an audit finds it consistent. He cannot sign: what was
signed before holds the log to what it was then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pamwal.contracts.anchors import FORMAT, Anchor, AnchorKept, Head
from pamwal.contracts.canonical import canonical
from pamwal.contracts.codec import Fact, decode_decision
from pamwal.contracts.errors import ContractError, SettingsError
from pamwal.contracts.sitreps import SitRep, SitRepPublished, SitRepSigned
from pamwal.contracts.sitreps_shown import Signature
from pamwal.contracts.topics import REPORTING_DECISIONS
from pamwal.edge.issuer import Issuer
from pamwal.edge.seals import ANCHOR, SITREP, check_seal
from pamwal.wire.audit import AuditReport
from pamwal.wire.audit_anchors import Anchored
from pamwal.wire.log import Log, Record, TopicPartition
from pamwal.wire.replay import replay, whole

Anchors = dict[str, list[Anchored]]
"""`<decisions topic>-<partition>` → what was signed of it."""
Keys = Mapping[str, Ed25519PublicKey]
_kept: Final = msgspec.json.Decoder(AnchorKept)


def anchor_of(report: AuditReport, now: str, issuer: Issuer) -> AnchorKept:
    """Where the chains stood at the end of an audit, signed. SettingsError if that audit found anything."""
    if report.findings:
        raise SettingsError("an anchor says that all was well: the audit found something, so there is none")
    heads = {one.place: Head(offset=one.end, head=one.head) for one in report.partitions if one.decisions}
    anchor = Anchor(format=FORMAT, cluster_id=report.cluster_id, made_at=now, heads=heads)
    document = canonical(anchor)
    signature = Signature(kid=issuer.kid, jws=issuer.seal(document, ANCHOR))
    return AnchorKept(document=document.decode(), signatures=[signature])


def anchors_of(kept: bytes, named: str, keys: Keys) -> Anchors:
    """What a file holds: one that `anchor_of` made, or a SitRep with its signatures as it is shown.

    SettingsError if it is neither, or nobody whose key is given signed it.
    """
    try:
        found = _kept.decode(kept)
        document = msgspec.json.decode(found.document)
        is_anchor = isinstance(document, dict) and document.get("format") == FORMAT
        if is_anchor:
            heads = msgspec.convert(document, Anchor).heads
        else:
            heads = _heads_of(msgspec.convert(document, SitRep))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{named} is no anchor and no SitRep with its signatures: {error}") from error
    if not _is_signed(found.document, found.signatures, ANCHOR if is_anchor else SITREP, keys):
        raise SettingsError(f"{named}: nobody whose key is given here has signed it; give --keys")
    return _named(heads, named)


async def anchors_in(log: Log, keys: Keys) -> Anchors:
    """What the signed SitReps of a log say of it. SettingsError if there is none; LogError.

    What cannot be read, or is signed by nobody whose key is given, says nothing.
    """
    seen = _SitReps()
    await replay(log, await whole(log, [REPORTING_DECISIONS.name]), seen.take, upto="committed")
    found: Anchors = {}
    for name, fact in seen.published.items():
        if _is_signed(fact.document, seen.signatures.get(name, ()), SITREP, keys):
            try:
                heads = _heads_of(msgspec.json.decode(fact.document, type=SitRep))
            except msgspec.DecodeError:
                continue
            join(found, _named(heads, f"SitRep {name[1]} of {name[0]}"))
    if not found:
        raise SettingsError(
            "no SitRep of this log is signed with a key given here: publish one, or give --keys of who signed"
        )
    return found


class _SitReps:
    """What stands in a log of them, as far as it can be read."""

    def __init__(self) -> None:
        self.published: dict[tuple[str, int], SitRepPublished] = {}
        """Operation and number → it."""
        self.signatures: dict[tuple[str, int], list[Signature]] = {}

    def take(self, _: TopicPartition, records: list[Record]) -> None:
        """The next records of one partition."""
        for record in records:
            try:
                decision = decode_decision(record.value)
            except ContractError:
                continue
            for fact in decision.data.facts:
                self._note(decision.operationid, fact)

    def _note(self, operation_id: str, fact: Fact) -> None:
        if isinstance(fact, SitRepPublished):
            self.published[operation_id, fact.number] = fact
        elif isinstance(fact, SitRepSigned):
            signature = Signature(kid=fact.kid, jws=fact.jws)
            self.signatures.setdefault((operation_id, fact.number), []).append(signature)


def join(into: Anchors, more: Anchors) -> None:
    """Adds what else was signed."""
    for place, anchors in more.items():
        into.setdefault(place, []).extend(anchors)


def _is_signed(document: str, signatures: Iterable[Signature], kind: str, keys: Keys) -> bool:
    own = dict(keys)
    return any(check_seal(document.encode(), each.jws, each.kid, own, kind) == "good" for each in signatures)


def _heads_of(sitrep: SitRep) -> dict[str, Head]:
    """Of each place both its vector and its heads name."""
    return {
        place: Head(offset=offset, head=sitrep.heads[place])
        for place, offset in sitrep.vector.items()
        if place in sitrep.heads
    }


def _named(heads: Mapping[str, Head], named: str) -> Anchors:
    return {place: [Anchored(each.offset, each.head, named)] for place, each in heads.items()}
