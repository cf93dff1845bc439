"""Signatures that anyone can check: a JWS (EdDSA) over a document that stands beside it, not inside.

RFC 7515 appendix F and RFC 7797: the payload is detached and not encoded, so that what is signed is the
document itself. A token's signed bytes hold no brace and a document begins with one: neither can be taken for
the other.
"""

from __future__ import annotations

from typing import Final, Literal

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from pamwal.contracts.errors import SettingsError

SITREP: Final = "pamwal-sitrep+jws"
ANCHOR: Final = "pamwal-anchor+jws"
"""What a seal is over: of one kind it is good for no document of the other."""
Sealed = Literal["good", "bad", "key_unknown"]
_jws: Final = jwt.PyJWS(algorithms=["EdDSA"])


def seal(document: bytes, key: Ed25519PrivateKey, kid: str, kind: str = SITREP) -> str:
    """The compact JWS, `<header>..<signature>`. The same key makes the same text each time."""
    headers = {"kid": kid, "typ": kind}
    return _jws.encode(document, key, algorithm="EdDSA", headers=headers, is_payload_detached=True)


def check_seal(
    document: bytes, jws: str, kid: str, keys: dict[str, Ed25519PublicKey], kind: str = SITREP
) -> Sealed:
    """Whether the key of that id signed this very document, as of that kind."""
    key = keys.get(kid)
    if key is None:
        return "key_unknown"
    try:
        found = _jws.decode_complete(jws, key, algorithms=["EdDSA"], detached_payload=document)
    except jwt.PyJWTError:
        return "bad"
    header = found["header"]
    return "good" if (header.get("kid"), header.get("typ")) == (kid, kind) else "bad"


def keys_of(key_set: bytes) -> dict[str, Ed25519PublicKey]:
    """Key id → key, of a JWK Set (RFC 7517). SettingsError if it is none."""
    try:
        found = jwt.PyJWKSet.from_json(key_set.decode())
    except (ValueError, AttributeError, KeyError, TypeError, jwt.PyJWTError) as error:
        raise SettingsError(f"no JWK set of Ed25519 keys: {error}") from error
    return {each.key_id or "": each.key for each in found.keys if isinstance(each.key, Ed25519PublicKey)}
