"""States as bytes and back: MessagePack by the states' own types. Pure.

What msgspec knows no type for says itself what it is made of: `packed()` gives built-in values, the class
method `unpacked` takes them. Arrays are kept as the machine has them.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Any, Generic, TypeVar, get_origin

import msgspec

from pamwal.contracts.errors import SnapshotIgnored

T = TypeVar("T")


def _pack(value: Any) -> Any:
    if isinstance(value, array):
        return value.typecode.encode() + value.tobytes()
    packed: Callable[[], Any] | None = getattr(value, "packed", None)
    if packed is None:
        raise NotImplementedError(f"{type(value).__name__} has no way into a snapshot: give it packed()")
    return packed()


def _unpack(kind: Any, found: Any) -> Any:
    kind = get_origin(kind) or kind
    if kind is array:
        unpacked = array(found[:1].decode())
        unpacked.frombytes(found[1:])
        return unpacked
    return kind.unpacked(found)


class Packing(Generic[T]):
    """Packs values of one type."""

    def __init__(self, kind: Any) -> None:
        self.pack: Callable[[T], bytes] = msgspec.msgpack.Encoder(enc_hook=_pack).encode
        self._decoder = msgspec.msgpack.Decoder(kind, dec_hook=_unpack)

    def unpack(self, found: bytes) -> T:
        """SnapshotIgnored if these bytes are no such value."""
        try:
            return self._decoder.decode(found)  # type: ignore[no-any-return]
        except (msgspec.MsgspecError, LookupError, TypeError, ValueError, AttributeError) as error:
            raise SnapshotIgnored("unreadable", f"what it holds cannot be unpacked: {error!r}") from error
