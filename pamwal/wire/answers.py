"""First answers: what each sender was told for each id, kept for an operation's life in few bytes.

A Python dict of tuples costs some 400 bytes a request. Here a row is 43 bytes, about 55 with what is around
it: rows stand in many small buckets, found by a search for their name. With every dozen rows a bucket is
added and another one split in two (linear hashing, Litwin 1980), so that growing never stops the partition.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from struct import Struct as Layout
from typing import Final

import msgspec

from pamwal.contracts.claims import modes_of
from pamwal.contracts.envelope import FirstOutcome, Mode, Reason

DIGEST_BYTES: Final = 16
FACTS_MAX: Final = 65_535
"""More facts than this no decision has."""
_ROW: Final = Layout("<16s16sQHB")
"""The name, the body's digest, the request's offset, how many facts, which outcome."""
_SIZE: Final = _ROW.size
_BUCKETS_FIRST: Final = 16
"""A power of two."""
_ROWS_A_BUCKET: Final = 12
_CODES: Final[dict[FirstOutcome, int]] = {"accepted": 1, "refused": 2, "parked": 3}
_OUTCOMES: Final[dict[int, FirstOutcome]] = {code: outcome for outcome, code in _CODES.items()}
_encode: Final = msgspec.json.Encoder().encode
_decode_reason: Final = msgspec.json.Decoder(Reason).decode


def digest_kept(digest: str) -> bytes:
    """What is kept of a body's hex SHA-256."""
    return bytes.fromhex(digest[: 2 * DIGEST_BYTES])


class Answer(msgspec.Struct, frozen=True, gc=False):
    """The first answer to one request. Its fact ids are `<id>/0` to `<id>/<facts-1>`."""

    offset: int
    digest: bytes
    """The first 16 bytes of the body's SHA-256."""
    outcome: FirstOutcome
    facts: int
    reason: Reason | None


class KeptAnswers(msgspec.Struct, array_like=True):
    """First answers as a snapshot keeps them: each bucket's rows, and reasons by offset."""

    buckets: list[bytes]
    reasons: dict[int, bytes]


class FirstAnswers:
    """By (operation, post, id, mode). The first answer stays; a later one to the same name is not kept.

    A mode that is not known is either: what was decided before decisions said it answers tokens of both.
    """

    def __init__(self) -> None:
        self._buckets = [bytearray() for _ in range(_BUCKETS_FIRST)]
        self._half = _BUCKETS_FIRST
        """The largest power of two of buckets that there are; those from here on were split off."""
        self._used = 0
        self._reasons: dict[int, bytes] = {}
        self._asked: tuple[str, str, str, Mode] | None = None
        """What was looked up last: who finds nothing mostly keeps something there next."""
        self._name = b""
        self._bucket = self._buckets[0]
        self._at = -1
        """Where its row begins in its bucket, -1 if there is none."""

    def find(self, operation_id: str, post_id: str, request_id: str, mode: Mode | None) -> Answer | None:
        """The first answer, or None if nothing of this name was decided yet."""
        for each in modes_of(mode):
            self._look((operation_id, post_id, request_id, each))
            if self._at >= 0:
                return self._found()
        return None

    def _found(self) -> Answer:
        _, digest, offset, facts, outcome = _ROW.unpack_from(self._bucket, self._at)
        reason = self._reasons.get(offset)
        return Answer(
            offset, digest, _OUTCOMES[outcome], facts, None if reason is None else _decode_reason(reason)
        )

    def keep(
        self, operation_id: str, post_id: str, request_id: str, mode: Mode | None, answer: Answer
    ) -> None:
        """Remembers a first answer of at most `FACTS_MAX` facts."""
        for each in modes_of(mode):
            self._look((operation_id, post_id, request_id, each))
            if self._at < 0:
                self._keep(answer)

    def _keep(self, answer: Answer) -> None:
        bucket = self._bucket
        self._at = len(bucket)
        bucket += _ROW.pack(self._name, answer.digest, answer.offset, answer.facts, _CODES[answer.outcome])
        if answer.reason is not None:
            self._reasons[answer.offset] = _encode(answer.reason)
        self._used += 1
        if self._used > len(self._buckets) * _ROWS_A_BUCKET:
            self._split()

    def _look(self, asked: tuple[str, str, str, Mode]) -> None:
        """By the row's key: identifiers hold no NUL, so no two names can run into each other."""
        if asked == self._asked:
            return
        name = hashlib.sha256("\0".join(asked).encode()).digest()[:16]
        number, half = int.from_bytes(name, "little"), self._half
        at = number & (2 * half - 1)
        bucket = self._buckets[at if at < len(self._buckets) else at - half]
        found = bucket.find(name)
        while found % _SIZE and found > 0:  # by chance, across rows
            found = bucket.find(name, found + 1)
        self._asked, self._name, self._bucket, self._at = asked, name, bucket, found

    def _split(self) -> None:
        """One bucket more: of the next one in turn, the rows whose number says so."""
        buckets, half = self._buckets, self._half
        at = len(buckets) - half
        rows, stay, go = buckets[at], bytearray(), bytearray()
        for start in range(0, len(rows), _SIZE):
            goes = int.from_bytes(rows[start : start + 16], "little") & half
            (go if goes else stay).extend(rows[start : start + _SIZE])
        buckets[at] = stay
        buckets.append(go)
        if len(buckets) == 2 * half:
            self._half = len(buckets)
        self._asked = None

    def kept(self) -> KeptAnswers:
        """All of it, as a snapshot keeps it."""
        return KeptAnswers([bytes(bucket) for bucket in self._buckets], self._reasons)

    def restore(self, kept: KeptAnswers) -> None:
        """Takes the place of what was known. ValueError if these are no rows of first answers."""
        if len(kept.buckets) < _BUCKETS_FIRST or any(len(rows) % _SIZE for rows in kept.buckets):
            raise ValueError(f"{len(kept.buckets)} buckets hold no first answers")
        self._buckets = [bytearray(rows) for rows in kept.buckets]
        self._half = 1 << len(kept.buckets).bit_length() - 1
        self._used = sum(map(len, kept.buckets)) // _SIZE
        self._asked = None
        self._reasons = kept.reasons

    def __len__(self) -> int:
        return self._used

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, FirstAnswers)
            and self._reasons == other._reasons
            and self._used == other._used
            and all(
                sorted(_rows(mine)) == sorted(_rows(its))
                for mine, its in zip(self._buckets, other._buckets, strict=True)
            )
        )

    __hash__ = None  # type: ignore[assignment]

    @property
    def size_bytes(self) -> int:
        """What rows, what is around them, and reasons take."""
        return sum(bucket.__sizeof__() for bucket in self._buckets) + sum(map(len, self._reasons.values()))


def _rows(bucket: bytearray) -> Iterator[bytes]:
    return (bytes(bucket[start : start + _SIZE]) for start in range(0, len(bucket), _SIZE))
