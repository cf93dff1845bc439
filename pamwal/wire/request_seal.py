"""The seal of a request: an HMAC by which a decider knows that an edge of its own deployment wrote it. Pure.

The claims of a request say what its sender may do. The access rules of a broker keep others from writing
requests; the seal stands behind them, for where they are missing or wrong. It is a header of the record, over
the topic, the key and the SHA-256 of the value, and so over id, claims and all the rest.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Final

from pamwal.contracts.envelope import SEAL_HEADER
from pamwal.wire.log import Outgoing, Record

UNSEALED: Final = "unsealed"
"""The reason of a parked request that no edge of the deployment wrote."""
SealedSince = Mapping[str, Mapping[int, int]]
"""Requests topic → partition → the offset from which on each request has to be sealed; 0 if left out."""


class RequestSeals:
    """Makes and checks seals with the secret of a deployment."""

    def __init__(self, secret: bytes, since: SealedSince) -> None:
        """`since`: from where on seals are demanded; in a topic that it leaves out they are not."""
        self._key = hmac.new(secret, b"pamwal request seal", hashlib.sha256).digest()
        self._since = since

    def sealed(self, topic: str, record: Outgoing) -> Outgoing:
        """The record with its seal, to be written to that topic."""
        seal = (SEAL_HEADER, self._seal(topic, record.key, record.value))
        return Outgoing(record.key, record.value, (*record.headers, seal))

    def demanded_of(self, record: Record) -> bool:
        """Whether a stored request has to be sealed."""
        since = self._since.get(record.topic)
        return since is not None and record.offset >= since.get(record.partition, 0)

    def wrong_with(self, record: Record) -> str | None:
        """Why a stored request is not to be believed, in a sentence; None if it is."""
        if not self.demanded_of(record):
            return None
        found = record.header(SEAL_HEADER)
        if found is None:
            return f"there is no header {SEAL_HEADER}: no edge of this deployment wrote it"
        if hmac.compare_digest(found, self._seal(record.topic, record.key or b"", record.value)):
            return None
        return f"the header {SEAL_HEADER} does not fit: it was altered, or sealed with another secret"

    def _seal(self, topic: str, key: bytes, value: bytes) -> bytes:
        said = f"{topic}\n{hashlib.sha256(value).hexdigest()}\n".encode() + key
        return hmac.digest(self._key, said, "sha256").hex().encode()
