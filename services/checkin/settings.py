"""What this service is called, where it listens and where its files are.

The environment says the rest (`EdgeSettings`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from msgspec import Struct

from pamwal.contracts.errors import SettingsError

NAME: Final = "checkin"
PORT: Final = 8102
"""`PAMWAL_PORT` wins."""
HASHED_AT_ONCE: Final = 2
"""PINs that are hashed at the same time, each with 16 MB and 50 ms of CPU time."""
HASHES_WAITING_MAX: Final = 40
"""PINs that wait for it, some 2 s; beyond it 503."""
STORE: Final = "PAMWAL_ATTACHMENTS"
BYTES_MAX: Final = "PAMWAL_ATTACHMENT_BYTES_MAX"
FILE_BYTES: Final = 10 * 1024 * 1024
_BUCKET: Final = re.compile(r"^s3://([a-z0-9][a-z0-9.-]{1,62})(?:/([A-Za-z0-9._/-]*))?\Z")


class UploadQuota(Struct, frozen=True, kw_only=True):
    """How much may be uploaded, and how long a file stays that no incident cites."""

    caller_day_bytes: int = 512 * 1024 * 1024
    """Of one token in 24 hours, at one process."""
    uncited_bytes: int = 4 * 1024**3
    uncited_files: int = 10_000
    """Of one operation, in the store."""
    grace_s: float = 7 * 24 * 3600.0
    """A phone uploads a file first and says later, from its queue, to which incident it belongs."""
    collect_every_s: float = 3600.0


class AttachmentSettings(Struct, frozen=True, kw_only=True):
    """Where files are kept and how large one may be."""

    folder: Path
    """Of files if there is no bucket; in any case of what is coming in."""
    bucket: str | None = None
    prefix: str = ""
    """Of a bucket's keys: empty, or ends in a slash."""
    bytes_max: int = FILE_BYTES

    @staticmethod
    def from_environment(state: Path, environment: Mapping[str, str]) -> AttachmentSettings:
        """`PAMWAL_ATTACHMENTS` is a folder, or `s3://bucket/prefix`. SettingsError."""
        folder, bytes_max = state / "attachments", _bytes_max(environment)
        store = environment.get(STORE, "")
        if not store.startswith("s3:"):
            return AttachmentSettings(folder=Path(store) if store else folder, bytes_max=bytes_max)
        named = _BUCKET.match(store)
        if named is None:
            raise SettingsError(f"{STORE}={store!r} names no bucket; say s3://bucket or s3://bucket/prefix")
        prefix = (named[2] or "").strip("/")
        return AttachmentSettings(
            folder=folder, bucket=named[1], prefix=f"{prefix}/" if prefix else "", bytes_max=bytes_max
        )


def _bytes_max(environment: Mapping[str, str]) -> int:
    text = environment.get(BYTES_MAX, "")
    if not text:
        return FILE_BYTES
    if not text.isdecimal() or not 1024 <= int(text) <= 1024**3:
        raise SettingsError(f"{BYTES_MAX}={text!r} is no number of bytes from 1024 to {1024**3}")
    return int(text)
