"""Words about persons go to the topic `personal`; the log gets a reference and a salted digest."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Container
from itertools import count

import msgspec

from pamwal.contracts.codec import encode
from pamwal.contracts.persons import PersonalRecord, PersonalRef, PersonalWords, comparable_nrp
from pamwal.edge.spec import SetApart
from pamwal.wire.log import Outgoing

REF_HEX = 32
_words = msgspec.json.Encoder(order="sorted")


class Personal:
    """Makes references that a retry makes again: same request and words, same reference and digest.

    `ref` = HMAC(secret, operation, request id, row, words): nobody can guess one or read it.
    `digest` = HMAC(secret, operation, words): equal words of one operation have equal digests, so that the
    pure core sees whether an entry changed without knowing what it says.
    `nrp` = HMAC(secret, operation, NRP): the core sees whether another officer of the operation has it.
    """

    def __init__(self, secret: bytes, set_apart: SetApart, erased: Container[bytes]) -> None:
        """`erased`: keys of records that are not written again; it may raise while it does not know."""
        self._secret, self._set_apart, self._erased = secret, set_apart, erased

    def split(
        self, data: object, *, operation_id: str, request_id: str, now: str
    ) -> tuple[object, list[Outgoing]]:
        """`data` without words about persons, and the records to be kept in `personal` before it is sent."""
        kept: list[Outgoing] = []
        rows = count()

        def keep(words: PersonalWords) -> PersonalRef:
            ref = self._reference(words, operation_id, request_id, next(rows))
            key = f"{operation_id}/{ref.ref}".encode()
            if key not in self._erased:
                record = PersonalRecord(operation_id=operation_id, ref=ref.ref, words=words, written_at=now)
                kept.append(Outgoing(key, encode(record)))
            return ref

        return self._set_apart(data, keep), kept

    def _reference(self, words: PersonalWords, operation_id: str, request_id: str, row: int) -> PersonalRef:
        said, nrp = _words.encode(words), comparable_nrp(words.nrp or "")
        return PersonalRef(
            ref=self._hmac("ref", operation_id, request_id, str(row), said.decode())[:REF_HEX],
            digest=self._hmac("digest", operation_id, said.decode()),
            nrp=None if nrp is None else self._hmac("nrp", operation_id, nrp),
        )

    def _hmac(self, *parts: str) -> str:
        return hmac.new(self._secret, msgspec.json.encode(parts), hashlib.sha256).hexdigest()
