"""Which words about persons were erased: an offline queue that says them again must not bring them back."""

from __future__ import annotations

from pamwal.contracts.topics import PERSONAL
from pamwal.edge.follow import Follower, not_folded
from pamwal.wire.log import Log, Record, TopicPartition


class Erased:
    """The tombstones of the topic `personal`, followed from its beginning; of its words nothing is kept."""

    def __init__(self, log: Log) -> None:
        self.follower = Follower(log, [PERSONAL.name], self._fold)
        self._keys: set[bytes] = set()

    def __contains__(self, key: object) -> bool:
        """Whether the record of that key was erased once. HttpProblem 503 while that is not known here."""
        if self.follower.trouble() is not None:
            raise not_folded()
        return key in self._keys

    def _fold(self, _: TopicPartition, records: list[Record]) -> None:
        self._keys.update(record.key for record in records if record.key is not None and not record.value)
