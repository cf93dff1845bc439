"""Which partition a key lives in: murmur2 as Java's default partitioner has it, in one place for all."""

from __future__ import annotations

from functools import lru_cache

from aiokafka.partitioner import murmur2


@lru_cache(maxsize=65_536)
def partition_of(key: bytes, partitions: int) -> int:
    """The partition, from 0, of `key` among `partitions`; every producer, decider and audit asks here."""
    return int((murmur2(key) & 0x7FFF_FFFF) % partitions)
