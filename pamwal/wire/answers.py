"""First answers: what each sender was told for each id, kept for an operation's life in few bytes.

A Python dict of tuples costs some 400 bytes a request. Here a row is 43 bytes in an open-addressed table,
about 90 with its free slots, and a lookup takes about a microsecond. Tables are small and many, so that
growing one never stops the partition for long.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from struct import Struct as Layout
from typing import Final, NamedTuple

import msgspec

from pamwal.contracts.claims import modes_of
from pamwal.contracts.envelope import FirstOutcome, Mode, Reason

DIGEST_BYTES: Final = 16
FACTS_MAX: Final = 65_535
"""More facts than this no decision has."""
_ROW: Final = Layout("<16s16sQHB")
_SIZE: Final = _ROW.size
_OUTCOME: Final = _SIZE - 1
_TABLES: Final = 64
_SLOTS_FIRST: Final = 8
_CODES: Final[dict[FirstOutcome, int]] = {"accepted": 1, "refused": 2, "parked": 3}
_OUTCOMES: Final[dict[int, FirstOutcome]] = {code: outcome for outcome, code in _CODES.items()}
_encode: Final = msgspec.json.Encoder().encode
_decode_reason: Final = msgspec.json.Decoder(Reason).decode


class Answer(NamedTuple):
    """The first answer to one request. Its fact ids are `<id>/0` to `<id>/<facts-1>`."""

    offset: int
    digest: bytes
    """The first 16 bytes of the body's SHA-256."""
    outcome: FirstOutcome
    facts: int
    reason: Reason | None


class _Table:
    __slots__ = ("mask", "rows", "used")

    def __init__(self, slots: int) -> None:
        self.rows = bytearray(slots * _SIZE)
        self.mask = slots - 1
        self.used = 0

    @staticmethod
    def of(rows: bytes) -> _Table:
        """The table that had these rows. ValueError if no table has."""
        slots, rest = divmod(len(rows), _SIZE)
        if rest or slots < _SLOTS_FIRST or slots & (slots - 1):
            raise ValueError(f"{len(rows)} bytes are no table of first answers")
        table = _Table(0)
        table.rows, table.mask = bytearray(rows), slots - 1
        table.used = slots - rows[_OUTCOME::_SIZE].count(0)
        return table

    def slot(self, name: bytes) -> int:
        """Where `name` stands, or the free slot where it would stand, as an index into `rows`."""
        rows, mask = self.rows, self.mask
        at = int.from_bytes(name[1:8], "little") & mask
        while True:
            start = at * _SIZE
            if not rows[start + _OUTCOME] or rows[start : start + 16] == name:
                return start
            at = (at + 1) & mask

    def grown(self) -> _Table:
        larger = _Table((self.mask + 1) * 2)
        for row in self:
            start = larger.slot(row[:16])
            larger.rows[start : start + _SIZE] = row
        larger.used = self.used
        return larger

    def __iter__(self) -> Iterator[bytes]:
        rows = self.rows
        for start in range(0, len(rows), _SIZE):
            if rows[start + _OUTCOME]:
                yield bytes(rows[start : start + _SIZE])


class _Looked(msgspec.Struct, frozen=True):
    """Where the row of a name stands, or would stand: who finds nothing mostly keeps something there next."""

    operation_id: str
    post_id: str
    request_id: str
    mode: Mode
    name: bytes
    table: _Table
    start: int


class KeptAnswers(msgspec.Struct, array_like=True):
    """First answers as a snapshot keeps them: each table's rows, and reasons by offset."""

    tables: list[bytes]
    reasons: dict[int, bytes]


class FirstAnswers:
    """By (operation, post, id, mode). The first answer stays; a later one to the same name is not kept.

    A mode that is not known is either: what was decided before decisions said it answers tokens of both.
    """

    def __init__(self) -> None:
        self._tables = [_Table(_SLOTS_FIRST) for _ in range(_TABLES)]
        self._reasons: dict[int, bytes] = {}
        self._looked: _Looked | None = None

    def find(self, operation_id: str, post_id: str, request_id: str, mode: Mode | None) -> Answer | None:
        """The first answer, or None if nothing of this name was decided yet."""
        for each in modes_of(mode):
            found = self._find(self._look(operation_id, post_id, request_id, each))
            if found is not None:
                return found
        return None

    def _find(self, looked: _Looked) -> Answer | None:
        rows, start = looked.table.rows, looked.start
        if not rows[start + _OUTCOME]:
            return None
        _, digest, offset, facts, outcome = _ROW.unpack_from(rows, start)
        reason = self._reasons.get(offset)
        return Answer(
            offset, digest, _OUTCOMES[outcome], facts, None if reason is None else _decode_reason(reason)
        )

    def keep(
        self, operation_id: str, post_id: str, request_id: str, mode: Mode | None, answer: Answer
    ) -> None:
        """Remembers a first answer of at most `FACTS_MAX` facts."""
        for each in modes_of(mode):
            self._keep(self._look(operation_id, post_id, request_id, each), answer)

    def _keep(self, looked: _Looked, answer: Answer) -> None:
        name, table, start = looked.name, looked.table, looked.start
        if table.rows[start + _OUTCOME]:
            return
        _ROW.pack_into(
            table.rows, start, name, answer.digest, answer.offset, answer.facts, _CODES[answer.outcome]
        )
        if answer.reason is not None:
            self._reasons[answer.offset] = _encode(answer.reason)
        table.used += 1
        if table.used * 3 > (table.mask + 1) * 2:
            self._tables[name[0] % _TABLES] = table.grown()
            self._looked = None

    def _look(self, operation_id: str, post_id: str, request_id: str, mode: Mode) -> _Looked:
        """By the row's key: identifiers hold no NUL, so no two names can run into each other."""
        last = self._looked
        if (
            last is not None
            and last.request_id is request_id
            and last.post_id is post_id
            and last.operation_id is operation_id
            and last.mode == mode
        ):
            return last
        name = hashlib.sha256(f"{operation_id}\0{post_id}\0{request_id}\0{mode}".encode()).digest()[:16]
        table = self._tables[name[0] % _TABLES]
        looked = _Looked(operation_id, post_id, request_id, mode, name, table, table.slot(name))
        self._looked = looked
        return looked

    def kept(self) -> KeptAnswers:
        """All of it, as a snapshot keeps it."""
        return KeptAnswers([bytes(table.rows) for table in self._tables], self._reasons)

    def restore(self, kept: KeptAnswers) -> None:
        """Takes the place of what was known. ValueError if these are no tables."""
        if len(kept.tables) != _TABLES:
            raise ValueError(f"{len(kept.tables)} tables of first answers, {_TABLES} belong there")
        self._tables = [_Table.of(rows) for rows in kept.tables]
        self._looked = None
        self._reasons = kept.reasons

    def __len__(self) -> int:
        return sum(table.used for table in self._tables)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, FirstAnswers)
            and self._reasons == other._reasons
            and all(
                sorted(mine) == sorted(its) for mine, its in zip(self._tables, other._tables, strict=True)
            )
        )

    __hash__ = None  # type: ignore[assignment]

    @property
    def size_bytes(self) -> int:
        """What the rows and reasons take."""
        return sum(len(table.rows) for table in self._tables) + sum(map(len, self._reasons.values()))
