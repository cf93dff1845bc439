"""What anyone can find out about a SitRep who has the log, or a copy of it, and the public keys.

Of a SitRep that cites those of children the same is asked of each it cites, whether that counts what is
cited of it, and whether it is of a child that the operation counted then.

Three questions, each with its own answer: did somebody who is trusted sign these very bytes; do the decisions
chain up to the vector, and to the heads that were signed; does this code, folding the log exactly so far,
make the same document again. One altered byte of any decision before it changes a head, and so an answer.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, NamedTuple

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import Struct
from msgspec.structs import replace

from pamwal.contracts.canonical import sha256_of
from pamwal.contracts.codec import Fact, decode_decision
from pamwal.contracts.envelope import Decision
from pamwal.contracts.errors import ContractError, Halted, HttpProblem, LogError
from pamwal.contracts.family_counts import SitRepRolledUp
from pamwal.contracts.sitrep_sums import addends, rolled_up_of
from pamwal.contracts.sitreps import SitRep, SitRepCited, SitRepPublished, SitRepSigned
from pamwal.contracts.sitreps_shown import Signature, SitRepShown
from pamwal.edge.seals import Sealed, check_seal
from pamwal.family_log import FamilyLog
from pamwal.wire.audit_stream import Stream
from pamwal.wire.core import WatchingCore
from pamwal.wire.log import Log
from pamwal.wire.remaking import Remade, remade


class SealChecked(Struct, frozen=True):
    """One signature, and whether that key made it over the document."""

    kid: str
    found: Sealed


class CitedChecked(Struct, frozen=True, kw_only=True):
    """One SitRep of a child that is cited, and why it does not hold; None: it does, and all it cites."""

    operation_id: str
    number: int
    wrong: str | None


class Verified(Struct, frozen=True, kw_only=True):
    """The three answers about one SitRep; of the last two None is good, a sentence says what is wrong."""

    operation_id: str
    number: int
    sha256: str
    decision: str
    """Where it stands, `<topic>-<partition>-<offset>`; empty if it is not in the log."""
    seals: list[SealChecked]
    chain: str | None
    refold: str | None
    cited: list[CitedChecked] = []
    """Of each child of which it cites one."""

    @property
    def signed(self) -> bool:
        """Somebody whose key is known signed it; a bad signature beside that one changes nothing."""
        return any(each.found == "good" for each in self.seals)

    @property
    def holds(self) -> bool:
        """All three, also of what it cites."""
        own = self.signed and self.chain is None and self.refold is None
        return own and all(each.wrong is None for each in self.cited)


class Found(NamedTuple):
    """What is found out about one SitRep."""

    verified: Verified
    document: bytes
    counted: frozenset[str]
    """The operations that it counts, by the documents it leads to."""


async def verify_sitrep(
    core: WatchingCore[Any, Any],
    log: Log,
    keys: Mapping[str, Ed25519PublicKey],
    operation_id: str,
    number: int,
    held: SitRepShown | None = None,
) -> Verified:
    """The answers, for the SitRep of that number; `held` is a copy of it that somebody got from elsewhere.

    HttpProblem 404 if there is none to speak of. LogError if the log cannot be read.
    """
    families = FamilyLog(log)
    return (await _verify(core, log, families, keys, operation_id, number, held, frozenset())).verified


async def _verify(
    core: WatchingCore[Any, Any],
    log: Log,
    families: FamilyLog,
    keys: Mapping[str, Ed25519PublicKey],
    operation_id: str,
    number: int,
    held: SitRepShown | None,
    within: frozenset[str],
) -> Found:
    """What is found out; `within`: operations whose SitReps lead to it, each citing the next."""

    def is_it(decision: Decision[Fact]) -> bool:
        return _published(decision, number) is not None

    try:
        found, broken = await remade(core, log, operation_id, is_it), None
    except Halted as error:
        found, broken = None, str(error)
    stored = None if found is None else _published(found.stored, number)
    document = (held.document if held is not None else stored.document if stored else "").encode()
    if not document:
        why = f": {broken}" if broken else ""
        raise HttpProblem(404, "unknown_sitrep", f"the log has no SitRep {number} of {operation_id!r}{why}")
    signatures = list(held.signatures) if held is not None else []
    if found is not None:
        signatures += [each async for each in _signatures(log, found, operation_id, number)]
    unique = {(each.kid, each.jws): each for each in signatures}.values()
    own_keys = dict(keys)
    cited, counted = await _check_all_cited(core, log, families, keys, document, within | {operation_id})
    verified = Verified(
        operation_id=operation_id,
        number=number,
        sha256=sha256_of(document),
        decision="" if found is None else f"{found.at}-{found.offset}",
        seals=[SealChecked(each.kid, check_seal(document, each.jws, each.kid, own_keys)) for each in unique],
        chain=broken or _chain_trouble(document, found, stored),
        refold=_refold_trouble(document, found, number),
        cited=cited,
    )
    return Found(verified, document, counted | {operation_id})


async def _check_all_cited(
    core: WatchingCore[Any, Any],
    log: Log,
    families: FamilyLog,
    keys: Mapping[str, Ed25519PublicKey],
    document: bytes,
    within: frozenset[str],
) -> tuple[list[CitedChecked], frozenset[str]]:
    """Each SitRep that a document cites, and the operations that are counted in those it adds up."""
    sitrep = _read(document)
    if sitrep is None:
        return [], frozenset()
    checked = list[CitedChecked]()
    counted, added = frozenset({sitrep.operation_id}), addends(sitrep).added
    for each in sitrep.children or ():
        if each.number is None:
            continue
        found, below = await _check_cited(core, log, families, keys, each, within)
        if found.wrong is None:
            found = replace(found, wrong=await families.trouble(sitrep, each.operation_id))
        if each in added:
            if found.wrong is None and (twice := sorted(counted & below)):
                found = replace(found, wrong=f"it counts {twice[0]}, which is counted already")
            counted |= below
        checked.append(found)
    return checked, counted


async def _check_cited(
    core: WatchingCore[Any, Any],
    log: Log,
    families: FamilyLog,
    keys: Mapping[str, Ed25519PublicKey],
    cited: SitRepCited,
    within: frozenset[str],
) -> tuple[CitedChecked, frozenset[str]]:
    """What is wrong with it, and the operations that it counts."""
    child, number = cited.operation_id, cited.number or 0
    if child in within:
        again = CitedChecked(operation_id=child, number=number, wrong="it is cited by what it cites")
        return again, frozenset()
    try:
        found = await _verify(core, log, families, keys, child, number, None, within)
    except (HttpProblem, LogError) as error:
        return CitedChecked(operation_id=child, number=number, wrong=str(error)), frozenset()
    wrong = _cited_trouble(cited, found.verified, found.document)
    return CitedChecked(operation_id=child, number=number, wrong=wrong), found.counted


def _cited_trouble(cited: SitRepCited, found: Verified, document: bytes) -> str | None:
    if found.sha256 != cited.sha256:
        return f"its digest is {found.sha256}, not {cited.sha256} as is cited"
    if not found.signed:
        return "nobody whose key is given here has signed it"
    sitrep = _read(document)
    if cited.rolled_up is not None and (sitrep is None or not _counts(sitrep, cited.rolled_up)):
        return "it does not count what is cited of it"
    own = found.chain or found.refold
    below = (f"{each.operation_id} {each.number}: {each.wrong}" for each in found.cited if each.wrong)
    return own or next(below, None)


def _counts(sitrep: SitRep, cited: SitRepRolledUp) -> bool:
    """Whether a SitRep counts what is cited of it. Old citations do not list its operations."""
    counted = rolled_up_of(sitrep)
    return cited == (counted if cited.operation_ids else replace(counted, operation_ids=[]))


def _chain_trouble(document: bytes, found: Remade | None, stored: SitRepPublished | None) -> str | None:
    """Why the log is not the one this document was made from, as far as its chains say; None if it is."""
    if found is None or stored is None:
        return "it does not stand in this log"
    if found.broken is not None:
        return found.broken
    if stored.document.encode() != document or stored.sha256 != sha256_of(document):
        return "what stands in the log under this number is another document"
    sitrep = _read(document)
    if sitrep is None:
        return "the document cannot be read"
    if sitrep.vector != found.stored.data.seen:
        return "its vector is not the one its decision was made at"
    for place, head in sorted(sitrep.heads.items()):
        if found.heads.get(place) != head:
            return f"{place}: the chain ends at {found.heads.get(place)}, not at {head} as was signed"
    return None if sitrep.heads.keys() == found.heads.keys() else "it does not name the head of every topic"


def _refold_trouble(document: bytes, found: Remade | None, number: int) -> str | None:
    """Why this code does not make the same document; None if it does."""
    if found is None or found.broken is not None:
        return "there is no sound log to fold"
    if found.failed is not None:
        return f"the facts cannot be folded: {found.failed}"
    again = None if found.again is None else _published(found.again, number)
    if again is None:
        reason = found.again.data.reason if found.again is not None else None
        return f"decided again there is no such SitRep: {reason.message if reason else 'another answer'}"
    made = again.document.encode()
    if made == document:
        return None
    was, now = _read(document), _read(made)
    if was is not None and now is not None and was.picture_version != now.picture_version:
        counted = f"it was counted by {was.picture_version}, this code counts by {now.picture_version}"
        return f"{counted}: use the release it was made with"
    return f"folded again the digest is {sha256_of(made)}"


def _published(decision: Decision[Fact], number: int) -> SitRepPublished | None:
    facts = (each for each in decision.data.facts if isinstance(each, SitRepPublished))
    return next((each for each in facts if each.number == number), None)


def _read(document: bytes) -> SitRep | None:
    try:
        return msgspec.json.decode(document, type=SitRep)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


async def _signatures(log: Log, found: Remade, operation_id: str, number: int) -> AsyncIterator[Signature]:
    """What was added behind it. A signature proves itself: what stands around it is not asked."""
    stream = await Stream.open(log, found.at, "committed")
    try:
        async for record in stream:
            if record.offset <= found.offset:
                continue
            for each in _signed(record.value, operation_id):
                if each.number == number:
                    yield Signature(kid=each.kid, jws=each.jws)
    finally:
        await stream.close()


def _signed(value: bytes, operation_id: str) -> Iterator[SitRepSigned]:
    try:
        decision = decode_decision(value)
    except ContractError:
        return
    if decision.operationid == operation_id:
        yield from (each for each in decision.data.facts if isinstance(each, SitRepSigned))
