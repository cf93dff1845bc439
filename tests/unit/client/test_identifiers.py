"""Ids sort by the moment they were made, and are what RFC 9562 says."""

from __future__ import annotations

import random
from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pamwal.client.backoff import Backoff
from pamwal.client.identifiers import new_id, uuid7

MS = st.integers(0, (1 << 48) - 1)
BITS = st.integers(0, (1 << 74) - 1)


@given(MS, BITS)
def test_an_id_is_a_version_7_uuid_that_tells_its_millisecond(ms: int, bits: int) -> None:
    made = UUID(uuid7(ms, bits))
    assert (made.version, made.variant, made.int >> 80) == (7, RFC_4122, ms)


@given(MS, MS, BITS, BITS)
def test_ids_sort_as_their_moments_do(one_ms: int, other_ms: int, one: int, other: int) -> None:
    if one_ms < other_ms:
        assert uuid7(one_ms, one) < uuid7(other_ms, other)


@given(MS, BITS, BITS)
def test_every_random_bit_is_kept(ms: int, one: int, other: int) -> None:
    assert (uuid7(ms, one) == uuid7(ms, other)) == (one == other)


def test_the_example_of_the_rfc_comes_out() -> None:
    assert uuid7(0x017F22E279B0, 0xCC3 << 62 | 0x18C4DC0C0C07398F) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


def test_a_moment_beyond_48_bits_is_refused() -> None:
    with pytest.raises(ValueError, match="48 bits"):
        uuid7(1 << 48, 0)


def test_two_new_ids_differ() -> None:
    assert new_id() != new_id()


def test_waits_double_up_to_a_limit_and_never_fall_below_half() -> None:
    waits = Backoff(first_ms=100, most_ms=500).waits_ms(random.Random(1).random)
    wholes = [100, 200, 400, 500, 500]
    assert all(whole / 2 <= next(waits) <= whole for whole in wholes)
