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
from msgspec import Struct

from pamwal.contracts.codec import encode
from pamwal.contracts.errors import AccessDenied, HttpProblem
from pamwal.contracts.persons import PersonalRecord, PersonalWords
from pamwal.contracts.topics import PERSONAL
from pamwal.edge.follow import Follower
from pamwal.wire.log import Log, Outgoing, Record, TopicPartition

TRIES: Final = 5
LOCKED_S: Final = 15 * 60
"""How long nobody signs on as an officer at a post after that many wrong PINs."""
KNOCKED_MAX: Final = 10_000
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
    """The hashes of all operations, as `personal` brings them."""

    def __init__(self, log: Log, secret: bytes) -> None:
        self.follower = Follower(log, [PERSONAL.name], self._fold)
        self._secret = hmac.new(secret, b"pamwal sign-on", hashlib.sha256).digest()
        self._kept: dict[bytes, str] = {}

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
        self._take(record.key, record.value)

    def _take(self, key: bytes, value: bytes) -> None:
        self._kept.pop(key, None)
        if value:
            self._kept[key] = _record.decode(value).words.text or ""

    def _key(self, operation_id: str, officer_id: str) -> bytes:
        said = f"{operation_id}\n{officer_id}".encode()
        return f"{operation_id}/pin-{hmac.new(self._secret, said, hashlib.sha256).hexdigest()[:32]}".encode()

    def _fold(self, _: TopicPartition, records: list[Record]) -> None:
        for record in records:
            if record.key is not None and _MARK in record.key:
                self._take(record.key, record.value)


class _Knocked(Struct):
    """Wrong tries since the last right one, and until when nobody is let in."""

    tries: int = 0
    until_s: float = 0.0


class Tries:
    """Counts wrong PINs of an officer at a post, in this process. A try counts before it is looked at."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._knocked: dict[tuple[str, str, str], _Knocked] = {}

    def begin(self, who: tuple[str, str, str]) -> None:
        """HttpProblem 429 with Retry-After while (operation, post, officer) is locked."""
        found, now_s = self._knocked.get(who), self._now_s()
        if found is None:
            while len(self._knocked) >= KNOCKED_MAX:
                del self._knocked[next(iter(self._knocked))]
            found = self._knocked[who] = _Knocked()
        if found.tries >= TRIES:
            left_s = found.until_s - now_s
            if left_s > 0:
                raise HttpProblem(
                    429,
                    "locked",
                    f"{TRIES} wrong PINs of {who[2]}: try again in {left_s / 60:.0f} min, or set a new PIN",
                    headers=(("retry-after", str(int(left_s) + 1)),),
                )
            found.tries = 0
        found.tries += 1
        found.until_s = now_s + LOCKED_S

    def wrong(self, who: tuple[str, str, str]) -> AccessDenied:
        """What a wrong PIN is answered with."""
        left = TRIES - self._knocked[who].tries
        told = f"{left} tries are left" if left else f"nobody signs on as {who[2]} for {LOCKED_S // 60} min"
        return AccessDenied(f"this is not the PIN of {who[2]}; {told}", code="wrong_pin")

    def forget(self, operation_id: str, officer_id: str) -> None:
        """The right PIN was given, or a new one set."""
        for who in [each for each in self._knocked if (each[0], each[2]) == (operation_id, officer_id)]:
            del self._knocked[who]


def _scrypt(pin: str, salt: bytes, cost: int) -> bytes:
    return hashlib.scrypt(pin.encode(), salt=salt, n=cost, r=8, p=1, maxmem=64 * 1024 * 1024, dklen=32)


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text)
