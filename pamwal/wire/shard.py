"""A static part of all partitions, for a process that holds no more of the log than that."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from pamwal.contracts.errors import Misdirected, SettingsError
from pamwal.wire.partitioning import partition_of

SHARDS_MAX: Final = 999
_SHARD: Final = re.compile(r"([1-9][0-9]{0,2})/([1-9][0-9]{0,2})")


class Shard(NamedTuple):
    """The partitions p of which p % `of` is `number` - 1; of one shard all of them."""

    number: int
    of: int

    def __str__(self) -> str:
        """As `parse` takes it."""
        return f"{self.number}/{self.of}"

    @property
    def whole(self) -> bool:
        """Whether it has all partitions."""
        return self.of == 1

    def holds(self, partition: int) -> bool:
        """Whether it has this one."""
        return partition % self.of == self.number - 1

    def require(self, operation_id: str, partitions: int) -> None:
        """Misdirected for an operation that lives in another shard."""
        partition = partition_of(operation_id.encode(), partitions)
        if not self.holds(partition):
            raise misdirected(f"operation {operation_id} lives", partition, self)

    @staticmethod
    def parse(text: str) -> Shard:
        """A shard such as 2/4. SettingsError for anything else."""
        found = _SHARD.fullmatch(text)
        if found is None or int(found[1]) > int(found[2]):
            raise SettingsError(
                f"{text!r} is no shard: say which of how many, from 1/1 to {SHARDS_MAX}/{SHARDS_MAX},"
                " such as 2/4 for the second of four"
            )
        return Shard(int(found[1]), int(found[2]))

    @staticmethod
    def from_environment(environment: Mapping[str, str]) -> Shard:
        """What PAMWAL_SHARD says, all partitions if it says nothing. SettingsError."""
        text = environment.get("PAMWAL_SHARD", "")
        if not text:
            return WHOLE
        try:
            return Shard.parse(text)
        except SettingsError as error:
            raise SettingsError(f"PAMWAL_SHARD={error}; leave it out for all partitions") from error


WHOLE: Final = Shard(1, 1)


def shard_of(partition: int, of: int) -> Shard:
    """Which of so many shards has a partition."""
    return Shard(partition % of + 1, of)


def misdirected(what: str, partition: int, here: Shard) -> Misdirected:
    """421: `what` in a partition that is not here, and which shard has it."""
    there = shard_of(partition, here.of)
    return Misdirected(
        f"{what} in partition {partition}, which shard {there} has; this is shard {here}: ask a replica"
        f" with PAMWAL_SHARD={there}, or one of all partitions",
        partition=partition,
        shard=str(there),
    )
