"""Wrong PINs of an officer at a post, counted by all edges together.

Each wrong try is a record in `personal`, a key for each officer and post, which every edge reads: many edges
together give no more tries than one, but for those they look at in one moment. A record says the count of who
wrote it; the newest alone survives compaction, and is all that an edge which starts needs to know.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from typing import Final, NamedTuple

import msgspec
from msgspec import Struct

from pamwal.contracts.codec import encode
from pamwal.contracts.errors import AccessDenied, HttpProblem
from pamwal.contracts.persons import PersonalRecord, PersonalWords
from pamwal.wire.log import Outgoing, Record

TRIES: Final = 5
LOCKED_S: Final = 15 * 60
"""How long nobody signs on as an officer at a post after that many wrong PINs."""
MARK: Final = b"/try-"
_record: Final = msgspec.json.Decoder(PersonalRecord)


class Who(NamedTuple):
    """Who signs on where."""

    operation_id: str
    post: str
    officer_id: str


class _Knocked(Struct):
    """Wrong tries since the last right one, until when nobody is let in, and whether other edges know."""

    tries: int = 0
    until_ms: int = 0
    told: bool = False


class Tries:
    """A try counts before it is looked at. Only officers who have a PIN are counted, so these are few."""

    def __init__(self, secret: bytes, now_ms: Callable[[], int]) -> None:
        """`secret`: that of all edges, so that a key says neither officer nor post. `now_ms`: since 1970."""
        self._secret, self._now_ms = secret, now_ms
        self._knocked: dict[bytes, _Knocked] = {}
        self._changed_ms: dict[bytes, int] = {}
        """What an officer's keys begin with → when his PIN was last set: tries before it do not count."""
        self._self = secrets.token_hex(8)

    def begin(self, who: Who) -> None:
        """HttpProblem 429 with Retry-After while nobody is let in as this officer there."""
        found, now_ms = self._knocked.setdefault(self._key(who), _Knocked()), self._now_ms()
        if found.tries >= TRIES:
            left_s = (found.until_ms - now_ms) / 1000
            if left_s > 0:
                to_do = f"try again in {left_s / 60:.0f} min, or set a new PIN"
                raise HttpProblem(
                    429,
                    "locked",
                    f"{TRIES} wrong PINs of {who.officer_id}: {to_do}",
                    headers=(("retry-after", str(int(left_s) + 1)),),
                )
            found.tries = 0
        found.tries += 1
        found.until_ms = now_ms + LOCKED_S * 1000

    def told(self, who: Who, now: str) -> Outgoing:
        """The record that tells the other edges of a wrong try; to be kept before it is answered."""
        key = self._key(who)
        found = self._knocked.setdefault(key, _Knocked(tries=1))  # the right PIN may have come meanwhile
        found.told = True
        words = PersonalWords(text=f"{found.tries} {self._self}")
        ref = key.decode().partition("/")[2]
        record = PersonalRecord(operation_id=who.operation_id, ref=ref, words=words, written_at=now)
        return Outgoing(key, encode(record))

    def wrong(self, who: Who) -> AccessDenied:
        """What a wrong PIN is answered with."""
        left = max(0, TRIES - self._knocked.get(self._key(who), _Knocked(tries=1)).tries)
        locked = f"nobody signs on as {who.officer_id} for {LOCKED_S // 60} min"
        told = f"{left} tries are left" if left else locked
        return AccessDenied(f"this is not the PIN of {who.officer_id}; {told}", code="wrong_pin")

    def right(self, who: Who) -> Outgoing | None:
        """Forgets; the tombstone by which the other edges do, if they were told of wrong tries."""
        key = self._key(who)
        found = self._knocked.pop(key, None)
        return Outgoing(key, b"") if found is not None and found.told else None

    def changed(self, officer: bytes, at_ms: int) -> None:
        """The PIN of the officer whose keys begin so was set or taken away: he may be tried anew."""
        self._changed_ms[officer] = max(at_ms, self._changed_ms.get(officer, 0))
        for key in [each for each in self._knocked if each.startswith(officer)]:
            if self._knocked[key].until_ms <= at_ms + LOCKED_S * 1000:
                del self._knocked[key]

    def fold(self, record: Record) -> None:
        """Takes up a record of another edge, or of this one before it was started."""
        key = record.key or b""
        if not record.value:
            self._knocked.pop(key, None)
            return
        count, _, teller = (_record.decode(record.value).words.text or "").partition(" ")
        officer = key.rpartition(b"-")[0]
        if teller == self._self or record.timestamp_ms <= self._changed_ms.get(officer, 0):
            return
        found = self._knocked.setdefault(key, _Knocked())
        if found.tries >= TRIES and found.until_ms <= record.timestamp_ms:
            found.tries = 0
        found.tries = max(found.tries + 1, int(count))
        found.until_ms = max(found.until_ms, record.timestamp_ms + LOCKED_S * 1000)
        found.told = True

    def _key(self, who: Who) -> bytes:
        return key_of(self._secret, who.operation_id, who.officer_id, MARK) + b"-" + self._post(who.post)

    def _post(self, post: str) -> bytes:
        return hmac.new(self._secret, post.encode(), hashlib.sha256).hexdigest()[:16].encode()


def key_of(secret: bytes, operation_id: str, officer_id: str, mark: bytes) -> bytes:
    """`{operation}{mark}{HMAC}`: every edge of the operation finds it, and nobody reads in it whose it is."""
    said = f"{operation_id}\n{officer_id}".encode()
    named = hmac.new(secret, said, hashlib.sha256).hexdigest()[:32]
    return operation_id.encode() + mark + named.encode()
