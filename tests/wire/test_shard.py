"""Which partitions are whose: what a setting says, and what is refused."""

from __future__ import annotations

import pytest

from pamwal.contracts.errors import Misdirected, SettingsError
from pamwal.wire.partitioning import partition_of
from pamwal.wire.shard import WHOLE, Shard, shard_of


@pytest.mark.parametrize("of", range(1, 14))
def test_every_partition_is_of_one_shard_and_all_are_of_one(of: int) -> None:
    for partition in range(12):
        owners = [number for number in range(1, of + 1) if Shard(number, of).holds(partition)]
        assert owners == [shard_of(partition, of).number] == [partition % of + 1]
        assert WHOLE.holds(partition)


def test_what_is_set_and_what_is_not() -> None:
    assert Shard.from_environment({"PAMWAL_SHARD": "2/4"}) == Shard(2, 4)
    assert str(Shard(2, 4)) == "2/4"
    assert Shard.from_environment({}) == Shard.from_environment({"PAMWAL_SHARD": ""}) == WHOLE
    assert WHOLE.whole
    assert not Shard(1, 2).whole


@pytest.mark.parametrize("text", ["0/4", "5/4", "2", "2/0", "-1/4", "a/b", "2/4 ", "1/1000", "２/4", "1.0/2"])
def test_what_is_no_shard_is_refused_and_said(text: str) -> None:
    with pytest.raises(SettingsError, match=r"PAMWAL_SHARD=.* is no shard: say which of how many") as told:
        Shard.from_environment({"PAMWAL_SHARD": text})
    assert repr(text) in str(told.value)


def test_an_operation_is_asked_for_where_it_lives() -> None:
    partition = partition_of(b"kupang", 12)
    there = shard_of(partition, 4)
    there.require("kupang", 12)
    with pytest.raises(Misdirected) as told:
        Shard(there.number % 4 + 1, 4).require("kupang", 12)
    assert (told.value.status, told.value.partition, told.value.shard) == (421, partition, str(there))
