"""Wrong PINs of an officer at a post, counted by all edges together.

Each wrong try is a record in `personal`, a key for each officer and post, which every edge reads: many edges
together give no more tries than one, but for those they look at in one moment. A record says the count of who
wrote it; the newest alone survives compaction, and is all that an edge which starts needs to know.

The same records give how often a post was wrong within the last hour, whichever officer it tried and from
whatever device: five tries for each of 150 officers would find one with a PIN that many people choose.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import deque
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
POST_TRIES: Final = 30
POST_MS: Final = 3600 * 1000
"""So many wrong PINs at a post within an hour, of all officers together, and nobody signs on there."""
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
        self._posts: dict[bytes, deque[int]] = {}
        """Operation and post → when there was a wrong try within the last hour, the oldest first."""
        self._counts: dict[bytes, int] = {}
        """The count of the last record: after compaction one says more than one try."""
        self._self = secrets.token_hex(8)

    def begin(self, who: Who) -> None:
        """HttpProblem 429 with Retry-After while nobody is let in as this officer there, or nobody at all."""
        key, now_ms = self._key(who), self._now_ms()
        found, at_post = self._knocked.get(key) or _Knocked(), self._at_post(key, now_ms)
        if found.tries >= TRIES:
            if found.until_ms > now_ms:
                told, to_do = f"{TRIES} wrong PINs of {who.officer_id}", ", or set a new PIN"
                raise _locked(told, found.until_ms - now_ms, to_do)
            found.tries = 0
        if len(at_post) >= POST_TRIES:
            raise _locked(
                f"{POST_TRIES} wrong PINs at {who.post} within an hour", at_post[0] + POST_MS - now_ms
            )
        self._knocked[key] = found
        found.tries += 1
        found.until_ms = now_ms + LOCKED_S * 1000
        at_post.append(now_ms)

    def told(self, who: Who, now: str) -> Outgoing:
        """The record that tells the other edges of a wrong try; to be kept before it is answered."""
        key = self._key(who)
        found = self._knocked.setdefault(key, _Knocked(tries=1))  # the right PIN may have come meanwhile
        found.told, self._counts[key] = True, found.tries
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
        self._counts.pop(key, None)
        found, at_post = self._knocked.pop(key, None), self._at_post(key, self._now_ms())
        if at_post:
            at_post.pop()
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
            self._counts.pop(key, None)
            return
        count, _, teller = (_record.decode(record.value).words.text or "").partition(" ")
        if teller == self._self:
            return
        wrong = max(1, int(count) - self._counts.get(key, 0))
        self._counts[key] = int(count)
        if record.timestamp_ms > self._now_ms() - POST_MS:
            self._at_post(key, self._now_ms()).extend([record.timestamp_ms] * min(wrong, TRIES))
        if record.timestamp_ms <= self._changed_ms.get(key.rpartition(b"-")[0], 0):
            return
        found = self._knocked.setdefault(key, _Knocked())
        if found.tries >= TRIES and found.until_ms <= record.timestamp_ms:
            found.tries = 0
        found.tries = max(found.tries + 1, int(count))
        found.until_ms = max(found.until_ms, record.timestamp_ms + LOCKED_S * 1000)
        found.told = True

    def _at_post(self, key: bytes, now_ms: int) -> deque[int]:
        """The wrong tries of the last hour at the post that a key is of."""
        operation, _, rest = key.partition(MARK)
        found = self._posts.setdefault(operation + b"/" + rest.rpartition(b"-")[2], deque())
        while found and found[0] <= now_ms - POST_MS:
            found.popleft()
        return found

    def _key(self, who: Who) -> bytes:
        return key_of(self._secret, who.operation_id, who.officer_id, MARK) + b"-" + self._post(who.post)

    def _post(self, post: str) -> bytes:
        return hmac.new(self._secret, post.encode(), hashlib.sha256).hexdigest()[:16].encode()


def _locked(told: str, left_ms: int, to_do: str = "") -> HttpProblem:
    minutes = max(1, round(left_ms / 60_000))
    return HttpProblem(
        429,
        "locked",
        f"{told}: try again in {minutes} min{to_do}",
        headers=(("retry-after", str(left_ms // 1000 + 1)),),
    )


def key_of(secret: bytes, operation_id: str, officer_id: str, mark: bytes) -> bytes:
    """`{operation}{mark}{HMAC}`: every edge of the operation finds it, and nobody reads in it whose it is."""
    said = f"{operation_id}\n{officer_id}".encode()
    named = hmac.new(secret, said, hashlib.sha256).hexdigest()[:32]
    return operation_id.encode() + mark + named.encode()
