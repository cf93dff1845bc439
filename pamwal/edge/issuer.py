"""A local issuer of tokens: one Ed25519 key in a folder, for one machine, exercises and tests."""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from pamwal.contracts.claims import Mode, Role
from pamwal.contracts.errors import SettingsError
from pamwal.contracts.key_records import kid_of, said_for
from pamwal.edge.seals import SITREP, seal

KEY_FILE = "issuer.pem"
TICKET_LIFETIME_S = 120
SESSION_LIFETIME_S = 8 * 3600


def create_once(path: Path, content: bytes) -> bytes:
    """The file's content; written with mode 0600 if there was none. Of two writers one wins for both.

    SettingsError where it can be neither read nor written, as on a full disk.
    """
    try:
        return _create_once(path, content)
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be read or made: {error.strerror}; free some space there, make it writable, or "
            "name another folder with PAMWAL_ISSUER or PAMWAL_STATE"
        ) from error


def _create_once(path: Path, content: bytes) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with contextlib.suppress(FileNotFoundError):
        return path.read_bytes()
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
    return path.read_bytes()


def shared_secret(path: Path) -> bytes:
    """32 bytes that key references and sessions; the same file on every edge. SettingsError if unfit."""
    create_once(path, secrets.token_hex(32).encode())
    return read_secret(path)


def read_secret(path: Path) -> bytes:
    """The secret in a file that is there. FileNotFoundError; SettingsError if unfit."""
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}") from error
    try:
        secret = bytes.fromhex(text.decode().strip())
    except ValueError as error:
        raise SettingsError(f"{path} must hold 64 hexadecimal digits") from error
    if len(secret) < 32:
        raise SettingsError(f"{path} must hold at least 64 hexadecimal digits")
    return secret


def key_id(key: Ed25519PublicKey) -> str:
    """A key's name: the first 16 hex digits of the SHA-256 of its 32 bytes."""
    return kid_of(key.public_bytes_raw())


def jwk_of(key: Ed25519PublicKey) -> dict[str, Any]:
    """The key as a JSON Web Key (RFC 8037)."""
    return {
        **jwt.algorithms.OKPAlgorithm.to_jwk(key, as_dict=True),
        "kid": key_id(key),
        "alg": "EdDSA",
        "use": "sig",
    }


class Issuer:
    """Signs tokens and tickets with the key of a folder."""

    def __init__(
        self,
        folder: Path,
        *,
        name: str = "pamwal-local",
        audience: str = "pamwal",
        key_file: str = KEY_FILE,
    ) -> None:
        fresh = Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path = folder / key_file
        try:
            key = serialization.load_pem_private_key(create_once(path, fresh), password=None)
        except ValueError as error:
            raise SettingsError(f"{path} is no private key; remove it to have a new one made") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise SettingsError(f"{path} is no Ed25519 key; remove it to have a new one made")
        self._key, self._name, self._audience = key, name, audience
        self.public_key = key.public_key()
        self.kid = key_id(self.public_key)

    def issue(
        self,
        *,
        role: Role,
        operation: str,
        mode: Mode,
        subject: str,
        post: str | None = None,
        officer: str | None = None,
        device: str | None = None,
        signed_on: bool = False,
        lifetime_s: int = 12 * 3600,
    ) -> str:
        """A token for the Authorization header. `subject` is the person or named service that acts.

        `signed_on`: a person got it with a PIN; it lets nobody sign on.
        """
        bindings = {
            "role": role,
            "operation": operation,
            "mode": mode,
            "post": post,
            "officer": officer,
            "device": device,
            "signed_on": signed_on or None,
        }
        return self._sign(subject, self._audience, lifetime_s, bindings)

    def ticket(
        self,
        *,
        role: Role,
        operation: str,
        mode: Mode,
        subject: str,
        post: str | None = None,
        officer: str | None = None,
        lifetime_s: int = TICKET_LIFETIME_S,
        session_s: int = SESSION_LIFETIME_S,
    ) -> str:
        """The value of `?ticket=` in a link: works once, in `lifetime_s`, for a session of `session_s`."""
        bindings = {"role": role, "operation": operation, "mode": mode, "post": post, "officer": officer}
        more = {**bindings, "jti": secrets.token_hex(16), "session_s": session_s}
        return self._sign(subject, f"{self._audience}-ticket", lifetime_s, more)

    def jwks(self) -> dict[str, Any]:
        """The public key as a JSON Web Key Set."""
        return {"keys": [jwk_of(self.public_key)]}

    def signature(self, purpose: bytes, said: bytes) -> bytes:
        """64 bytes over a purpose and what is said for it: good for no other purpose, and for no token."""
        return self._key.sign(said_for(purpose, said))

    def seal(self, document: bytes, kind: str = SITREP) -> str:
        """A JWS over a document that stands beside it."""
        return seal(document, self._key, self.kid, kind)

    def _sign(self, subject: str, audience: str, lifetime_s: int, more: dict[str, Any]) -> str:
        now_s = int(time.time())
        claims = {"iss": self._name, "aud": audience, "sub": subject, "iat": now_s, "exp": now_s + lifetime_s}
        claims |= {name: value for name, value in more.items() if value is not None}
        return jwt.encode(claims, self._key, algorithm="EdDSA", headers={"kid": self.kid})
