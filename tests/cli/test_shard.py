"""`pamwal shard` says where an operation lives as the services reckon it."""

from __future__ import annotations

from pamwal.contracts.topics import PARTITIONS_DEFAULT
from pamwal.wire.partitioning import partition_of
from pamwal.wire.shard import shard_of


def test_where_operations_live(pamwal) -> None:
    said = pamwal("shard", "kupang-2024", "ntt-2024", "--of", "4")
    assert said.exit_code == 0, said.output
    lines = [line.split() for line in said.stdout.splitlines()]
    for line, operation in zip(lines, ("kupang-2024", "ntt-2024"), strict=True):
        partition = partition_of(operation.encode(), PARTITIONS_DEFAULT)
        assert line == [operation, "partition", str(partition), "shard", str(shard_of(partition, 4))]
    more = pamwal("shard", "kupang-2024", "--of", "4", "--partitions", "48")
    assert f"partition {partition_of(b'kupang-2024', 48)} " in more.stdout


def test_what_cannot_be_an_operation_or_a_number_of_shards_is_refused(pamwal) -> None:
    for given in (("a b", "--of", "4"), ("kupang", "--of", "0"), ("kupang",)):
        assert pamwal("shard", *given).exit_code != 0, given
