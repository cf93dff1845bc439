"""Which secret and signing keys belong to a log: records of `pamwal.cluster.keys.v1`, and their fold. Pure.

The log itself says what its processes must agree on, so that a process with other keys finds out before it
writes anything. No record holds the secret or a private key.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from typing import Annotated, Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import Meta, Struct

from pamwal.contracts.envelope import Text
from pamwal.contracts.instants import Instant
from pamwal.contracts.sitreps import KeyId, Sha256

Fingerprint = Annotated[
    str,
    Meta(pattern=r"^[0-9a-f]{32}(?!\n)$", description="32 hex digits of an HMAC made with the secret"),
]
PublicKey = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9_-]{43}(?!\n)$",
        description="the 32 bytes of an Ed25519 public key, base64url (`x` of RFC 8037)",
    ),
]
Ed25519Signature = Annotated[
    str,
    Meta(pattern=r"^[A-Za-z0-9_-]{86}(?!\n)$", description="the 64 bytes of an Ed25519 signature, base64url"),
]
FilePath = Annotated[str, Meta(min_length=1, max_length=4096)]
REPLACEMENT: Final = b"signing key"
"""What the signature in a record is for."""
VALID_KEYS: Final = 2
"""How many signing keys are good for tokens and place codes: the current one and the one before it."""


class KeysRecorded(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The secret and the signing key in use from here on, and where they lay when this was written."""

    secret: Fingerprint
    kid: KeyId
    key: PublicKey
    recorded_at: Instant
    host: Text
    secret_file: FilePath
    key_file: FilePath
    replaces: KeyId | None = None
    """The current key before it; none in what a process records at the first start on a log."""
    at_once: bool = False
    """No earlier key is good for tokens any more."""
    seals_from: dict[str, dict[str, int]] = {}
    """Requests topic → partition → offset from which on each request has to be sealed; 0 if left out."""
    seal: Sha256 | None = None
    """HMAC of all the rest, by whoever had the secret."""
    signature: Ed25519Signature | None = None
    """By the key that is replaced, over all the rest but the seal; a record that replaces one needs it."""


def fingerprint_of(secret: bytes) -> str:
    """What a secret is recognised by, and cannot be found from."""
    return hmac.new(secret, b"pamwal fingerprint of the secret", hashlib.sha256).hexdigest()[:32]


def said_for(purpose: bytes, said: bytes) -> bytes:
    """What a signing key signs for a purpose. A token's signed bytes hold no line break: it is none."""
    return b"pamwal " + purpose + b"\n" + said


def is_signed(key: Ed25519PublicKey, purpose: bytes, said: bytes, signature: bytes) -> bool:
    """Whether the owner of that key made that signature for that purpose."""
    try:
        key.verify(signature, said_for(purpose, said))
    except InvalidSignature:
        return False
    return True


def signed_part(record: KeysRecorded) -> bytes:
    """What the key that is replaced signs: the record without signature and seal."""
    return msgspec.json.encode(msgspec.structs.replace(record, signature=None, seal=None))


def sealed(record: KeysRecorded, secret: bytes) -> KeysRecorded:
    """The record with its seal."""
    return msgspec.structs.replace(record, seal=_seal(record, secret))


def kid_of(key: bytes) -> str:
    """A key's id: the first 16 hex digits of the SHA-256 of its 32 bytes."""
    return hashlib.sha256(key).hexdigest()[:16]


class KeyHistory:
    """What the records say, in their order, to who has the secret, and otherwise only which secret that is.

    The first record counts. A later one counts if it replaces the key that is then current, which has signed
    it, and the secret sealed it: deciders have the secret, and it alone makes no key. Of processes that start
    at the same time, and of operators who rotate at the same time, one wins.
    Of a topic of requests the first sealed record that names it says from where on they have to be sealed.
    """

    def __init__(self, records: Iterable[KeysRecorded], secret: bytes | None) -> None:
        self.first: KeysRecorded | None = None
        self.keys: list[KeysRecorded] = []
        """Each signing key there ever was; the last is the current one."""
        self.seals_from: dict[str, dict[str, int]] = {}
        """Requests topic → partition → the offset from which on each request has to be sealed."""
        for record in records:
            self.first = self.first or record
            if secret is None or not _is_by(record, secret):
                continue
            self.seals_from = {**record.seals_from, **self.seals_from}
            if self._counts(record):
                self.keys.append(record)

    def valid(self) -> list[KeysRecorded]:
        """The keys that are good for tokens now, the current one last."""
        newest = self.keys[-VALID_KEYS:]
        return newest[-1:] if newest and newest[-1].at_once else newest

    def _counts(self, record: KeysRecorded) -> bool:
        fits = record.kid == kid_of(public_bytes(record)) and record.kid not in {key.kid for key in self.keys}
        if not self.keys:
            return fits and record.replaces is None and record == self.first
        return fits and record.replaces == self.keys[-1].kid and _is_signed_by(self.keys[-1], record)


def public_bytes(record: KeysRecorded) -> bytes:
    """The 32 bytes of the public key."""
    return base64.urlsafe_b64decode(record.key + "=")


def public_text(key: bytes) -> str:
    """Return a public key or a signature as URL-safe base64 without padding, as a record has it."""
    return base64.urlsafe_b64encode(key).rstrip(b"=").decode()


def _is_signed_by(current: KeysRecorded, record: KeysRecorded) -> bool:
    if record.signature is None:
        return False
    key = Ed25519PublicKey.from_public_bytes(public_bytes(current))
    signature = base64.urlsafe_b64decode(record.signature + "==")
    return is_signed(key, REPLACEMENT, signed_part(record), signature)


def _is_by(record: KeysRecorded, secret: bytes) -> bool:
    return record.secret == fingerprint_of(secret) and hmac.compare_digest(
        record.seal or "", _seal(record, secret)
    )


def _seal(record: KeysRecorded, secret: bytes) -> str:
    own = hmac.new(secret, b"pamwal key record", hashlib.sha256).digest()
    said = msgspec.json.encode(msgspec.structs.replace(record, seal=None))
    return hmac.new(own, said, hashlib.sha256).hexdigest()
