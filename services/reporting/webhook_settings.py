"""Where alerts are sent to outside, and the secret that signs them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct

from pamwal.contracts.errors import SettingsError

URL: Final = "PAMWAL_WEBHOOK_URL"
SECRET: Final = "PAMWAL_WEBHOOK_SECRET_FILE"  # noqa: S105 - the name of a setting
NAME: Final = "PAMWAL_WEBHOOK_NAME"
SECRET_BYTES_MIN: Final = 16
_NAMED: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")


class Webhook(Struct, frozen=True, kw_only=True):
    """One sink. How far it was told is kept under its name, so that its address may change."""

    url: str
    secret: bytes
    name: str = "default"

    @staticmethod
    def from_environment(environment: Mapping[str, str]) -> Webhook | None:
        """None if no address is given. SettingsError for one that cannot be used, or without a secret."""
        url = environment.get(URL, "")
        if not url:
            return None
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise SettingsError(f"{URL}={url!r} is no address; say https://host/path")
        name = environment.get(NAME, "default")
        if not _NAMED.fullmatch(name):
            raise SettingsError(f"{NAME}={name!r}: say 1 to 32 letters, digits, dots, hyphens or underscores")
        return Webhook(url=url, secret=_secret(environment.get(SECRET, "")), name=name)


def _secret(file: str) -> bytes:
    if not file:
        raise SettingsError(f"{URL} needs {SECRET}: a file with the secret that signs what is sent")
    try:
        secret = Path(file).read_bytes().strip()
    except OSError as error:
        raise SettingsError(f"{SECRET}={file}: {error.strerror}") from error
    if len(secret) < SECRET_BYTES_MIN:
        raise SettingsError(
            f"{SECRET}={file} holds {len(secret)} bytes; a secret has {SECRET_BYTES_MIN} or more"
        )
    return secret
