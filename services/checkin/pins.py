"""PINs by which a person signs on at a shared PC: salted scrypt hashes in `personal`, never in the log.

A record's key is an HMAC of operation and officer, so that every edge of the operation finds it, nobody reads
from it whose it is, and erasing it takes the PIN away.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable
from typing import Final

import msgspec

from pamwal.bounded_queue import BoundedQueue
from pamwal.contracts.codec import encode
from pamwal.contracts.persons import PersonalRecord, PersonalWords
from pamwal.contracts.topics import PERSONAL
from pamwal.edge.clock import system_ms
from pamwal.edge.follow import Follower
from pamwal.wire.log import Log, Outgoing, Record, TopicPartition
from services.checkin.settings import HASHED_AT_ONCE, HASHES_WAITING_MAX
from services.checkin.tries import MARK, Tries, key_of

_MARK: Final = b"/pin-"
_COST: Final = 2**14
"""16 MiB and some 50 ms for each try."""
_record: Final = msgspec.json.Decoder(PersonalRecord)


def hashed(pin: str) -> str:
    """`scrypt$16384$<salt>$<hash>`, a fresh salt each time. Takes 50 ms: not for the loop."""
    salt = secrets.token_bytes(16)
    return f"scrypt${_COST}${_text(salt)}${_text(_scrypt(pin, salt, _COST))}"


def fits(pin: str, kept: str) -> bool:
    """Whether it is the PIN that was hashed. Takes 50 ms: not for the loop."""
    _, cost, salt, digest = kept.split("$")
    return hmac.compare_digest(_scrypt(pin, _bytes(salt), int(cost)), _bytes(digest))


class Pins:
    """The hashes of all operations and the wrong tries, as `personal` brings them."""

    def __init__(self, log: Log, secret: bytes, now_ms: Callable[[], int] = system_ms) -> None:
        self.follower = Follower(log, [PERSONAL.name], self._fold)
        self._secret = hmac.new(secret, b"pamwal sign-on", hashlib.sha256).digest()
        self._now_ms, self._kept = now_ms, dict[bytes, str]()
        self.tries = Tries(self._secret, now_ms)
        self.hashing = BoundedQueue(HASHED_AT_ONCE, HASHES_WAITING_MAX, retry_after_s=2)
        """Where a PIN has to wait until it may be hashed."""

    def kept_of(self, operation_id: str, officer_id: str) -> str | None:
        """The hash of an officer's PIN; None if he has none."""
        return self._kept.get(self._key(operation_id, officer_id))

    def record_of(self, operation_id: str, officer_id: str, hash_: str | None, now: str) -> Outgoing:
        """The record that sets a PIN, or with None takes it away."""
        key = self._key(operation_id, officer_id)
        if hash_ is None:
            return Outgoing(key, b"")
        ref, words = key.decode().partition("/")[2], PersonalWords(text=hash_)
        record = PersonalRecord(operation_id=operation_id, ref=ref, words=words, written_at=now)
        return Outgoing(key, encode(record))

    def kept(self, record: Outgoing) -> None:
        """The log has it: here it counts before it comes back."""
        self._take(record.key, record.value, self._now_ms())

    def _take(self, key: bytes, value: bytes, at_ms: int) -> None:
        self.tries.changed(key.replace(_MARK, MARK), at_ms)
        self._kept.pop(key, None)
        if value:
            self._kept[key] = _record.decode(value).words.text or ""

    def _key(self, operation_id: str, officer_id: str) -> bytes:
        return key_of(self._secret, operation_id, officer_id, _MARK)

    def _fold(self, _: TopicPartition, records: list[Record]) -> None:
        for record in records:
            key = record.key or b""
            if _MARK in key:
                self._take(key, record.value, record.timestamp_ms)
            elif MARK in key:
                self.tries.fold(record)


def _scrypt(pin: str, salt: bytes, cost: int) -> bytes:
    return hashlib.scrypt(pin.encode(), salt=salt, n=cost, r=8, p=1, maxmem=64 * 1024 * 1024, dklen=32)


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text)
