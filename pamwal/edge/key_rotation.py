"""Replaces the signing key of a log on purpose, by the operator of the machine that has the current one."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pamwal.contracts.errors import KeysDiffer, LogError
from pamwal.contracts.key_records import KeysRecorded
from pamwal.edge.issuer import KEY_FILE, Issuer, jwk_of, key_id
from pamwal.edge.key_registry import KeyRegistry
from pamwal.edge.seals import keys_of
from pamwal.private_files import write_private

NEXT_FILE: Final = "next.pem"
"""The new key, until the log has recorded it: a rotation that was interrupted goes on with it."""
EARLIER_FILE: Final = "earlier.json"
"""The public keys that were replaced, as a JSON Web Key Set."""


async def rotate(registry: KeyRegistry, folder: Path, *, at_once: bool = False) -> KeysRecorded:
    """Makes a key, records it in the log, and puts it in place of the current one in the issuer's folder.

    `at_once`: tokens and place codes of the keys before are refused from now on. KeysDiffer unless the folder
    has the current key; LogError, after which it may be called again.
    """
    await registry.agree()
    current = registry.require().keys[-1]
    own, new = Issuer(folder), Issuer(folder, key_file=NEXT_FILE)
    if current.kid not in {own.kid, new.kid}:
        raise KeysDiffer(
            f"{folder / KEY_FILE} is not the current signing key {current.kid}: copy {current.key_file} from "
            f"{current.host} first"
        )
    if current.kid != new.kid:
        current = (await registry.replace(new.public_key, own, at_once=at_once)).keys[-1]
    if current.kid != new.kid:
        raise LogError(f"another rotation was recorded first, from {current.host}; see 'pamwal keys list'")
    _keep_earlier(folder, own.public_key)
    (folder / NEXT_FILE).replace(folder / KEY_FILE)
    return current


def earlier_keys(folder: Path) -> dict[str, Ed25519PublicKey]:
    """Key id → public key, of those that were replaced here. SettingsError if the file cannot be used."""
    with contextlib.suppress(FileNotFoundError):
        return keys_of((folder / EARLIER_FILE).read_bytes())
    return {}


def _keep_earlier(folder: Path, key: Ed25519PublicKey) -> None:
    kept = {**earlier_keys(folder), key_id(key): key}
    write_private(
        folder / EARLIER_FILE, msgspec.json.encode({"keys": [jwk_of(each) for each in kept.values()]})
    )
