"""Whatever bytes come: a contract or a ContractError, never anything else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pamwal.contracts.codec import (
    UPCASTERS,
    Upcaster,
    decode_decision,
    decode_request,
    decode_submission,
    decode_type,
    encode,
)
from pamwal.contracts.errors import ContractError, UnknownType, WrongShape
from tests.contracts.golden import as_stored, golden

DECODERS: list[Callable[[bytes], Any]] = [decode_type, decode_request, decode_submission, decode_decision]
CHECK_IN = next(as_stored(path) for path in golden("requests") if "check_in" in path.name)
OLD = "pamwal.field.check_in.v0"


def with_data(data: bytes) -> bytes:
    """The golden check-in with other `data`."""
    return CHECK_IN[: CHECK_IN.index(b'"data":')] + b'"data":' + data + b"}"


def changed(**fields: Any) -> bytes:
    """The golden check-in with other fields of the envelope."""
    return msgspec.json.encode(msgspec.json.decode(CHECK_IN) | fields)


DEEP = b"[" * 10_000 + b"]" * 10_000
BAD = [
    b"",
    b"{",
    b"null",
    b"[]",
    b"\xff\xfe",
    b"\xef\xbb\xbf{}",
    b"NaN",
    b'{"type":NaN}',
    b'{"type":7}',
    b'{"type":"\\ud800"}',
    b'{"type":"\\udc00\\ud800"}',
    b"[" * 1_000_000,
    b'{"type":' + DEEP + b"}",
    b'{"x":' + DEEP + b',"type":"pamwal.field.check_in.v1"}',
    with_data(DEEP),
    with_data(b'{"x":' + DEEP + b"}"),
    with_data(b'{"x":' * 10_000 + b"1" + b"}" * 10_000),
    with_data(b"null"),
    with_data(
        b'{"officer_id":"a","place":"rally/r","method":"gps","position":{"latitude":NaN,"longitude":1}}'
    ),
    with_data(
        b'{"officer_id":"a","place":"rally/r","method":"gps","position":{"latitude":1e999,"longitude":1}}'
    ),
    with_data(
        b'{"officer_id":"a","place":"rally/r","method":"gps","position":{"latitude":91,"longitude":1}}'
    ),
    with_data(b'{"officer_id":"a","place":"rally/r","method":"telepathy"}'),
    with_data(b'{"officer_id":"a/b","place":"rally/r","method":"gps"}'),
    CHECK_IN + b"{}",
    CHECK_IN + CHECK_IN,
    CHECK_IN[:-1],
    changed(sourceseq=0),
    changed(sourceseq=2**70),
    changed(id="with space"),
    changed(id="line-break\n"),
    changed(id="x" * 65),
    changed(source="posts/maulafa"),
    changed(time="2024-02-30T00:00:00.000Z"),
    changed(time="2024-10-03T09:15:00+08:00"),
    changed(time="2024-10-03T01:15:00.000Z\n"),
    changed(time="２０２４-10-03T01:15:00.000Z"),
    changed(time="20٢٤-10-03T01:15:00.000Z"),
    changed(channel="telex"),
    changed(actor="   "),
    changed(specversion="0.3"),
]


@pytest.mark.parametrize("value", BAD, ids=range(len(BAD)))
def test_bad_bytes_are_a_contract_error(value: bytes) -> None:
    with pytest.raises(ContractError):
        decode_request(value)


@pytest.mark.parametrize("value", BAD, ids=range(len(BAD)))
@pytest.mark.parametrize("decode", DECODERS)
def test_no_decoder_raises_anything_else(decode: Callable[[bytes], Any], value: bytes) -> None:
    with suppress(ContractError):
        decode(value)


@given(st.binary(max_size=200))
@example(b'{"type":"\\u0000"}')
def test_any_bytes(value: bytes) -> None:
    for decode in DECODERS:
        with suppress(ContractError):
            decode(value)


@given(st.data())
def test_a_golden_message_with_any_part_replaced(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(golden("requests") + golden("decisions")))
    stored = as_stored(path)
    start = data.draw(st.integers(0, len(stored)))
    end = data.draw(st.integers(start, min(len(stored), start + 20)))
    value = stored[:start] + data.draw(st.binary(max_size=8)) + stored[end:]
    for decode in DECODERS:
        with suppress(ContractError):
            decode(value)


@given(st.text(min_size=1, max_size=200).filter(lambda text: text.strip()))
def test_any_text_of_the_world_comes_back_as_it_was(text: str) -> None:
    request = decode_request(changed(actor=text))
    assert request.actor == text
    assert decode_request(encode(request)).actor == text


def test_of_a_field_said_twice_the_last_counts_also_for_the_type() -> None:
    value = CHECK_IN[:-1] + b',"type":"pamwal.field.check_out.v1"}'
    assert decode_type(value) == decode_request(value).type == "pamwal.field.check_out.v1"


def test_a_moment_of_the_wrong_form_is_named_plainly() -> None:
    with pytest.raises(WrongShape, match=r"Expected a moment in UTC such as .* - at `\$\.time`"):
        decode_request(changed(time="yesterday"))


@contextmanager
def upcaster(old: str, lift: Upcaster) -> Iterator[None]:
    """An old type that exists for the length of a test."""
    UPCASTERS[old] = lift
    try:
        yield
    finally:
        del UPCASTERS[old]


def lift_check_in(old: dict[str, Any]) -> dict[str, Any]:
    """A fictive v0 named the venue alone, and not how the officer was seen."""
    data = {
        "officer_id": old["data"]["officer"],
        "place": f"rally/{old['data']['rally']}",
        "method": "manual",
    }
    return old | {"type": "pamwal.field.check_in.v1", "data": data}


def test_an_old_type_is_lifted_to_the_next_version() -> None:
    old = changed(type=OLD, data={"officer": "NTT-0041", "rally": "r-1"})
    with pytest.raises(UnknownType):
        decode_request(old)
    with upcaster(OLD, lift_check_in):
        request = decode_request(old)
        assert (request.type, request.data.place) == ("pamwal.field.check_in.v1", "rally/r-1")
        assert decode_submission(old).data == request.data


def test_versions_are_lifted_one_after_the_other() -> None:
    older = "pamwal.field.check_in.v00"
    with (
        upcaster(OLD, lift_check_in),
        upcaster(older, lambda old: old | {"type": OLD, "data": {"officer": old["data"], "rally": "r-2"}}),
    ):
        assert decode_request(changed(type=older, data="NTT-0041")).data.place == "rally/r-2"


@pytest.mark.parametrize("data", [None, 7, [], {"officer": "NTT-0041"}, {"officer": "a/b", "rally": "r"}])
def test_an_old_type_of_the_wrong_shape_is_a_contract_error(data: Any) -> None:
    with upcaster(OLD, lift_check_in), pytest.raises(WrongShape):
        decode_request(changed(type=OLD, data=data))


def test_an_old_type_nested_too_deep_is_a_contract_error() -> None:
    value = with_data(DEEP).replace(b"check_in.v1", b"check_in.v0")
    with upcaster(OLD, lift_check_in), pytest.raises(ContractError):
        decode_request(value)


SAME_IN_ANOTHER_ORDER = msgspec.json.encode(dict(reversed(msgspec.json.decode(CHECK_IN).items())))


@pytest.mark.parametrize(
    "value",
    [
        SAME_IN_ANOTHER_ORDER,
        CHECK_IN.replace(b'"type":', b'"type" : ', 1),
        CHECK_IN.replace(b'{"', b'{"note":{"type":"pamwal.field.check_out.v1"},"', 1),
        CHECK_IN.replace(b'{"', b'{"type":"pamwal.field.check_out.v1","', 1),
        CHECK_IN.replace(b'{"', b'{"type":"pamwal.field.heartbeat.v1","', 1),
    ],
    ids=["reversed", "spaced", "another type within", "named twice", "named twice, of another shape"],
)
def test_the_type_a_request_is_read_by_is_its_own_wherever_it_stands(value: bytes) -> None:
    assert decode_request(value) == decode_request(CHECK_IN)
    assert encode(decode_request(value)) == encode(decode_request(CHECK_IN))
