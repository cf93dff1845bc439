"""Officers' names, NRP and phones as the topic `personal` keeps them, and free text if asked.

An erased one is gone from here once its tombstone is read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec
import structlog

from pamwal.contracts.claims import Role
from pamwal.contracts.errors import HttpProblem
from pamwal.contracts.persons import PersonalRecord, PersonalRef, PersonalWords
from pamwal.contracts.topics import PERSONAL
from pamwal.edge.follow import Follower
from pamwal.wire.log import Log, Record, TopicPartition
from pamwal.wire.partitioning import partition_of
from pamwal.wire.shard import WHOLE, Shard

WordsOf = Callable[[PersonalRef], PersonalWords | None]
"""The words about a person behind a reference; None where they were erased, or may not be read."""
MAY_NAME: Final[frozenset[Role]] = frozenset({"command_post", "ops_head"})
"""Roles that read names; anybody else gets officer ids."""
_record: Final = msgspec.json.Decoder(PersonalRecord)
_log = structlog.get_logger(__name__)


class Names:
    """The latest words behind each reference."""

    def __init__(self, log: Log, *, texts: bool = False, shard: Shard = WHOLE) -> None:
        """`texts`: keep free text that names nobody, too; without it that is left out.

        Of operations in another shard nothing is kept, though their words lie in partitions of all shards.
        """
        self._texts, self._shard = texts, shard
        self.follower = Follower(log, [PERSONAL.name], self.fold)
        self._words: dict[bytes, PersonalWords] = {}

    def words_for(self, role: Role, operation_id: str) -> WordsOf:
        """Reads names for a role that may, else none. HttpProblem 503 while they are not read."""
        if role not in MAY_NAME:
            return nobody
        trouble = self.follower.trouble()
        if trouble is not None:
            raise HttpProblem(503, "not_folded", trouble, headers=(("retry-after", "1"),))

        def words_of(ref: PersonalRef) -> PersonalWords | None:
            return self.words_of(operation_id, ref)

        return words_of

    def words_of(self, operation_id: str, ref: PersonalRef) -> PersonalWords | None:
        """The words, None if there are none (any more), or none are read yet."""
        return self._words.get(f"{operation_id}/{ref.ref}".encode())

    def fold(self, at: TopicPartition, records: list[Record]) -> None:
        """Takes records in order. What cannot be read names nobody, and is told to the process's own log."""
        for record in records:
            key = record.key or b""
            self._words.pop(key, None)
            if not record.value or not (self._shard.whole or self._is_here(key)):
                continue
            try:
                words = _record.decode(record.value).words
            except (msgspec.DecodeError, UnicodeDecodeError):
                _log.error("not a personal record", partition=at.partition, offset=record.offset)
                continue
            if words.name or words.nrp or words.phone or (self._texts and words.text):
                self._words[key] = words

    def _is_here(self, key: bytes) -> bool:
        partitions = len(self.follower.vector())
        return self._shard.holds(partition_of(key.partition(b"/")[0], partitions))


def nobody(_: PersonalRef) -> None:
    """A `WordsOf` that shows no words."""
